//! The receipt to a department's liaison for what a run has received of it.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

use super::error::CorrespondenceError;
use super::findings;
use super::findings::{Chosen, chosen};
use super::frame::{Letter, Sender, Templates, letter};
use super::goals::GoalLine;
use super::{subject, words};
use crate::diagnostic::Diagnostic;
use crate::period::Period;
use crate::spanish;

const TEMPLATES: Templates = Templates {
    text: include_str!("templates/receipt.txt"),
    html: include_str!("templates/receipt.html"),
};

/// So many files are told one by one.
const FILES: usize = 25;
/// So many of them with their findings.
const FILES_WITH_FINDINGS: usize = 5;
/// So many findings of one file.
const FINDINGS: usize = 10;
/// So many goals.
const GOALS: usize = 25;

/// What must be known for it: one message a department, plan and run.
#[derive(Debug, Clone)]
pub struct Receipt<'a> {
    /// Who writes.
    pub sender: &'a Sender,
    /// Title of the plan.
    pub plan: &'a str,
    /// The period.
    pub period: Period,
    /// Name of the department.
    pub department: &'a str,
    /// The files.
    pub files: &'a [ReceivedFile],
    /// The goals that the files feed and what they come to now; none where that was not computed.
    pub goals: &'a [GoalLine],
    /// What a new version can still do.
    pub new_version: NewVersion,
}

/// A file that was received.
#[derive(Debug, Clone)]
pub struct ReceivedFile {
    /// Path below the period's folder.
    pub file: String,
    /// When it was received, in the plan's zone.
    pub received: NaiveDateTime,
    /// Its size in bytes.
    pub bytes: u64,
    /// SHA-256, in hex; none where it was not taken in.
    pub sha256: Option<String>,
    /// Data rows read; none where it could not be read.
    pub rows: Option<usize>,
    /// What becomes of it.
    pub outcome: FileOutcome,
    /// What was found in it.
    pub findings: Vec<Diagnostic>,
    /// What is attached of it.
    pub returned: ReturnedWorkbook,
}

/// What becomes of a file, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileOutcome {
    /// It can't be read, or what is wrong in it keeps it from being used.
    Unusable,
    /// It is used; something in it is to be looked at.
    Observed,
    /// It is used.
    Accepted,
}

/// What is attached of a file with findings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnedWorkbook {
    /// Nothing, because nothing was found in it.
    Nothing,
    /// The department's own workbook, marked; its name in the message.
    Marked(String),
    /// A list of the findings, because the format can't be marked; its name in the message.
    List(String),
    /// A list of the findings, because the marked workbook is too large to be sent; its name in the
    /// message.
    ListForSize(String),
    /// Not even that can be sent.
    TooLarge,
}

/// What a new version of the files can still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewVersion {
    /// It is in time until the end of that day.
    InTime {
        /// The last day.
        until: NaiveDate,
    },
    /// The deadline has passed, and the report is not issued yet.
    Late {
        /// The last day on which it was in time.
        deadline: NaiveDate,
    },
    /// The report has been issued; what is received changes nothing by itself.
    Issued {
        /// The latest edition.
        edition: u32,
        /// The day on which it was issued.
        on: NaiveDate,
    },
}

#[derive(Serialize)]
struct ReceiptView<'a> {
    statement: String,
    plan: &'a str,
    period: String,
    department: &'a str,
    deadline: String,
    /// Those that are told with their findings.
    files: Vec<ReceiptLine<'a>>,
    /// Those that are told in a line.
    others: Vec<ReceiptLine<'a>>,
    more_files: Vec<String>,
    goals: &'a [GoalLine],
    more_goals: usize,
}

/// A file as the message tells it.
#[derive(Serialize)]
struct ReceiptLine<'a> {
    file: &'a str,
    received: String,
    size: String,
    rows: Option<String>,
    sha256: Option<&'a str>,
    outcome: &'static str,
    symbol: &'static str,
    colour: &'static str,
    findings: Option<Chosen>,
    /// How many more findings there are, and what is attached.
    attached: Option<String>,
}

