//! `metas schedule`: the crontab line or the systemd units that call `metas run`.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::console::Console;
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;
use crate::store::error::Doing;

/// The units of the package, one instance a home.
const UNIT: &str = include_str!("../../packaging/systemd/metas@.service");
const TIMER: &str = include_str!("../../packaging/systemd/metas@.timer");

/// `metas schedule`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct ScheduleArguments {
    /// systemd timer and service
    #[arg(long)]
    pub systemd: bool,
    /// One crontab line
    #[arg(long)]
    pub cron: bool,
}

/// `metas schedule`: hourly, so that what was deferred is tried again; metas itself knows what
/// is due.
///
/// # Errors
/// The binary's own path is not known.
pub(crate) fn schedule(
    console: &Console,
    home: &Home,
    arguments: &ScheduleArguments,
) -> Result<ExitStatus, CommandError> {
    let binary = std::env::current_exe().doing("find", std::path::Path::new("metas"))?;
    let (binary, root) = (
        binary.display().to_string(),
        home.root.display().to_string(),
    );
    let files = if arguments.cron {
        vec![("crontab", crontab(&binary, &root))]
    } else {
        vec![
            ("metas.service", service(&binary, &home.root)),
            ("metas.timer", timer()),
        ]
    };
    let text: String = files
        .iter()
        .map(|(name, text)| {
            if arguments.cron {
                text.clone()
            } else {
                format!("# {name}\n{text}\n")
            }
        })
        .collect();
    let document = json!({ "files": files.iter().map(|(n, t)| json!({"name": n, "text": t})).collect::<Vec<_>>() });
    if console.json() {
        console.data(&document, "");
    } else {
        console.raw(text.as_bytes());
    }
    Ok(ExitStatus::Done)
}

/// What the run says goes into the log and, because it is also printed, by mail from cron to whoever
/// the crontab's MAILTO names; the line ends as the run did. With `--quiet` that is only what must
/// be heard.
fn crontab(binary: &str, root: &str) -> String {
    let run = format!(
        "{} run --home {} --quiet",
        shell_word(binary),
        shell_word(root)
    );
    let state = shell_word(&format!("{root}/state"));
    let log = shell_word(&format!("{root}/state/cron.log"));
    let line = format!(
        "umask 077; mkdir -p {state} && exit $({{ {{ {run} 2>&1; echo $? >&3; }} | tee -a {log} >&2; }} 3>&1)"
    );
    // In a crontab % ends the command.
    format!("17 * * * * {}\n", line.replace('%', "\\%"))
}

/// The package's unit, for this home and binary.
fn service(binary: &str, root: &Path) -> String {
    let home = quoted(&root.display().to_string());
    let lines = UNIT.lines().filter_map(|line| {
        let line = match line.split_once('=') {
            None if line.starts_with("# One home") => return None,
            Some(("Description", _)) => {
                "Description=metas: progress reports that are due".to_owned()
            }
            Some(("Documentation", _)) => return None,
            Some(("OnFailure", _)) => "# Another unit that tells somebody when this one fails:\n\
                                       # OnFailure=mail-to-the-operator@%n.service"
                .to_owned(),
            Some(("User", _)) => format!("User={}", owner(root)),
            Some(("ExecStart", _)) => format!(
                "ExecStart={} run --home {home} --log-format json",
                quoted(binary)
            ),
            Some(("ReadWritePaths", _)) => format!("ReadWritePaths={home}"),
            // Where the home is, it has to be seen; what is not to be written stays so.
            Some(("ProtectHome", _)) if below_homes(root) || below_homes(Path::new(binary)) => {
                "ProtectHome=read-only".to_owned()
            }
            _ => line.replace("%i", "metas"),
        };
        Some(line + "\n")
    });
    lines.collect()
}

fn timer() -> String {
    let lines = TIMER
        .lines()
        .filter(|line| !line.starts_with("Documentation="));
    lines.map(|line| line.replace(": %i", "") + "\n").collect()
}

/// The user whose home folder it is: a run must be able to write there, and needs no more.
fn owner(root: &Path) -> String {
    std::fs::metadata(root).map_or_else(|_| "metas".to_owned(), |about| about.uid().to_string())
}

/// Folders that `ProtectHome=yes` hides.
fn below_homes(path: &Path) -> bool {
    ["/home", "/root", "/run/user"]
        .iter()
        .any(|folder| path.starts_with(folder))
}

/// A word of a unit file.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('%', "%%"))
}

fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
