//! One file a command: each composes the stages and owns their effects. Only here do all stages
//! meet.

mod deliver;
mod files;
mod home;
mod init;
mod ledger;
mod mail;
mod print;
mod skip;
mod stop;

pub use stop::End;

use serde_json::json;

use crate::cli::{Cli, Command};
use crate::terminal::{self, Terminal};
use home::Home;
use stop::Stop;

/// Runs a command and prints how it ended.
pub fn execute(cli: Cli) -> End {
    let terminal = Terminal::new(&cli.global);
    terminal::start_log(&cli.global);
    match dispatch(&terminal, cli) {
        Ok(end) => end,
        Err(stop) => {
            if terminal.json() {
                let findings: Vec<_> = stop
                    .diagnostics
                    .iter()
                    .map(terminal::finding_json)
                    .collect();
                let document = json!({ "exit_code": stop.end.code(), "findings": findings });
                terminal.data(&document, "");
            }
            terminal.diagnostics(&stop.diagnostics);
            stop.end
        }
    }
}

fn dispatch(terminal: &Terminal, cli: Cli) -> Result<End, Stop> {
    let home = || Home::find(&cli.global);
    match cli.command {
        Command::Deliver(what) => deliver::deliver(terminal, &home()?, &what),
        Command::Skip {
            plan,
            period,
            reason,
        } => skip::skip(terminal, &home()?, &plan, period, &reason),
        Command::Schedule(wanted) => print::schedule(terminal, &home()?, &wanted),
        Command::Init { dir } => init::init(terminal, &dir),
        Command::Schema { what } => Ok(print::schema(terminal, what)),
        Command::Completions { shell } => Ok(print::completions(terminal, shell)),
        Command::Man => print::man(terminal),
        _ => Ok(End::Internal),
    }
}
