//! One file a command: each composes the stages and owns their effects. Only here do all stages
//! meet.

#![allow(
    clippy::disallowed_methods,
    reason = "commands are the shell: effects live here"
)]

pub(crate) mod adopt;
mod archive;
pub(crate) mod backup;
mod breakdown;
pub(crate) mod check;
mod clock;
pub(crate) mod completions;
mod compose;
mod coverage;
pub(crate) mod deliver;
mod delivery_lines;
mod doctor;
mod earlier;
mod edition;
mod edition_inputs;
pub(crate) mod explain;
mod files;
mod gather;
pub(crate) mod global;
mod home;
pub(crate) mod init;
mod late;
mod ledger;
mod leftovers;
mod lying;
mod mail;
mod making;
mod manual;
mod message;
mod notices;
mod observe;
mod order;
mod permissions;
mod photos;
mod plan_run;
pub(crate) mod preview;
mod publish;
mod published;
mod restate;
pub(crate) mod restore;
mod results;
mod returned;
pub(crate) mod run;
pub(crate) mod schedule;
pub(crate) mod schema;
mod send;
mod show;
pub(crate) mod skip;
pub(crate) mod status;
mod stop;
mod submissions;
mod summary;
pub(crate) mod target;
pub(crate) mod template;
mod template_files;
mod typeset;
mod unsettled;
pub(crate) mod verify;

pub use stop::End;

use std::io::{Read, Write};

use serde_json::json;
use tracing::info;

use clap::CommandFactory;

use crate::cli::{Cli, Command};
use crate::terminal::{self, Terminal};
use crate::{child, report, workbook};
use home::Home;
use stop::Stop;

/// Runs a command and prints how it ended.
pub fn execute(cli: Cli) -> End {
    let options = cli.global.console();
    let terminal = Terminal::new(&options);
    terminal::start_log(&options);
    let is_child = cli.command.is_hidden();
    let ended = if is_child {
        // A child that panics ends by it: its parent knows what to make of that.
        breakdown::end_at_once();
        dispatch(&terminal, &cli)
    } else {
        breakdown::caught(
            move |stop| tell(&terminal, stop),
            || dispatch(&terminal, &cli),
        )
    };
    let end = match ended {
        Ok(end) => end,
        Err(stop) => {
            tell(&terminal, &stop);
            stop.end
        }
    };
    if !is_child {
        info!(exit_status = end.code(), "command ended");
    }
    end
}

fn tell(terminal: &Terminal, stop: &Stop) {
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
}

fn dispatch(terminal: &Terminal, cli: &Cli) -> Result<End, Stop> {
    let home = || Home::find(cli.global.home.as_deref());
    match &cli.command {
        Command::Run(arguments) => run::run(terminal, &home()?, arguments),
        Command::Check(arguments) => check::check(terminal, &home()?, arguments),
        Command::Preview(arguments) => preview::preview(terminal, &home()?, arguments),
        Command::Status(arguments) => status::status(terminal, &home()?, arguments),
        Command::Explain(arguments) => explain::explain(terminal, &home()?, arguments),
        Command::Verify(arguments) => verify::verify(terminal, &home()?, arguments),
        Command::Deliver(what) => deliver::deliver(terminal, &home()?, what),
        Command::Backup(arguments) => backup::backup(terminal, &home()?, arguments),
        Command::Restore(arguments) => restore::restore(terminal, &home()?, arguments),
        Command::Adopt(arguments) => adopt::adopt(terminal, &home()?, arguments),
        Command::Skip(arguments) => skip::skip(terminal, &home()?, arguments),
        Command::Template(arguments) => template::template(terminal, &home()?, arguments),
        Command::Schedule(arguments) => schedule::schedule(terminal, &home()?, arguments),
        Command::Doctor => doctor::doctor(terminal, &home()?),
        Command::Init(arguments) => init::init(terminal, arguments),
        Command::Schema(arguments) => Ok(schema::schema(terminal, arguments)),
        Command::Completions(arguments) => Ok(completions::completions(
            terminal,
            arguments,
            Cli::command(),
        )),
        Command::Manual => manual::manual(terminal, Cli::command()),
        Command::Read => Ok(child_end(crate::inbox::reader_main)),
        Command::Render => Ok(child_end(renderer_main)),
        Command::Annotate => Ok(child_end(annotator_main)),
        Command::Photo => Ok(child_end(photos::photographer_main)),
    }
}

/// A hidden subcommand: answers requests on standard input until there are no more.
fn child_end(main: fn(&mut dyn Read, &mut dyn Write) -> std::io::Result<()>) -> End {
    match main(&mut std::io::stdin().lock(), &mut std::io::stdout().lock()) {
        Ok(()) => End::Done,
        Err(_) => End::Internal,
    }
}

fn annotator_main(input: &mut dyn Read, output: &mut dyn Write) -> std::io::Result<()> {
    child::serve(input, output, &mut |order| Ok(workbook::answer(order)))
}

fn renderer_main(input: &mut dyn Read, output: &mut dyn Write) -> std::io::Result<()> {
    report::warm_up();
    child::serve(input, output, &mut |order| Ok(report::answer(order)))
}
