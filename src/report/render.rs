//! Template files and `results.json` in, PDF out. Pure: the same request gives the same bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};
use typst::World;
use typst::WorldExt;
use typst::diag::{Severity, SourceDiagnostic};
use typst::foundations::{Datetime, Smart};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

use super::proof::GoalText;
use super::world::Sealed;
use crate::diagnostic::{Diagnostic, Location, Severity as Level, SourceText};

/// What to typeset.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RenderRequest {
    /// The template's first file, such as `report.typ`.
    pub entry: String,
    /// Shown before file names in errors: `report-templates/informe`.
    pub folder: String,
    /// What the PDF is called in its identity; never the time.
    pub ident: String,
    /// The cutoff: the document's date and the template's today.
    pub today: NaiveDate,
    /// Whether a warning stops it, as when publishing.
    pub strict: bool,
    /// What its pages must tell of each goal.
    pub must_say: Vec<GoalText>,
    /// Every file that the template may read, by path. `results.json` and photos among them.
    #[serde(skip)]
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A typeset document.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Rendered {
    /// How many pages it has.
    pub pages: usize,
    /// Warnings of the template.
    pub warnings: Vec<Diagnostic>,
    /// The document.
    #[serde(skip)]
    pub pdf: Vec<u8>,
}

/// Code of what does not stand on its page as it should.
const LAYOUT: &str = "layout";

/// Typesets a document as PDF/UA-1 and PDF/A-3a.
///
/// # Errors
/// The template's errors, with file, line and caret; what the pages lack.
pub fn render(request: RenderRequest) -> Result<Rendered, Vec<Diagnostic>> {
    let RenderRequest {
        entry,
        folder,
        ident,
        today,
        strict,
        must_say,
        files,
    } = request;
    let Some(world) = Sealed::new(&entry, files, today) else {
        return Err(vec![Diagnostic::error(
            "template",
            format!("{entry} is no file name"),
        )]);
    };
    let compiled = typst::compile::<PagedDocument>(&world);
    let warnings = diagnostics(&world, &folder, &compiled.warnings);
    let document = match compiled.output {
        Ok(document) => document,
        Err(errors) => return Err(diagnostics(&world, &folder, &errors)),
    };
    if strict && !warnings.is_empty() {
        return Err(with(warnings, Level::Error));
    }
    let unseen = super::proof::unseen(&document);
    if !unseen.is_empty() {
        return Err(diagnostics(&world, &folder, &unseen));
    }
    let what = match entry.as_str() {
        "report.typ" => "the report",
        other => other,
    };
    let misplaced = diagnostics(&world, &folder, &super::proof::faults(&document, what));
    let mut misplaced: Vec<Diagnostic> = misplaced
        .into_iter()
        .map(|fault| Diagnostic {
            code: LAYOUT.to_owned(),
            ..fault
        })
        .collect();
    let pages = document.pages().len();
    let pdf = typst_pdf::pdf(&document, &options(ident, today)?)
        .map_err(|errors| diagnostics(&world, &folder, &errors))?;
    // What is missing is told beside what lies where it should not.
    let missing = super::proof::check(&pdf, &document, &must_say, what).err();
    let mut faults = match strict {
        true => std::mem::take(&mut misplaced),
        false => Vec::new(),
    };
    faults.extend(missing.into_iter().flatten());
    if !faults.is_empty() {
        return Err(faults);
    }
    // The compiler's memory grows with each document.
    typst::comemo::evict(0);
    let misplaced = with(misplaced, Level::Warning);
    Ok(Rendered {
        pages,
        warnings: [warnings, misplaced].concat(),
        pdf,
    })
}

/// The same, all of one severity.
fn with(found: Vec<Diagnostic>, severity: Level) -> Vec<Diagnostic> {
    let one = |diagnostic| Diagnostic {
        severity,
        ..diagnostic
    };
    found.into_iter().map(one).collect()
}

fn options(ident: String, today: NaiveDate) -> Result<PdfOptions, Vec<Diagnostic>> {
    let standards = PdfStandards::new(&[PdfStandard::Ua_1, PdfStandard::A_3a])
        .map_err(|why| vec![Diagnostic::error("pdf-standard", why.message().to_string())])?;
    let month = u8::try_from(today.month()).unwrap_or(1);
    let day = u8::try_from(today.day()).unwrap_or(1);
    let moment = Datetime::from_ymd_hms(today.year(), month, day, 0, 0, 0);
    Ok(PdfOptions {
        ident: Smart::Custom(ident),
        creator: Smart::Custom(Some("metas".to_owned())),
        timestamp: moment.map(Timestamp::new_utc),
        standards,
        ..PdfOptions::default()
    })
}

/// Typst's diagnostics as ours.
fn diagnostics(world: &Sealed, folder: &str, found: &[SourceDiagnostic]) -> Vec<Diagnostic> {
    let mut texts: BTreeMap<String, Arc<SourceText>> = BTreeMap::new();
    let one = |diagnostic: &SourceDiagnostic| {
        let mut told = match diagnostic.severity {
            Severity::Error => Diagnostic::error("template", diagnostic.message.as_str()),
            Severity::Warning => Diagnostic::warning("template", diagnostic.message.as_str()),
        };
        let hints: Vec<&str> = diagnostic
            .hints
            .iter()
            .map(|hint| hint.v.as_str())
            .collect();
        if !hints.is_empty() {
            told = told.hint(hints.join("; "));
        }
        let Some(id) = diagnostic.span.id() else {
            return told;
        };
        let name = format!("{folder}/{}", id.get().vpath().get_without_slash());
        let (Some(range), Ok(source)) = (world.range(diagnostic.span), world.source(id)) else {
            told.message = format!("{name}: {}", told.message);
            return told;
        };
        let text = texts.entry(name.clone()).or_insert_with(|| {
            Arc::new(SourceText {
                name,
                text: source.text().to_owned(),
            })
        });
        let end = text.text.len();
        told.at(text, range.start.min(end)..range.end.min(end))
    };
    once_a_cause(found.iter().map(one).collect())
}

/// Places named in a hint beside the first one.
const PLACES: usize = 3;

/// One message a cause: a font that is not there is told once, not wherever text is set in it.
fn once_a_cause(found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut told: Vec<(Diagnostic, Vec<String>)> = Vec::new();
    for one in found {
        let same = |first: &&mut (Diagnostic, Vec<String>)| {
            first.0.message == one.message && first.0.severity == one.severity
        };
        match told.iter_mut().find(same) {
            Some((_, places)) => places.extend(line_of(&one)),
            None => told.push((one, Vec::new())),
        }
    }
    let with_places = |(first, mut places): (Diagnostic, Vec<String>)| {
        let own = line_of(&first);
        places.retain(|place| Some(place) != own.as_ref());
        let count = places.len();
        places.dedup();
        let Some(last) = places.get(..PLACES.min(places.len())) else {
            return first;
        };
        if last.is_empty() {
            return first;
        }
        let rest = count.saturating_sub(last.len());
        let more = if rest == 0 {
            String::new()
        } else {
            format!(" and {rest} more places")
        };
        let hint = first.hint.clone();
        let also = format!("the same at {}{more}", last.join(", "));
        first.hint(hint.map_or(also.clone(), |hint| format!("{hint}; {also}")))
    };
    told.into_iter().map(with_places).collect()
}

/// File and line of a message of the compiler.
fn line_of(one: &Diagnostic) -> Option<String> {
    let Location::Text { source, span } = &one.location else {
        return None;
    };
    let before = source.text.get(..span.start)?;
    Some(format!(
        "{}:{}",
        source.name,
        before.matches('\n').count() + 1
    ))
}
