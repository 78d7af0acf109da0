//! `metas preview`: a watermarked PDF, and every message that a run would send now; nothing is sent
//! or recorded, but for a test to the operator where that is asked.

mod messages;
mod test_messages;

use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::json;

use self::messages::MailRequest;
use super::target::Target;
use crate::console::Console;
use crate::diagnostic::{Diagnostic, visible};
use crate::edition::compose;
use crate::edition::compose::EditionFiles;
use crate::edition::input_folder::InputFolder;
use crate::edition::inputs::EditionInputs;
use crate::edition::past_submissions;
use crate::edition::photos;
use crate::edition::sources;
use crate::edition::sources::{Mode, SourcesRequest};
use crate::edition::typeset::Typesetters;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::Home;
use crate::indicators::ReportingPeriod;
use crate::ledger::{Ledger, Occasion};
use crate::period::Period;
use crate::plan::Plan;
use crate::store::files::{create_private_folder, read_tree, write_whole};
use crate::store::presence;
use clap::Args;

/// `metas preview`.
#[derive(Debug, Args)]
pub struct PreviewArguments {
    /// Plan and period
    #[command(flatten)]
    pub target: Target,
    /// Where to write; default: state/preview/PLAN/PERIOD/, which only its owner can open
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Typeset again whenever a template or the definition changes
    #[arg(long)]
    pub watch: bool,
    /// Send a test of each message to this address of [operator] email, and to nobody else
    #[arg(long, value_name = "ADDRESS", conflicts_with = "watch")]
    pub to: Option<String>,
}

