//! Arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use metas::cli::arguments::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    ExitCode::from(metas::cli::execute(cli).code())
}
