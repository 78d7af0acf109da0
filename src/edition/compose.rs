//! From gathered tables to everything that an edition holds, in memory: nothing is written.

use std::collections::BTreeMap;

use serde_json::json;
use tracing::info_span;

use super::earlier_results as published;
use super::gathered::Gathered;
use super::inputs::EditionInputs;
use super::messages::Documents;
use super::photos::Photographers;
use super::slices;
use super::slices::SliceInputs;
use super::submissions;
use super::typeset::Typesetters;
use crate::console;
use crate::console::Console;
use crate::diagnostic::Diagnostic;
use crate::exit::{CommandError, ExitStatus};
use crate::indicators;
use crate::indicators::{Computed, Given, GoalResult, History, LastEdition, ReportingPeriod};
use crate::ledger::{Edition, Ledger};
use crate::period::Period;
use crate::plan::Plan;
use crate::report;
use crate::report::PageRequest;
use crate::results;
use crate::results::{GoalEntry, RESULTS_FILE, ReportData, Results};
use crate::workbook;
use crate::workbook::{DataKind, DataSheet};

/// Everything that an edition holds.
#[derive(Debug)]
pub(crate) struct EditionFiles {
    /// `results.json`.
    pub results: Results,
    /// Computed goals.
    pub goals: Vec<GoalResult>,
    /// Files of the edition by name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What it was made from, by path in the home: definition, template, photos.
    pub archived: BTreeMap<String, Vec<u8>>,
    /// Photos that were not taken from the folder, and why.
    pub refused_photos: BTreeMap<String, String>,
    /// What to tell about it.
    pub findings: Vec<Diagnostic>,
}

impl EditionFiles {
    /// What its messages are made of.
    pub(crate) fn documents(&self) -> Documents<'_> {
        Documents {
            results: &self.results,
            files: &self.files,
        }
    }
}

/// Figures of the periods before `period`, by goal, from the latest edition of each that was
/// issued by `before`.
///
/// # Errors
/// The ledger, or an edition's results in it, cannot be read.
pub(crate) fn history(
    ledger: Option<&Ledger>,
    pipeline: &Plan,
    period: Period,
    before: chrono::DateTime<chrono::Utc>,
) -> Result<History, CommandError> {
    let mut history = History::new();
    for edition in latest_before(ledger, pipeline, period, before)? {
        let key = &edition.key;
        for goal in published::of(&edition)?.goals {
            let figure = goal.past_figure(key.period, key.edition);
            history.entry(goal.id).or_default().push(figure);
        }
    }
    Ok(history)
}

/// The latest edition of each period before `period` that was issued by `before`, oldest period
/// first.
///
/// # Errors
/// The ledger cannot be read.
pub(crate) fn latest_before(
    ledger: Option<&Ledger>,
    pipeline: &Plan,
    period: Period,
    before: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Edition>, CommandError> {
    let Some(ledger) = ledger else {
        return Ok(Vec::new());
    };
    let editions = ledger.editions(Some(&pipeline.plan.id), None)?;
    let mut latest: BTreeMap<chrono::NaiveDate, Edition> = BTreeMap::new();
    for edition in editions {
        let earlier = edition.key.period.start() < period.start();
        if edition.published && earlier && edition.issued_at <= before {
            latest.insert(edition.key.period.start(), edition);
        }
    }
    Ok(latest.into_values().collect())
}

/// Figures of earlier periods, and what the last edition before edition `number` of `period` has
/// published: as far as it was issued by `before`.
///
/// # Errors
/// The ledger, or an edition's results in it, cannot be read.
pub(crate) fn earlier(
    ledger: Option<&Ledger>,
    pipeline: &Plan,
    (period, number): (Period, u32),
    before: chrono::DateTime<chrono::Utc>,
) -> Result<(History, Option<LastEdition>), CommandError> {
    let history = history(ledger, pipeline, period, before)?;
    let Some(ledger) = ledger else {
        return Ok((history, None));
    };
    let editions = ledger.editions(Some(&pipeline.plan.id), None)?;
    let place = |edition: &Edition| (edition.key.period.start(), edition.key.edition);
    let last = editions
        .into_iter()
        .filter(|e| e.published && e.issued_at <= before && place(e) < (period.start(), number))
        .max_by_key(place);
    let Some(last) = last else {
        return Ok((history, None));
    };
    let key = &last.key;
    let said = published::of(&last)?.last_edition(key.period, key.edition);
    Ok((history, Some(said)))
}

/// What goals are computed from, where nothing is published of them.
pub(crate) struct FigureInputs<'a> {
    /// The plan, at its period.
    pub plan: &'a Plan,
    /// The period and its cutoff.
    pub reporting: &'a ReportingPeriod,
    /// Figures of earlier periods.
    pub history: &'a History,
    /// What the last edition has published.
    pub last: Option<&'a LastEdition>,
    /// The moment.
    pub now: chrono::DateTime<chrono_tz::Tz>,
}

