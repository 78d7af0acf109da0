//! `metas preview`: a watermarked PDF and the exact message; nothing is sent or recorded.

use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::compose::{self, Subject};
use super::earlier;
use super::files::{create_private_folder, read_tree, write_whole};
use super::gather::{self, Mode, ReadRequest};
use super::home::{self, Home};
use super::ledger;
use super::mail;
use super::message::{self, About};
use super::photos;
use super::stop::{End, Stop};
use super::typeset::Typesetters;
use crate::cli::Preview;
use crate::diagnostic::{Diagnostic, visible};
use crate::indicators::Moment;
use crate::ledger::EditionKey;
use crate::period::Period;
use crate::terminal::Terminal;

/// How often a watched folder is looked at.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes the preview, once or whenever something changes.
///
/// # Errors
/// The definition, the template or the disk; while watching, these are told and waited out.
pub fn preview(terminal: &Terminal, home: &Home, wanted: &Preview) -> Result<End, Stop> {
    if !wanted.watch {
        return once(terminal, home, wanted);
    }
    let mut seen = None;
    loop {
        let now = looks(home)?;
        if seen.as_ref() != Some(&now) {
            if let Err(stop) = once(terminal, home, wanted) {
                terminal.diagnostics(&stop.diagnostics);
            }
            seen = Some(now);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Definitions and templates as they are now.
fn looks(home: &Home) -> Result<Vec<(String, u64)>, Stop> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut all = Vec::new();
    for folder in ["pipelines", "report-templates"] {
        let path = home.root.join(folder);
        if !path.is_dir() {
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

fn once(terminal: &Terminal, home: &Home, wanted: &Preview) -> Result<End, Stop> {
    let target = &wanted.target;
    let pipeline = home.one_plan(target.plan.as_deref())?;
    let now = home::now(target.as_of, pipeline.plan.timezone)?;
    let period = home::period(&pipeline, target.period, &now)?;
    let pipeline = pipeline.at(period);
    let inputs = target.inputs.clone().unwrap_or_else(|| home.inputs(period));
    let mode = Mode {
        archive: false,
        attended: true,
    };
    // Another folder than the period's own is looked at for the first time.
    let earlier = match &target.inputs {
        None => earlier::seen_if_any(home, &pipeline.plan.id, period)?,
        Some(_) => Vec::new(),
    };
    let ledger = ledger::open_if_there(home)?;
    let (history, last) =
        compose::earlier(ledger.as_ref(), &pipeline, (period, u32::MAX), now.to_utc())?;
    let (template, typesetters) = Typesetters::of(home, &pipeline.report.template)?;
    let request = ReadRequest::new(&pipeline, last.as_ref());
    let gathered = gather::gather_since(terminal, home, request, (&inputs, &earlier), mode)?;
    terminal.diagnostics(&gathered.findings);
    let subject = Subject {
        pipeline: &pipeline,
        moment: &Moment::of(period, now.date_naive()),
        edition: 1,
        replaces: &[],
        corrects: None,
        last: last.as_ref(),
        now,
        draft: true,
        template: &template,
        photos: &|name| photos::from_folder(&inputs, name),
    };
    let mut draft = compose::compose(terminal, subject, &gathered, &history, typesetters)?;
    let key = EditionKey {
        plan: pipeline.plan.id.clone(),
        period,
        edition: 1,
    };
    let about = About {
        pipeline: &pipeline,
        key: &key,
        date: now.to_utc(),
    };
    if let Some(settings) = mail::settings(home, &pipeline)?
        && let Some(first) = message::build(&about, &settings.from, &draft, &[])?
            .into_iter()
            .next()
    {
        draft.files.insert("message.eml".to_owned(), first.bytes);
    }
    let out = folder(home, wanted, &pipeline.plan.id, period)?;
    for (name, bytes) in &draft.files {
        let (below, name) = name.rsplit_once('/').unwrap_or(("", name));
        let folder = below_it(&out, below)?;
        write_whole(&folder.join(name), bytes)?;
    }
    let document = json!({
        "plan": pipeline.plan.id,
        "period": period,
        "directory": out,
        "results": draft.results,
    });
    let text = format!(
        "{} {period}: preview in {}\n",
        pipeline.plan.id,
        visible(&out.to_string_lossy())
    );
    terminal.data(&document, &text);
    Ok(End::Done)
}

/// The folder asked for, else `state/preview/PLAN/PERIOD/`: a draft holds what is not public yet,
/// and `state/` is nobody else's.
fn folder(home: &Home, wanted: &Preview, plan: &str, period: Period) -> Result<PathBuf, Stop> {
    if let Some(out) = &wanted.out {
        create_private_folder(out).map_err(|stop| ways_out(stop, out))?;
        return Ok(out.clone());
    }
    let state = home.state();
    create_private_folder(&state).map_err(|stop| ways_out(stop, &state))?;
    below_it(&state, &format!("preview/{plan}/{period}"))
}

/// Makes a folder below another, private, and never through a link that somebody left there.
fn below_it(base: &Path, relative: &str) -> Result<PathBuf, Stop> {
    let mut folder = base.to_owned();
    for part in relative.split('/').filter(|part| !part.is_empty()) {
        folder.push(part);
        let made = DirBuilder::new().mode(0o700).create(&folder);
        match made {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                let there = std::fs::symlink_metadata(&folder)
                    .map_err(|e| Stop::io("look at", &folder, &e))?;
                if !there.is_dir() {
                    let message = format!(
                        "{} is a link or a file, where the preview wants a folder",
                        folder.display()
                    );
                    let fault = Diagnostic::error("preview-folder", message);
                    let hint = "remove it, or name another folder: --out DIR";
                    return Err(Stop::environment(fault.hint(hint)));
                }
            }
            Err(e) => return Err(ways_out(Stop::io("make", &folder, &e), &folder)),
        }
    }
    Ok(folder)
}

fn ways_out(mut stop: Stop, folder: &Path) -> Stop {
    for fault in &mut stop.diagnostics {
        let folder = folder.display();
        fault.hint = Some(format!(
            "let metas write in {folder}, or name another folder: --out DIR"
        ));
    }
    stop
}
