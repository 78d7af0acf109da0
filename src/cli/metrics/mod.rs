//! `metas metrics`: how homes, plans and periods stand, in figures that a monitoring system reads.

mod families;
mod open_metrics;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use serde_json::json;

use super::global::GlobalArguments;
use super::homes;
use super::homes::HomesArguments;
use super::status;
use super::status_homes;
use super::status_homes::HomeStatus;
use crate::console::{Console, counted};
use crate::diagnostic::visible;
use crate::exit::{CommandError, ExitStatus};
use crate::home::{AsOf, Home};
use crate::store::files::write_for_all;
use families::HomeFigures;

/// `metas metrics`.
#[derive(Debug, Args)]
pub struct MetricsArguments {
    /// Write them into this file, whole or not at all, for a collector that reads it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Act as at this moment
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
    /// Many homes.
    #[command(flatten)]
    pub homes: HomesArguments,
}

/// Prints or writes the figures. A home that cannot be read is a figure too, and told: where the
/// figures are there, all is done.
///
/// # Errors
/// The home or the homes cannot be told, or the file cannot be written.
pub(super) fn metrics(
    console: &Console,
    global: &GlobalArguments,
    arguments: &MetricsArguments,
) -> Result<ExitStatus, CommandError> {
    let homes = if arguments.homes.are_many() {
        of_many(console, global, arguments)?
    } else {
        of_one(console, global, arguments)?
    };
    let families = families::of(&homes);
    let text = open_metrics::text(&families);
    let Some(file) = &arguments.out else {
        console.text(text.as_bytes());
        return Ok(ExitStatus::Done);
    };
    write_for_all(file, text.as_bytes())?;
    let samples = families.iter().map(|family| family.samples.len()).sum();
    console.data(
        &json!({ "file": file, "homes": homes.len(), "samples": samples }),
        &format!("{} in {}\n", counted(samples, "figure"), file.display()),
    );
    Ok(ExitStatus::Done)
}

fn of_one(
    console: &Console,
    global: &GlobalArguments,
    arguments: &MetricsArguments,
) -> Result<Vec<HomeFigures>, CommandError> {
    let home = Home::find(global.home.as_deref())?;
    let name = name_of(&home.root);
    let stands = match status::of_home(console, &home, None, arguments.as_of) {
        Ok(told) => HomeStatus::deserialize(&told.document).ok(),
        Err(error) => {
            console.diagnostics(&error.diagnostics);
            None
        }
    };
    Ok(vec![HomeFigures { name, stands }])
}

fn of_many(
    console: &Console,
    global: &GlobalArguments,
    arguments: &MetricsArguments,
) -> Result<Vec<HomeFigures>, CommandError> {
    let mut homes = Vec::new();
    let words = status_homes::command(global, arguments.as_of);
    arguments.homes.go_over(global, words, &mut |home, end| {
        homes::pass_on_errors(console, global, home, &end);
        if home.is_listed_before() {
            return;
        }
        let (_, read) = status_homes::read(&end);
        homes.push(HomeFigures {
            name: home.name.clone(),
            stands: read.ok(),
        });
    })?;
    Ok(homes)
}

fn name_of(root: &Path) -> String {
    let name = root.file_name().unwrap_or(root.as_os_str());
    visible(&name.to_string_lossy()).into_owned()
}