impl FigureInputs<'_> {
    /// The goals as they stand, in the words of the report; none where a query is wrong.
    pub(crate) fn goals(&self, gathered: &Gathered) -> Vec<GoalEntry> {
        let given = Given {
            reporting: self.reporting,
            tables: &gathered.tables,
            history: self.history,
        };
        let computed = indicators::compute_since(self.plan, given, self.last);
        if computed.findings.iter().any(Diagnostic::is_error) {
            return Vec::new();
        }
        results::document(&ReportData {
            pipeline: self.plan,
            period: self.reporting.period,
            edition: 1,
            replaces: &[],
            cutoff: self.reporting.cutoff,
            issued_at: self.now,
            preliminary: !self.reporting.closed,
            draft: true,
            goals: &computed.goals,
            activities: &[],
            remarks: &computed.remarks,
            requests: &[],
            departments: &gathered.departments(self.plan),
            sources: &gathered.sources,
            findings: &gathered.findings,
            history: self.history,
            corrects: None,
            removed: &[],
            past_submissions: &[],
            files_open: false,
        })
        .goals
    }
}

/// Computes, puts into words and has `typesetters` typeset.
///
/// # Errors
/// A query or the template is wrong.
pub(crate) fn compose(
    console: &Console,
    inputs: EditionInputs<'_>,
    gathered: &Gathered,
    history: &History,
    mut typesetters: Typesetters,
) -> Result<EditionFiles, CommandError> {
    let pipeline = inputs.pipeline;
    let photographers = Photographers::begin(pipeline)?;
    let given = Given {
        reporting: inputs.reporting,
        tables: &gathered.tables,
        history,
    };
    let computing = info_span!("stage", stage = "compute", goals = pipeline.goals.len());
    let Computed {
        goals,
        mut activities,
        remarks,
        requests,
        removed,
        findings,
    } = computing.in_scope(|| indicators::compute_since(pipeline, given, inputs.last));
    if findings.iter().any(Diagnostic::is_error) {
        return Err(of_the_definition(findings));
    }
    let mut told = gathered.findings.clone();
    told.extend(findings);
    let preparing = info_span!("stage", stage = "photos");
    let photos =
        preparing.in_scope(|| photographers.collect(inputs.photos, &mut activities, &mut told))?;
    let data = ReportData {
        pipeline,
        period: inputs.reporting.period,
        edition: inputs.edition,
        replaces: inputs.replaces,
        cutoff: inputs.reporting.cutoff,
        issued_at: inputs.now,
        preliminary: !inputs.reporting.closed,
        draft: inputs.draft,
        goals: &goals,
        activities: &activities,
        remarks: &remarks,
        requests: &requests,
        departments: &gathered.departments(pipeline),
        sources: &gathered.sources,
        findings: &told,
        history,
        corrects: inputs.corrects,
        removed: &removed,
        past_submissions: inputs.past_submissions,
        files_open: inputs.now < submissions::deadline(pipeline, inputs.reporting.period),
    };
    let internal = |why| CommandError::new(ExitStatus::Internal, why);
    let (results, replaced) = report::clean(&results::document(&data)).map_err(internal)?;
    told.extend(replaced);
    let mut files = open_data(&results, &told)?;
    let mut given = inputs.template.clone();
    given.extend(photos.prepared);
    let of = SliceInputs {
        results: &results,
        findings: &told,
        given: &given,
    };
    let extracts = slices::extracts(inputs, &of)?;
    given.extend(files.clone());
    files.extend(typesetters.typeset(console, inputs, &results, &given)?);
    files.extend(page(inputs, &results, &given, &files)?);
    files.extend(typesetters.typeset_extracts(console, inputs, &extracts)?);
    Ok(EditionFiles {
        results,
        goals,
        files,
        archived: made_from(inputs, photos.originals),
        refused_photos: photos.refused,
        findings: told,
    })
}

