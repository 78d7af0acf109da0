//! `metas completions`: what a shell needs to complete the command line.

use clap::Args;
use clap_complete::Shell;

use super::stop::End;
use crate::terminal::Terminal;

/// `metas completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Prints the completions of `command`.
pub fn completions(
    terminal: &Terminal,
    arguments: &CompletionsArguments,
    mut command: clap::Command,
) -> End {
    let mut buffer = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "metas", &mut buffer);
    terminal.text(&buffer);
    End::Done
}