/// The receipt.
///
/// # Errors
/// `body-failed`: an error of this program.
pub fn receipt(about: &Receipt<'_>) -> Result<Letter, CorrespondenceError> {
    let mut files: Vec<&ReceivedFile> = about.files.iter().collect();
    files.sort_by_key(|file| (file.outcome, std::cmp::Reverse(file.findings.len())));
    let more_files = more_files(files.get(FILES..).unwrap_or_default());
    files.truncate(FILES);
    let with_findings = |file: &&ReceivedFile| !file.findings.is_empty() || about.files.len() == 1;
    let (mut told, mut others): (Vec<_>, Vec<_>) = files.into_iter().partition(with_findings);
    let rest = told.split_off(told.len().min(FILES_WITH_FINDINGS));
    others.splice(0..0, rest);
    let issued = about.new_version.is_issued();
    let view = ReceiptView {
        statement: statement(about),
        plan: about.plan,
        period: words::period(about.period),
        department: about.department,
        deadline: deadline(about.new_version),
        files: told
            .into_iter()
            .map(|file| line(file, true, issued))
            .collect(),
        others: others
            .into_iter()
            .map(|file| line(file, false, issued))
            .collect(),
        more_files,
        goals: about.goals.get(..GOALS).unwrap_or(about.goals),
        more_goals: about.goals.len().saturating_sub(GOALS),
    };
    letter(about.sender, subject_of(about), &TEMPLATES, &view)
}

impl NewVersion {
    fn is_issued(self) -> bool {
        matches!(self, Self::Issued { .. })
    }
}

fn subject_of(about: &Receipt<'_>) -> String {
    let after = match about.new_version {
        NewVersion::Issued { .. } => " después del informe",
        NewVersion::InTime { .. } | NewVersion::Late { .. } => "",
    };
    let what = match (about.files, after) {
        ([file], "") => {
            let name = subject::shortened(&file.file, 90);
            format!("{name} {}", outcome_of_one(file))
        }
        ([file], after) => format!("{} recibido{after}", subject::shortened(&file.file, 90)),
        (files, "") => format!(
            "{}: {}",
            words::counted(files.len(), "archivo", "archivos"),
            outcomes(files)
        ),
        (files, after) => format!("{} archivos recibidos{after}", words::number(files.len())),
    };
    let plan = subject::shortened(about.plan, 90);
    subject::subject("Acuse", &format!("{what} ({plan}, {})", about.period))
}

/// The plain statement with which it begins, without the full stop.
fn statement(about: &Receipt<'_>) -> String {
    let issued = about.new_version.is_issued();
    match about.files {
        [] => "No se recibió ningún archivo".to_owned(),
        [_] if issued => {
            "Su archivo llegó después de emitido el informe, y no lo cambia".to_owned()
        }
        files if issued => format!(
            "Sus {} archivos llegaron después de emitido el informe, y no lo cambian",
            words::number(files.len())
        ),
        [file] => match file.outcome {
            FileOutcome::Accepted => "Su archivo se recibió y está aceptado".to_owned(),
            FileOutcome::Observed => {
                format!("Su archivo se recibió y está {}", outcome_of_one(file))
            }
            FileOutcome::Unusable => {
                "Su archivo no se puede usar: hay que corregirlo y entregarlo de nuevo".to_owned()
            }
        },
        files => format!(
            "Se recibieron {} archivos: {}",
            words::number(files.len()),
            outcomes(files)
        ),
    }
}

fn outcome_of_one(file: &ReceivedFile) -> String {
    match file.outcome {
        FileOutcome::Accepted => "aceptado".to_owned(),
        FileOutcome::Observed => format!(
            "aceptado con {}",
            observations(findings::observations(&file.findings))
        ),
        FileOutcome::Unusable => "no se puede usar".to_owned(),
    }
}

fn observations(count: usize) -> String {
    words::counted(count, "observación", "observaciones")
}

/// How many files have an outcome, in the words for one and for many; nothing where none has it.
fn with_outcome<'f>(
    files: impl IntoIterator<Item = &'f ReceivedFile>,
    outcome: FileOutcome,
    (one, many): (&str, &str),
) -> Option<String> {
    let count = files.into_iter().filter(|f| f.outcome == outcome).count();
    (count > 0).then(|| words::counted(count, one, many))
}

/// `1 no se puede usar, 2 con observaciones y 5 aceptados`.
fn outcomes(files: &[ReceivedFile]) -> String {
    let parts = [
        (
            FileOutcome::Unusable,
            ("no se puede usar", "no se pueden usar"),
        ),
        (
            FileOutcome::Observed,
            ("aceptado con observaciones", "aceptados con observaciones"),
        ),
        (FileOutcome::Accepted, ("aceptado", "aceptados")),
    ];
    let said = parts.map(|(outcome, said)| with_outcome(files, outcome, said));
    words::listed(&said.into_iter().flatten().collect::<Vec<_>>())
}

