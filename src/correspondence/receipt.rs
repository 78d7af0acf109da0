//! The receipt to a department's liaison for what a run has received of it.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

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
    /// SHA-256, in hex.
    pub sha256: String,
    /// Data rows read; none where it could not be read.
    pub rows: Option<usize>,
    /// What becomes of it.
    pub outcome: Outcome,
    /// What was found in it.
    pub findings: Vec<Diagnostic>,
    /// What is attached of it.
    pub returned: ReturnedWorkbook,
}

/// What becomes of a file, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
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
    /// It is too large to be sent.
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
struct View<'a> {
    statement: String,
    plan: &'a str,
    period: String,
    department: &'a str,
    deadline: String,
    issued: bool,
    files: Vec<FileLine<'a>>,
    more_files: Vec<String>,
    all_files: usize,
    goals: &'a [GoalLine],
    more_goals: usize,
}

/// A file as the message tells it.
#[derive(Serialize)]
struct FileLine<'a> {
    file: &'a str,
    received: String,
    size: String,
    rows: Option<String>,
    sha256: &'a str,
    outcome: &'static str,
    symbol: &'static str,
    colour: &'static str,
    findings: Option<Chosen>,
    /// What stands below the findings: how many more there are, and what is attached.
    attached: Option<String>,
}

/// The receipt.
///
/// # Errors
/// `body-failed`: an error of this program.
pub fn receipt(about: &Receipt<'_>) -> Result<Letter, Diagnostic> {
    let mut files: Vec<&ReceivedFile> = about.files.iter().collect();
    files.sort_by_key(|file| (file.outcome, std::cmp::Reverse(file.findings.len())));
    let told = files.iter().take(FILES).enumerate();
    let view = View {
        statement: format!("{}.", statement(about.files)),
        plan: about.plan,
        period: words::period(about.period),
        department: about.department,
        deadline: deadline(about.new_version),
        issued: matches!(about.new_version, NewVersion::Issued { .. }),
        files: told.map(|(n, file)| line(file, n)).collect(),
        more_files: more_files(files.get(FILES..).unwrap_or_default()),
        all_files: files.len(),
        goals: about.goals.get(..GOALS).unwrap_or(about.goals),
        more_goals: about.goals.len().saturating_sub(GOALS),
    };
    letter(about.sender, subject_of(about), &TEMPLATES, &view)
}

fn subject_of(about: &Receipt<'_>) -> String {
    let what = match about.files {
        [file] => format!(
            "{} {}",
            subject::shortened(&file.file, 90),
            outcome_of_one(file)
        ),
        files => format!(
            "{}: {}",
            words::counted(files.len(), "archivo", "archivos"),
            outcomes(files)
        ),
    };
    let plan = subject::shortened(about.plan, 90);
    subject::subject("Acuse", &format!("{what} ({plan}, {})", about.period))
}

/// The plain statement with which it begins, without the full stop.
fn statement(files: &[ReceivedFile]) -> String {
    match files {
        [] => "No se recibió ningún archivo".to_owned(),
        [file] => match file.outcome {
            Outcome::Accepted => "Su archivo se recibió y está aceptado".to_owned(),
            Outcome::Observed => format!("Su archivo se recibió y está {}", outcome_of_one(file)),
            Outcome::Unusable => {
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
        Outcome::Accepted => "aceptado".to_owned(),
        Outcome::Observed => format!(
            "aceptado con {}",
            words::counted(file.findings.len(), "observación", "observaciones")
        ),
        Outcome::Unusable => "no se puede usar".to_owned(),
    }
}

/// `1 no se puede usar, 2 con observaciones y 5 aceptados`.
fn outcomes(files: &[ReceivedFile]) -> String {
    let of = |outcome: Outcome| files.iter().filter(|f| f.outcome == outcome).count();
    let say =
        |count: usize, one: &str, many: &str| (count > 0).then(|| words::counted(count, one, many));
    let parts: Vec<String> = [
        say(
            of(Outcome::Unusable),
            "no se puede usar",
            "no se pueden usar",
        ),
        say(
            of(Outcome::Observed),
            "aceptado con observaciones",
            "aceptados con observaciones",
        ),
        say(of(Outcome::Accepted), "aceptado", "aceptados"),
    ]
    .into_iter()
    .flatten()
    .collect();
    words::listed(&parts)
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
            "El informe de este periodo ya se emitió (edición {edition}, del {}). Lo que se recibió queda guardado y no lo cambia. Si hace falta una corrección, la decide la unidad que emite el informe; para pedirla, responda a este correo.",
            spanish::date_long(on)
        ),
    }
}

