//! `metas schedule`: the crontab line or the systemd units that call `metas run`.

use clap::Args;
use serde_json::json;

use crate::console::Console;
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;

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
    let binary = std::env::current_exe()
        .map_err(|e| CommandError::io("find", std::path::Path::new("metas"), &e))?;
    let (binary, root) = (
        binary.display().to_string(),
        home.root.display().to_string(),
    );
    let files = if arguments.cron {
        vec![("crontab", crontab(&binary, &root))]
    } else {
        vec![
            ("metas.service", service(&binary, &root)),
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

fn service(binary: &str, root: &str) -> String {
    let quoted = |text: &str| {
        format!(
            "\"{}\"",
            text.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('%', "%%")
        )
    };
    format!(
        "[Unit]\n\
         Description=metas: progress reports that are due\n\
         Wants=network-online.target\n\
         After=network-online.target\n\
         # Another unit that tells somebody when this one fails:\n\
         # OnFailure=mail-to-the-operator@%n.service\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         ExecStart={} run --home {} --log-format json\n\
         # Held for a person (3) and try again later (75) are told in the journal and are no failure of the unit.\n\
         SuccessExitStatus=3 75\n\
         UMask=0077\n\
         NoNewPrivileges=yes\n\
         ProtectSystem=strict\n\
         ReadWritePaths={}\n\
         # The SMTP password, from a file that only root can read:\n\
         # LoadCredential=smtp-password:/etc/metas/smtp-password\n",
        quoted(binary),
        quoted(root),
        quoted(root),
    )
}

fn timer() -> String {
    "[Unit]\n\
     Description=metas, every hour\n\
     \n\
     [Timer]\n\
     OnCalendar=*-*-* *:17:00\n\
     Persistent=true\n\
     \n\
     [Install]\n\
     WantedBy=timers.target\n"
        .to_owned()
}

fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
