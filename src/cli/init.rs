//! `metas init DIR`: a home folder from what the binary carries.

use std::path::PathBuf;

use serde_json::json;

use crate::console::Console;
use crate::embedded;
use crate::exit::{CommandError, ExitStatus};
use crate::store::files::{create_private_folder, write_whole};
use clap::Args;

/// `metas init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// The folder; made where it does not exist
    pub dir: PathBuf,
}

/// Makes the folder; a folder with something in it is left alone.
///
/// # Errors
/// The folder is not empty or cannot be written.
pub(crate) fn init(
    console: &Console,
    arguments: &InitArguments,
) -> Result<ExitStatus, CommandError> {
    let dir = &arguments.dir;
    let occupied = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || dir.is_file() {
        return Err(CommandError::usage(
            "not-empty",
            format!("{} is there already and not empty", dir.display()),
            "name a folder that does not exist yet",
        ));
    }
    for (name, bytes) in embedded::FILES {
        let path = dir.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| CommandError::io("make", folder, &e))?;
        }
        write_whole(&path, bytes)?;
    }
    write_whole(&dir.join(".gitignore"), b"/state/\n/reports/\n")?;
    create_private_folder(&dir.join("state"))?;
    let plans: Vec<&str> = embedded::below("pipelines").map(|(name, _)| name).collect();
    let document = json!({ "home": dir, "files": embedded::FILES.len(), "plans": plans });
    let text = format!(
        "{} is a home folder now, with an example plan: pipelines/{}\n\
         Try it: metas run --home {} --period 2026-T1\n",
        dir.display(),
        plans.join(", "),
        dir.display(),
    );
    console.data(&document, &text);
    Ok(ExitStatus::Done)
}