fn line(file: &ReceivedFile, place: usize) -> FileLine<'_> {
    let (outcome, symbol, colour) = match file.outcome {
        Outcome::Unusable => ("No se puede usar", "✗", "#991b1b"),
        Outcome::Observed => ("Aceptado con observaciones", "▲", "#7c3a00"),
        Outcome::Accepted => ("Aceptado", "✓", "#14532d"),
    };
    let with_findings = place < FILES_WITH_FINDINGS && !file.findings.is_empty();
    let findings = with_findings.then(|| chosen(&file.findings, FINDINGS));
    let more = findings
        .as_ref()
        .map_or(file.findings.len(), |chosen| chosen.more);
    FileLine {
        file: &file.file,
        received: words::moment(file.received),
        size: words::size(file.bytes),
        rows: file
            .rows
            .map(|rows| words::counted(rows, "renglón", "renglones")),
        sha256: &file.sha256,
        outcome,
        symbol,
        colour,
        attached: attached(file, with_findings, more),
        findings,
    }
}

/// How many findings are not told here, and what is attached.
fn attached(file: &ReceivedFile, any_told: bool, more: usize) -> Option<String> {
    let all = file.findings.len();
    let rest = match (any_told, more) {
        (_, 0) => None,
        (true, more) => Some(format!(
            "Hay {} más",
            words::counted(more, "observación", "observaciones")
        )),
        (false, _) => Some(format!(
            "Tiene {}",
            words::counted(all, "observación", "observaciones")
        )),
    };
    let first = |then: &str| match &rest {
        Some(rest) => format!("{rest}, {then}"),
        None => String::new(),
    };
    match &file.returned {
        ReturnedWorkbook::Nothing => rest.map(|rest| format!("{rest}.")),
        ReturnedWorkbook::Marked(name) => Some(format!(
            "{}Se adjunta su propio libro con las celdas señaladas, {name}: corríjalas ahí, guárdelo con el nombre de siempre y entréguelo de nuevo en la misma carpeta.",
            sentence(&first("todas señaladas en el libro adjunto"))
        )),
        ReturnedWorkbook::List(name) => Some(format!(
            "{}Este tipo de archivo no permite señalar las celdas; la lista completa va adjunta: {name}.",
            sentence(&first("todas en la lista adjunta"))
        )),
        ReturnedWorkbook::TooLarge => Some(format!(
            "{}El libro con las celdas señaladas es demasiado grande para enviarse por correo; pídalo respondiendo a este mensaje.",
            sentence(&first("que este mensaje no alcanza a mostrar"))
        )),
    }
}

/// The words as a sentence before another; nothing where there are none.
fn sentence(words: &str) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!("{words}. ")
    }
}

/// What is said of the files that are not told one by one.
fn more_files(files: &[&ReceivedFile]) -> Vec<String> {
    let of = |outcome: Outcome| files.iter().filter(|f| f.outcome == outcome).count();
    let say = |outcome: Outcome, one: &str, many: &str| {
        let count = of(outcome);
        (count > 0).then(|| words::counted(count, one, many))
    };
    [
        say(
            Outcome::Unusable,
            "archivo más que no se puede usar",
            "archivos más que no se pueden usar",
        ),
        say(
            Outcome::Observed,
            "archivo más aceptado con observaciones",
            "archivos más aceptados con observaciones",
        ),
        say(
            Outcome::Accepted,
            "archivo más aceptado",
            "archivos más aceptados",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}