/// What is said of the files that are not told one by one.
fn more_files(files: &[&ReceivedFile]) -> Vec<String> {
    let parts = [
        (
            FileOutcome::Unusable,
            (
                "archivo más que no se puede usar",
                "archivos más que no se pueden usar",
            ),
        ),
        (
            FileOutcome::Observed,
            (
                "archivo más con observaciones",
                "archivos más con observaciones",
            ),
        ),
        (
            FileOutcome::Accepted,
            (
                "archivo más sin nada que corregir",
                "archivos más sin nada que corregir",
            ),
        ),
    ];
    let said = parts.map(|(outcome, said)| with_outcome(files.iter().copied(), outcome, said));
    said.into_iter().flatten().collect()
}

fn deadline(new_version: NewVersion) -> String {
    match new_version {
        NewVersion::InTime { until } => format!(
            "Puede entregar una versión nueva hasta el final del {}. Cuenta la última que se reciba.",
            spanish::date_long(until)
        ),
        NewVersion::Late { deadline } => format!(
            "El plazo venció el {}. El informe todavía no se emite: mientras no se emita cuenta la última versión que se reciba, y constará como entregada fuera de plazo.",
            spanish::date_long(deadline)
        ),
        NewVersion::Issued { edition, on } => format!(
            "El informe de este periodo se emitió el {} (edición {edition}). Lo que se recibió después queda guardado. Si hace falta una corrección, la decide la unidad que emite el informe; para pedirla, responda a este correo.",
            spanish::date_long(on)
        ),
    }
}

fn line(file: &ReceivedFile, with_findings: bool, issued: bool) -> ReceiptLine<'_> {
    let (outcome, symbol, colour) = match (file.outcome, issued) {
        (FileOutcome::Unusable, false) => ("No se puede usar", "✗", "#991b1b"),
        (FileOutcome::Observed, false) => ("Aceptado con observaciones", "▲", "#7c3a00"),
        (FileOutcome::Accepted, false) => ("Aceptado", "✓", "#14532d"),
        (FileOutcome::Unusable, true) => ("No se podría usar", "✗", "#991b1b"),
        (FileOutcome::Observed, true) => ("Revisado, con observaciones", "▲", "#7c3a00"),
        (FileOutcome::Accepted, true) => ("Revisado, sin observaciones", "✓", "#14532d"),
    };
    let any = with_findings && !file.findings.is_empty();
    let findings = any.then(|| chosen(&file.findings, FINDINGS));
    let untold = match &findings {
        Some(chosen) => {
            (chosen.more > 0).then(|| format!("Hay {} más.", observations(chosen.more)))
        }
        None => Some(findings::observations(&file.findings))
            .filter(|count| *count > 0)
            .map(|count| format!("Tiene {}.", observations(count))),
    };
    let parts: Vec<String> = untold.into_iter().chain(attached(&file.returned)).collect();
    ReceiptLine {
        file: &file.file,
        received: words::moment(file.received),
        size: spanish::file_size(file.bytes),
        rows: file
            .rows
            .map(|rows| words::counted(rows, "renglón", "renglones")),
        sha256: file.sha256.as_deref(),
        outcome,
        symbol,
        colour,
        attached: (!parts.is_empty()).then(|| parts.join(" ")),
        findings,
    }
}

/// Where all findings are.
fn attached(returned: &ReturnedWorkbook) -> Option<String> {
    match returned {
        ReturnedWorkbook::Nothing => None,
        ReturnedWorkbook::Marked(name) => Some(format!(
            "Va adjunto su propio libro, {name}, con las celdas señaladas: corríjalas ahí, guárdelo con el nombre de siempre y entréguelo de nuevo en la misma carpeta."
        )),
        ReturnedWorkbook::List(name) => Some(format!(
            "Va adjunta la lista completa, {name}; en este archivo no se pueden señalar las celdas."
        )),
        ReturnedWorkbook::ListForSize(name) => Some(format!(
            "Va adjunta la lista completa, {name}; su propio libro con las celdas señaladas es demasiado grande para enviarse por correo."
        )),
        ReturnedWorkbook::TooLarge => Some(
            "El libro con las celdas señaladas es demasiado grande para enviarse por correo; pídalo respondiendo a este mensaje.".to_owned(),
        ),
    }
}
