//! `metas completions`: what a shell needs to complete the command line.

use clap::Args;
use clap_complete::Shell;

use crate::console::Console;
use crate::exit::ExitStatus;

/// `metas completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the completions of `command`.
pub(crate) fn completions(
    console: &Console,
    arguments: &CompletionsArguments,
    mut command: clap::Command,
) -> ExitStatus {
    let mut buffer = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "metas", &mut buffer);
    console.text(&buffer);
    ExitStatus::Done
}
