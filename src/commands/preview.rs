//! `metas preview`: a watermarked PDF and the exact message; nothing is sent or recorded.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::compose::{self, Subject};
use super::edition::Order;
use super::files::{create_private_folder, read_tree, write_whole};
use super::gather::{self, Mode};
use super::home::{self, Home};
use super::ledger;
use super::mail;
use super::message;
use super::photos;
use super::stop::{End, Stop};
use crate::cli::Preview;
use crate::indicators::Moment;
use crate::ledger::EditionKey;
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
    let moment = Moment::of(period, now.date_naive());
    let inputs = target.inputs.clone().unwrap_or_else(|| home.inputs(period));
    let mode = Mode {
        archive: false,
        attended: true,
    };
    let gathered = gather::gather(terminal, home, &pipeline, &inputs, mode)?;
    terminal.diagnostics(&gathered.findings);
    let ledger = ledger::open_if_there(home)?;
    let which = (period, u32::MAX);
    let (history, last) = compose::earlier(ledger.as_ref(), &pipeline, which, now.to_utc())?;
    let subject = Subject {
        pipeline: &pipeline,
        moment: &moment,
        edition: 1,
        replaces: &[],
        corrects: None,
        last: last.as_ref(),
        now,
        draft: true,
        template: &compose::template(home, &pipeline.report.template)?,
        photos: &|name| photos::from_folder(&inputs, name),
    };
    let mut draft = compose::compose(terminal, subject, &gathered, &history)?;
    let order = Order {
        period,
        now,
        attended: true,
        inputs: None,
        out: None,
        dry_run: true,
        correction: None,
    };
    let key = EditionKey {
        plan: pipeline.plan.id.clone(),
        period,
        edition: 1,
    };
    if let Some(settings) = mail::settings(home, &pipeline)?
        && let Some(frozen) = message::build(&pipeline, &settings.from, &order, &key, &draft, None)?
    {
        draft.files.insert("message.eml".to_owned(), frozen.bytes);
    }
    let out = wanted
        .out
        .clone()
        .unwrap_or_else(|| default_folder(&pipeline.plan.id, period));
    for (name, bytes) in &draft.files {
        let path = out.join(name);
        create_private_folder(path.parent().unwrap_or(&out))?;
        write_whole(&path, bytes)?;
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
        out.display()
    );
    terminal.data(&document, &text);
    Ok(End::Done)
}

fn default_folder(plan: &str, period: crate::period::Period) -> PathBuf {
    std::env::temp_dir()
        .join("metas-preview")
        .join(plan)
        .join(period.to_string())
}