/// How often a watched folder is looked at.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes the preview, once or whenever something changes.
///
/// # Errors
/// The definition, the template or the disk; while watching, these are told and waited out.
pub(crate) fn preview(
    console: &Console,
    home: &Home,
    arguments: &PreviewArguments,
) -> Result<ExitStatus, CommandError> {
    if !arguments.watch {
        return preview_once(console, home, arguments);
    }
    let mut seen = None;
    loop {
        let now = looks(home)?;
        if seen.as_ref() != Some(&now) {
            if let Err(error) = preview_once(console, home, arguments) {
                console.diagnostics(&error.diagnostics);
            }
            seen = Some(now);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Definitions and templates as they are now.
fn looks(home: &Home) -> Result<Vec<(String, u64)>, CommandError> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut all = Vec::new();
    for folder in ["pipelines", "report-templates"] {
        let path = home.root.join(folder);
        if !presence::is_folder(&path)? {
            continue;
        }
        for (name, bytes) in read_tree(&path)? {
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            all.push((format!("{folder}/{name}"), hasher.finish()));
        }
    }
    Ok(all)
}

fn preview_once(
    console: &Console,
    home: &Home,
    arguments: &PreviewArguments,
) -> Result<ExitStatus, CommandError> {
    let target = &arguments.target;
    let pipeline = home.one_plan(target.plan.as_deref())?;
    let test_to = match &arguments.to {
        Some(to) => Some(test_messages::operator(&pipeline, to)?),
        None => None,
    };
    let now = home::now(target.as_of, pipeline.plan.timezone)?;
    let period = home::period(&pipeline, target.period, &now)?;
    let ledger = work::open_if_there(home)?;
    let mut draft = draft(
        console,
        home,
        ledger.as_ref(),
        &pipeline.at(period),
        (arguments, period, now),
    )?;
    let out = folder(home, arguments, &pipeline.plan.id, period)?;
    let mail = MailRequest {
        console,
        home,
        plan: &pipeline,
        period,
        now,
        as_of: target.as_of,
        ledger: ledger.as_ref(),
        // Files that did not come by way of the drop folder are nothing to a run.
        rehearse: target.inputs.is_none(),
    };
    let planned = mail.planned(&draft, &out)?;
    let report = planned
        .iter()
        .find(|message| message.occasion == Occasion::Report && message.period == Some(period));
    if let Some(first) = report {
        draft
            .files
            .insert("message.eml".to_owned(), first.bytes.clone());
    }
    for (name, bytes) in &draft.files {
        let (below, name) = name.rsplit_once('/').unwrap_or(("", name));
        let folder = below_it(&out, below)?;
        write_whole(&folder.join(name), bytes)?;
    }
    let messages = messages::write(&out, &planned)?;
    let mut document = json!({
        "plan": pipeline.plan.id,
        "period": period,
        "directory": out,
        "results": draft.results,
        "messages": messages::documents(&messages),
    });
    let mut text = format!(
        "{} {period}: preview in {}\n{}",
        pipeline.plan.id,
        visible(&out.to_string_lossy()),
        messages::table(&messages, &out)
    );
    let mut status = ExitStatus::Done;
    if let Some(to) = &test_to {
        let sent = test_messages::send((console, home), &pipeline, to, &planned)?;
        status = sent.status;
        text.push_str(&sent.text);
        document["tests"] = json!(sent.documents);
    }
    console.data(&document, &text);
    Ok(status)
}

/// The report as it would be issued now, watermarked.
fn draft(
    console: &Console,
    home: &Home,
    ledger: Option<&Ledger>,
    pipeline: &Plan,
    (arguments, period, now): (&PreviewArguments, Period, DateTime<Tz>),
) -> Result<EditionFiles, CommandError> {
    let of = (pipeline.plan.id.as_str(), period);
    let inputs = InputFolder::of(home, ledger, of, arguments.target.inputs.as_ref())?;
    let (history, last) = compose::earlier(ledger, pipeline, (period, u32::MAX), now.to_utc())?;
    let past = past_submissions::before(ledger, pipeline, period, now.to_utc())?;
    let (template, typesetters) = Typesetters::of(home, &pipeline.report.template)?;
    let request = SourcesRequest::new(pipeline, last.as_ref());
    let gathered = sources::gather(console, home, request, &inputs, Mode::LOOK)?;
    console.diagnostics(&gathered.findings);
    let edition_inputs = EditionInputs {
        pipeline,
        reporting: &ReportingPeriod::of(period, now.date_naive()),
        edition: 1,
        replaces: &[],
        corrects: None,
        last: last.as_ref(),
        past_submissions: &past,
        now,
        draft: true,
        template: &template,
        photos: &|name| photos::from_folder(&inputs.path, name),
    };
    compose::compose(console, edition_inputs, &gathered, &history, typesetters)
}

/// The folder asked for, else `state/preview/PLAN/PERIOD/`: a draft holds what is not public yet,
/// and `state/` is nobody else's.
fn folder(
    home: &Home,
    arguments: &PreviewArguments,
    plan: &str,
    period: Period,
) -> Result<PathBuf, CommandError> {
    if let Some(out) = &arguments.out {
        create_private_folder(out).map_err(|error| ways_out(error.into(), out))?;
        return Ok(out.clone());
    }
    let state = home.state();
    create_private_folder(&state).map_err(|error| ways_out(error.into(), &state))?;
    below_it(&state, &format!("preview/{plan}/{period}"))
}

/// Makes a folder below another, private, and never through a link that somebody left there.
pub(super) fn below_it(base: &Path, relative: &str) -> Result<PathBuf, CommandError> {
    let mut folder = base.to_owned();
    for part in relative.split('/').filter(|part| !part.is_empty()) {
        folder.push(part);
        let made = DirBuilder::new().mode(0o700).create(&folder);
        match made {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let there = std::fs::symlink_metadata(&folder)
                    .map_err(|e| CommandError::io("look at", &folder, &e))?;
                if !there.is_dir() {
                    let message = format!(
                        "{} is a link or a file, where the preview wants a folder",
                        folder.display()
                    );
                    let fault = Diagnostic::error("preview-folder", message);
                    let hint = "remove it, or name another folder: --out DIR";
                    return Err(CommandError::environment(fault.hint(hint)));
                }
            }
            Err(e) => return Err(ways_out(CommandError::io("make", &folder, &e), &folder)),
        }
    }
    Ok(folder)
}

fn ways_out(mut error: CommandError, folder: &Path) -> CommandError {
    for fault in &mut error.diagnostics {
        let folder = folder.display();
        fault.hint = Some(format!(
            "let metas write in {folder}, or name another folder: --out DIR"
        ));
    }
    error
}
