//! Commands that print what the binary knows: schemas, schedules, completions, the manual.

use clap::CommandFactory;
use serde_json::json;

use super::home::Home;
use super::stop::{End, Stop};
use crate::cli::{Cli, Schedule, SchemaOf};
use crate::pipeline;
use crate::terminal::Terminal;

/// `metas schema`.
pub fn schema(terminal: &Terminal, what: SchemaOf) -> End {
    let schema = match what {
        SchemaOf::Pipeline => pipeline::json_schema(),
        SchemaOf::Report => crate::results::json_schema(),
    };
    terminal.raw(format!("{schema:#}\n").as_bytes());
    End::Done
}

/// `metas schedule`: hourly, so that what was deferred is tried again; metas itself knows what
/// is due.
///
/// # Errors
/// The binary's own path is not known.
pub fn schedule(terminal: &Terminal, home: &Home, wanted: &Schedule) -> Result<End, Stop> {
    let binary =
        std::env::current_exe().map_err(|e| Stop::io("find", std::path::Path::new("metas"), &e))?;
    let (binary, root) = (
        binary.display().to_string(),
        home.root.display().to_string(),
    );
    let files = if wanted.cron {
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
            if wanted.cron {
                text.clone()
            } else {
                format!("# {name}\n{text}\n")
            }
        })
        .collect();
    let document = json!({ "files": files.iter().map(|(n, t)| json!({"name": n, "text": t})).collect::<Vec<_>>() });
    if terminal.json() {
        terminal.data(&document, "");
    } else {
        terminal.raw(text.as_bytes());
    }
    Ok(End::Done)
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

/// `metas completions`.
pub fn completions(terminal: &Terminal, shell: clap_complete::Shell) -> End {
    let mut buffer = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "metas", &mut buffer);
    written(terminal, &buffer);
    End::Done
}

/// `metas man`.
///
/// # Errors
/// The page cannot be made.
pub fn man(terminal: &Terminal) -> Result<End, Stop> {
    let mut buffer = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut buffer)
        .map_err(|e| Stop::io("render", std::path::Path::new("metas.1"), &e))?;
    written(terminal, &buffer);
    Ok(End::Done)
}

/// Prints a text of the binary's own, as it is or as one JSON document.
fn written(terminal: &Terminal, text: &[u8]) {
    if terminal.json() {
        let document = json!({ "text": String::from_utf8_lossy(text) });
        terminal.data(&document, "");
    } else {
        terminal.raw(text);
    }
}
