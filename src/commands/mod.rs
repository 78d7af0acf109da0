//! One file a command: each composes the stages and owns their effects. Only here do all stages
//! meet.

#![allow(
    clippy::disallowed_methods,
    reason = "commands are the shell: effects live here"
)]

mod adopt;
mod archive;
mod backup;
mod breakdown;
mod check;
mod clock;
mod compose;
mod coverage;
mod deliver;
mod delivery_lines;
mod doctor;
mod earlier;
mod edition;
mod explain;
mod files;
mod gather;
mod home;
mod init;
mod late;
mod ledger;
mod leftovers;
mod lying;
mod mail;
mod making;
mod message;
mod notices;
mod observe;
mod order;
mod permissions;
mod photos;
mod plan_run;
mod preview;
mod print;
mod publish;
mod published;
mod restate;
mod restore;
mod results;
mod returned;
mod run;
mod send;
mod show;
mod skip;
mod status;
mod stop;
mod submissions;
mod summary;
mod template;
mod template_files;
mod typeset;
mod unsettled;
mod verify;

pub use stop::End;

use std::io::{Read, Write};

use serde_json::json;
use tracing::info;

use crate::cli::{Cli, Command};
use crate::terminal::{self, Terminal};
use crate::{child, report, workbook};
use home::Home;
use stop::Stop;

/// Runs a command and prints how it ended.
pub fn execute(cli: Cli) -> End {
    let terminal = Terminal::new(&cli.global);
    terminal::start_log(&cli.global);
    let is_child = cli.command.is_hidden();
    let ended = if is_child {
        // A child that panics ends by it: its parent knows what to make of that.
        breakdown::end_at_once();
        dispatch(&terminal, cli)
    } else {
        breakdown::caught(
            move |stop| tell(&terminal, stop),
            || dispatch(&terminal, cli),
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

fn dispatch(terminal: &Terminal, cli: Cli) -> Result<End, Stop> {
    let home = || Home::find(&cli.global);
    match cli.command {
        Command::Deliver(what) => deliver::deliver(terminal, &home()?, &what),
        Command::Backup { file } => backup::backup(terminal, &home()?, &file),
        Command::Restore { file, missing } => restore::restore(terminal, &home()?, &file, missing),
        Command::Adopt { plan, period, out } => {
            adopt::adopt(terminal, &home()?, &plan, period, out.as_deref())
        }
        Command::Skip {
            plan,
            period,
            reason,
        } => skip::skip(terminal, &home()?, &plan, period, &reason),
        Command::Template(wanted) => template::template(terminal, &home()?, &wanted),
        Command::Schedule(wanted) => print::schedule(terminal, &home()?, &wanted),
        Command::Init { dir } => init::init(terminal, &dir),
        Command::Schema { what } => Ok(print::schema(terminal, what)),
        Command::Completions { shell } => Ok(print::completions(terminal, shell)),
        Command::Man => print::man(terminal),
        Command::Run(wanted) => run::run(terminal, &home()?, &wanted),
        Command::Doctor => doctor::doctor(terminal, &cli.global),
        Command::Preview(wanted) => preview::preview(terminal, &home()?, &wanted),
        Command::Status(wanted) => status::status(terminal, &home()?, &wanted),
        Command::Check(wanted) => check::check(terminal, &home()?, &wanted),
        Command::Explain(wanted) => explain::explain(terminal, &home()?, &wanted),
        Command::Verify { dir } => verify::verify(terminal, &home()?, &dir),
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