/// The page for browsers, by its name; nothing where the template has none.
fn page(
    inputs: EditionInputs<'_>,
    results: &Results,
    given: &BTreeMap<String, Vec<u8>>,
    documents: &BTreeMap<String, Vec<u8>>,
) -> Result<Option<(String, Vec<u8>)>, CommandError> {
    let span = info_span!("document", document = report::PAGE_FILE);
    let _document = span.enter();
    let request = PageRequest {
        results,
        folder: &format!("report-templates/{}", inputs.pipeline.report.template),
        given,
        documents,
    };
    let page = report::page(&request).map_err(of_the_definition)?;
    Ok(page.map(|page| (report::PAGE_FILE.to_owned(), page)))
}

/// What a query, a goal of the definition or a template does wrong.
fn of_the_definition(diagnostics: Vec<Diagnostic>) -> CommandError {
    CommandError {
        status: ExitStatus::Environment,
        diagnostics,
    }
}

/// What an edition is made from beside the departments' files, by path in the home.
fn made_from(
    inputs: EditionInputs<'_>,
    photos: BTreeMap<String, Vec<u8>>,
) -> BTreeMap<String, Vec<u8>> {
    let plan = inputs.pipeline;
    let mut archived = photos;
    archived.insert(plan.text.name.clone(), plan.text.text.clone().into_bytes());
    for (name, bytes) in inputs.template {
        let path = format!("report-templates/{}/{name}", plan.report.template);
        archived.insert(path, bytes.clone());
    }
    archived
}

/// What the last of `editions` said, where it is final.
///
/// # Errors
/// Its results cannot be read.
pub(crate) fn corrected(editions: &[Edition]) -> Result<Option<Results>, CommandError> {
    let last = editions.last().filter(|edition| !edition.preliminary);
    last.map(published::of).transpose()
}

/// The open data as one workbook.
const WORKBOOK: &str = "data/data.xlsx";

fn workbook(results: &Results) -> Result<Vec<u8>, CommandError> {
    let sheet = |table: results::OpenTable| DataSheet {
        name: table.name.to_owned(),
        columns: table
            .columns
            .iter()
            .map(|column| (column.name.to_owned(), kind(column.kind)))
            .collect(),
        rows: table.rows,
    };
    let sheets: Vec<DataSheet> = results::open_tables(results)
        .into_iter()
        .map(sheet)
        .collect();
    workbook::tables(&results.plan.title, &sheets)
        .map_err(|why| CommandError::new(ExitStatus::Internal, why))
}

fn kind(kind: results::CellKind) -> DataKind {
    match kind {
        results::CellKind::Text => DataKind::Text,
        results::CellKind::Number | results::CellKind::Integer => DataKind::Number,
        results::CellKind::Date => DataKind::Date,
    }
}

fn open_data(
    results: &Results,
    findings: &[Diagnostic],
) -> Result<BTreeMap<String, Vec<u8>>, CommandError> {
    let mut files =
        results::open_data(results).map_err(|why| CommandError::new(ExitStatus::Internal, why))?;
    files.insert(WORKBOOK.to_owned(), workbook(results)?);
    let list: Vec<_> = findings.iter().map(console::finding_json).collect();
    for (name, value) in [
        (RESULTS_FILE, results.json()),
        ("findings.json", json!({ "findings": list })),
    ] {
        files.insert(name.to_owned(), format!("{value:#}\n").into_bytes());
    }
    Ok(files)
}
