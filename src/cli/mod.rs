//! SHELL: the command line. One file a command, its arguments and its function together;
//! `arguments` lists them. Only here and in `edition` do all stages meet.

#![allow(clippy::disallowed_methods, reason = "the shell: effects live here")]

pub(crate) mod adopt;
pub(crate) mod approve;
pub mod arguments;
pub(crate) mod backup;
mod backup_file;
mod bounce;
mod breakdown;
pub(crate) mod check;
mod clip;
pub(crate) mod completions;
pub(crate) mod deliver;
mod doctor;
mod doctor_approvals;
mod doctor_store;
pub(crate) mod explain;
pub(crate) mod explain_code;
pub(crate) mod global;
pub(crate) mod homes;
pub(crate) mod init;
mod known_mailbox;
#[cfg(feature = "postgres")]
pub(crate) mod ledger;
mod manual;
pub(crate) mod metrics;
mod overview;
pub(crate) mod preview;
pub(crate) mod restore;
mod restore_missing;
pub(crate) mod run;
mod run_homes;
pub(crate) mod schedule;
pub(crate) mod schema;
mod send;
mod show;
pub(crate) mod skip;
pub(crate) mod status;
mod status_approvals;
mod status_goals;
mod status_homes;
pub(crate) mod store;
mod submissions;
pub(crate) mod target;
pub(crate) mod template;
mod usage;
pub(crate) mod verify;

pub use crate::exit::ExitStatus;
pub use usage::refused;

use std::io::{Read, Write};

use serde_json::json;
use tracing::info;

use clap::CommandFactory;

use crate::console;
use crate::console::Console;
use crate::exit::CommandError;
use crate::home::Home;
use crate::{report, workbook, worker};
use arguments::{Cli, Command};

/// Runs a command and prints how it ended.
pub fn execute(cli: Cli) -> ExitStatus {
    homes::end_with_parent();
    let options = cli.global.console();
    let console = Console::new(&options);
    console::start_log(&options);
    let is_child = cli.command.is_hidden();
    let ended = if is_child {
        // A child that panics ends by it: its parent knows what to make of that.
        breakdown::end_at_once();
        dispatch(&console, &cli)
    } else {
        breakdown::caught(
            move |error| tell(&console, error),
            || dispatch(&console, &cli),
        )
    };
    let status = match ended {
        Ok(status) => status,
        Err(error) => {
            tell(&console, &error);
            error.status
        }
    };
    if !is_child {
        info!(exit_status = status.code(), "command ended");
    }
    status
}

fn tell(console: &Console, error: &CommandError) {
    if console.json() {
        let findings: Vec<_> = error
            .diagnostics
            .iter()
            .map(console::finding_json)
            .collect();
        let document = json!({ "exit_code": error.status.code(), "findings": findings });
        console.data(&document, "");
    }
    console.diagnostics(&error.diagnostics);
}

fn dispatch(console: &Console, cli: &Cli) -> Result<ExitStatus, CommandError> {
    let home = || Home::find(cli.global.home.as_deref());
    match &cli.command {
        Command::Run(arguments) if arguments.homes.are_many() => {
            run_homes::run(console, &cli.global, arguments)
        }
        Command::Run(arguments) => run::run(console, &home()?, arguments),
        #[cfg(feature = "postgres")]
        Command::Ledger(command) => ledger::ledger(console, &home()?, command),
        Command::Store(command) => store::store(console, &home()?, command),
        Command::Check(arguments) => check::check(console, &home()?, arguments),
        Command::Preview(arguments) => preview::preview(console, &home()?, arguments),
        Command::Status(arguments) if arguments.homes.are_many() => {
            status_homes::status(console, &cli.global, arguments)
        }
        Command::Status(arguments) => status::status(console, &home()?, arguments),
        Command::Explain(arguments) => explain::explain(console, &home()?, arguments),
        Command::ExplainCode(arguments) => explain_code::explain_code(console, arguments),
        Command::Verify(arguments) => verify::verify(console, &home()?, arguments),
        Command::Deliver(what) => deliver::deliver(console, &home()?, what),
        Command::Backup(arguments) => backup::backup(console, &home()?, arguments),
        Command::Restore(arguments) => restore::restore(console, &home()?, arguments),
        Command::Approve(arguments) => approve::approve(console, &home()?, arguments),
        Command::Adopt(arguments) => adopt::adopt(console, &home()?, arguments),
        Command::Skip(arguments) => skip::skip(console, &home()?, arguments),
        Command::Template(arguments) => template::template(console, &home()?, arguments),
        Command::Metrics(arguments) => metrics::metrics(console, &cli.global, arguments),
        Command::Schedule(arguments) => schedule::schedule(console, &home()?, arguments),
        Command::Doctor => doctor::doctor(console, &home()?),
        Command::Init(arguments) => init::init(console, arguments),
        Command::Schema(arguments) => Ok(schema::schema(console, arguments)),
        Command::Completions(arguments) => {
            Ok(completions::completions(console, arguments, Cli::command()))
        }
        Command::Manual(arguments) => manual::manual(console, arguments, Cli::command()),
        Command::Read => Ok(child_end(crate::dropbox::reader_main)),
        Command::Render => Ok(child_end(renderer_main)),
        Command::Infer => Ok(child_end(crate::dropbox::inference_main)),
        Command::Annotate => Ok(child_end(annotator_main)),
        Command::Photo => Ok(child_end(crate::edition::photos::photographer_main)),
    }
}

/// A hidden subcommand: answers requests on standard input until there are no more.
fn child_end(main: fn(&mut dyn Read, &mut dyn Write) -> std::io::Result<()>) -> ExitStatus {
    match main(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitStatus::Done,
        Err(_) => ExitStatus::Internal,
    }
}

fn annotator_main(input: &mut dyn Read, output: &mut dyn Write) -> std::io::Result<()> {
    worker::serve(input, output, &mut |request| Ok(workbook::answer(request)))
}

fn renderer_main(input: &mut dyn Read, output: &mut dyn Write) -> std::io::Result<()> {
    report::warm_up();
    worker::serve(input, output, &mut |request| Ok(report::answer(request)))
}
