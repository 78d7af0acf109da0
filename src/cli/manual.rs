//! `metas man`: the manual pages.

use std::path::{Path, PathBuf};

use clap::Args;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use serde_json::json;

use crate::console::Console;
use crate::exit::{CommandError, ExitStatus};
use crate::store::error::Doing;
use crate::store::files::write_whole;

/// `metas man`.
#[derive(Debug, Args)]
pub struct ManualArguments {
    /// A command, such as `run` or `deliver list`; default: metas itself
    #[arg(conflicts_with = "out")]
    pub command: Vec<String>,
    /// Write the pages of all commands into this folder
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Prints a manual page of `program`, or writes all of them.
///
/// # Errors
/// There is no such command, or the folder cannot be written.
pub(super) fn manual(
    console: &Console,
    arguments: &ManualArguments,
    mut program: clap::Command,
) -> Result<ExitStatus, CommandError> {
    program.build();
    let Some(folder) = &arguments.out else {
        let command = find(&program, &arguments.command)?;
        console.text(&page(command)?);
        return Ok(ExitStatus::Done);
    };
    std::fs::create_dir_all(folder).doing("make", folder)?;
    let mut names = Vec::new();
    write_below(&program, folder, &mut names)?;
    let document = json!({ "folder": folder, "pages": names });
    console.data(
        &document,
        &format!("{} pages in {}\n", names.len(), folder.display()),
    );
    Ok(ExitStatus::Done)
}

fn find<'a>(
    program: &'a clap::Command,
    words: &[String],
) -> Result<&'a clap::Command, CommandError> {
    let mut command = program;
    for word in words {
        let shown = |one: &&clap::Command| !one.is_hide_set();
        let mut commands = command.get_subcommands().filter(shown);
        command = commands.find(|one| one.get_name() == word).ok_or_else(|| {
            let names = command.get_subcommands().filter(shown);
            let names: Vec<&str> = names.map(clap::Command::get_name).collect();
            CommandError::usage(
                "no-command",
                format!("there is no command {}", words.join(" ")),
                format!("one of: {}", names.join(", ")),
            )
        })?;
    }
    Ok(command)
}

/// Writes the pages of a command and of those below it: `metas.1`, `metas-deliver-list.1`.
fn write_below(
    command: &clap::Command,
    folder: &Path,
    names: &mut Vec<String>,
) -> Result<(), CommandError> {
    let name = format!("{}.1", full_name(command));
    write_whole(&folder.join(&name), &page(command)?)?;
    names.push(name);
    let below = command.get_subcommands();
    for one in below.filter(|one| !one.is_hide_set() && one.get_name() != "help") {
        write_below(one, folder, names)?;
    }
    Ok(())
}

fn full_name(command: &clap::Command) -> String {
    let name = command.get_display_name();
    name.unwrap_or_else(|| command.get_name()).to_owned()
}

/// A command's page, with what its exit status says.
fn page(command: &clap::Command) -> Result<Vec<u8>, CommandError> {
    let mut buffer = Vec::new();
    let name = full_name(command);
    Man::new(command.clone())
        .render(&mut buffer)
        .doing("render", Path::new(&name))?;
    let mut statuses = Roff::new();
    statuses.control("SH", ["EXIT STATUS"]);
    for status in ExitStatus::ALL {
        statuses.control("TP", []);
        statuses.text([bold(status.code().to_string())]);
        statuses.text([roman(status.meaning())]);
    }
    buffer.extend(statuses.to_roff().into_bytes());
    Ok(buffer)
}
