//! Arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser;
use metas::cli::Cli;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(metas::inbox::READ_SUBCOMMAND) {
        let done =
            metas::inbox::reader_main(&mut std::io::stdin().lock(), &mut std::io::stdout().lock());
        return if done.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(70)
        };
    }
    ExitCode::SUCCESS
}
