//! Arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use metas::cli::arguments::Cli;

fn main() -> ExitCode {
    let status = match Cli::try_parse() {
        Ok(cli) => metas::cli::execute(cli),
        Err(error) => metas::cli::refused(&error, std::env::args_os()),
    };
    ExitCode::from(status.code())
}
