//! A command line that cannot be read: told as clap tells it, and as one document under `--json`.

use std::ffi::OsString;

use clap::error::ErrorKind;
use serde_json::json;

use crate::console::{Console, ConsoleOptions, finding_json};
use crate::diagnostic::Diagnostic;
use crate::exit::ExitStatus;

/// Tells what clap has to say of the command line: a help that was asked for, or a fault.
pub fn refused(error: &clap::Error, arguments: impl Iterator<Item = OsString>) -> ExitStatus {
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let _ = error.print();
    if asked {
        return ExitStatus::Done;
    }
    let json = arguments.take_while(|word| word != "--");
    if json.into_iter().any(|word| word == "--json") {
        let console = Console::new(&ConsoleOptions {
            json: true,
            ..ConsoleOptions::default()
        });
        let status = ExitStatus::Usage;
        let findings = [finding_json(&fault(error))];
        let document = json!({ "exit_code": status.code(), "findings": findings });
        console.data(&document, "");
    }
    ExitStatus::Usage
}

/// clap's words: what is wrong is their first paragraph, the way out the others.
fn fault(error: &clap::Error) -> Diagnostic {
    let text = error.to_string();
    let mut parts = text.split("\n\n").map(one_line);
    let is_missing = matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    let message = match is_missing {
        true => "a command is missing".to_owned(),
        false => parts.next().unwrap_or_default().replacen("error: ", "", 1),
    };
    let hint: Vec<String> = match is_missing {
        true => vec!["metas --help lists the commands".to_owned()],
        false => parts.filter(|part| !part.is_empty()).collect(),
    };
    Diagnostic::error("usage", message).hint(hint.join(" · "))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
