//! `metas run --homes`: many homes in one pool, with one summary and one exit status.

use std::ffi::OsString;

use serde_json::Value;

use super::global::GlobalArguments;
use super::homes;
use super::homes::{HomeEntries, HomesSummary};
use super::run::RunArguments;
use crate::console::Console;
use crate::exit::{CommandError, ExitStatus};

/// Runs every home. What one prints is printed together, in the order of the list; the exit status
/// is the one that needs a person soonest.
///
/// # Errors
/// The homes cannot be told.
pub(super) fn run(
    console: &Console,
    global: &GlobalArguments,
    arguments: &RunArguments,
) -> Result<ExitStatus, CommandError> {
    let mut summary = HomesSummary::default();
    let mut entries = HomeEntries::new(console, "run");
    let json = global.json;
    arguments
        .homes
        .go_over(global, command(global, arguments), &mut |home, end| {
            let status = if json {
                homes::pass_on_errors(console, global, home, &end);
                entries.add(home, &end)
            } else {
                homes::pass_on(console, global, home, &end);
                end.status
            };
            summary.add(home, status);
        })?;
    if json {
        entries.end(&summary);
    } else {
        console.data(&Value::Null, &summary.text());
    }
    Ok(summary.status())
}

fn command(global: &GlobalArguments, arguments: &RunArguments) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["run".into()];
    words.extend(homes::passed_on(global, global.json));
    if let Some(period) = arguments.period {
        words.extend(["--period".into(), period.to_string().into()]);
    }
    if let Some(moment) = arguments.as_of {
        words.extend(["--as-of".into(), moment.to_string().into()]);
    }
    for (asked, option) in [
        (arguments.dry_run, "--dry-run"),
        (arguments.no_deliver, "--no-deliver"),
    ] {
        if asked {
            words.push(option.into());
        }
    }
    words
}
