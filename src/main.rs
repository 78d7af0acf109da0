//! Arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use metas::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    ExitCode::from(metas::commands::execute(cli).code())
}
