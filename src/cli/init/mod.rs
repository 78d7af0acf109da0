//! `metas init DIR`: a home folder to begin with.

mod described;
mod from_workbook;
mod starter;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::console::Console;
use crate::embedded;
use crate::exit::{CommandError, ExitStatus};
use crate::store::error::Doing;
use crate::store::files::{create_private_folder, write_whole};
use crate::store::presence;

/// `metas init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// The folder; made where it does not exist
    pub dir: PathBuf,
    /// The whole home of a municipality that exists, instead of a small plan to begin with
    #[arg(
        long,
        value_enum,
        value_name = "NAME",
        conflicts_with = "from_workbook"
    )]
    pub example: Option<Example>,
    /// Describe these workbooks in the plan: sheet, headers, types, categories
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub from_workbook: Vec<PathBuf>,
}

/// Homes that the binary carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Example {
    /// León, Guanajuato: its open-government plan and the first quarter's workbooks.
    Leon,
}

/// A file of the new home: its path there, and its bytes.
type HomeFile = (String, Vec<u8>);

/// Makes the folder; a folder with something in it is left alone.
///
/// # Errors
/// The folder is not empty or cannot be written; a workbook cannot be described.
pub(crate) fn init(
    console: &Console,
    arguments: &InitArguments,
) -> Result<ExitStatus, CommandError> {
    let dir = &arguments.dir;
    let is_empty =
        presence::is_folder(dir)? && std::fs::read_dir(dir).doing("read", dir)?.next().is_none();
    if presence::lies(dir)? && !is_empty {
        return Err(CommandError::usage(
            "not-empty",
            format!("{} is there already and not empty", dir.display()),
            "name a folder that does not exist yet",
        ));
    }
    if !arguments.from_workbook.is_empty() {
        return from_workbook::init(console, dir, &arguments.from_workbook);
    }
    match arguments.example {
        Some(Example::Leon) => leon(console, dir),
        None => starter::init(console, dir),
    }
}

fn leon(console: &Console, dir: &Path) -> Result<ExitStatus, CommandError> {
    make(dir, &carried(""))?;
    let plans: Vec<&str> = embedded::below("pipelines")
        .filter_map(|(name, _)| name.strip_suffix(".toml"))
        .collect();
    let document = json!({ "home": dir, "files": embedded::FILES.len(), "plans": plans });
    let text = format!(
        "{} is a home folder now, with León's plan: pipelines/{}.toml\n\
         Try it: metas run --home {} --period 2026-T1\n",
        dir.display(),
        plans.join(", "),
        dir.display(),
    );
    console.data(&document, &text);
    Ok(ExitStatus::Done)
}

/// What the binary carries below a folder, or everything.
fn carried(folder: &str) -> Vec<HomeFile> {
    let below = embedded::FILES
        .iter()
        .filter(|(name, _)| name.starts_with(folder));
    below
        .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()))
        .collect()
}

/// Templates and documents, which every home gets.
fn common() -> Vec<HomeFile> {
    let mut files = carried("report-templates/");
    files.extend(carried("pipelines/README.md"));
    files.extend(carried("inputs/README.md"));
    files
}

/// Writes a home. Its workbooks were there before now, so that the first run need not wait to see
/// whether somebody is writing them still.
fn make(dir: &Path, files: &[HomeFile]) -> Result<(), CommandError> {
    for (name, bytes) in files {
        let path = dir.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).doing("make", folder)?;
        }
        write_whole(&path, bytes)?;
        if name.starts_with("inputs/") {
            let earlier = SystemTime::now() - Duration::from_secs(3600);
            let file = std::fs::File::options().write(true).open(&path);
            file.and_then(|file| file.set_modified(earlier))
                .doing("write", &path)?;
        }
    }
    write_whole(&dir.join(".gitignore"), b"/state/\n/reports/\n")?;
    create_private_folder(&dir.join("state"))?;
    Ok(())
}
