//! The reminder to a person: all that is missing, over sources and plans, in one message.

use chrono::NaiveDate;
use serde::Serialize;

use super::error::CorrespondenceError;
use super::frame::{Letter, Sender, Templates, letter};
use super::{subject, words};
use crate::diagnostic::Diagnostic;
use crate::period::Period;
use crate::spanish;

const TEMPLATES: Templates = Templates {
    text: include_str!("templates/reminder.txt"),
    html: include_str!("templates/reminder.html"),
};

/// What must be known for it.
#[derive(Debug, Clone)]
pub struct Reminder<'a> {
    /// Who writes.
    pub sender: &'a Sender,
    /// Today, where the plan is.
    pub today: NaiveDate,
    /// What is missing; those of one plan and period beside each other or not.
    pub files: &'a [MissingFile],
}

/// A file that a person is to deliver.
#[derive(Debug, Clone)]
pub struct MissingFile {
    /// Title of the plan.
    pub plan: String,
    /// The period.
    pub period: Period,
    /// Name of the department.
    pub department: String,
    /// What the file is to be called, as the definition has it.
    pub file: String,
    /// The sheet, where the definition names one.
    pub sheet: Option<String>,
    /// The last day on which it is in time.
    pub deadline: NaiveDate,
    /// What there is of it.
    pub state: MissingState,
    /// Name of the attached blank workbook; none where none is attached.
    pub blank: Option<String>,
}

/// What there is of a missing file.
#[derive(Debug, Clone)]
pub enum MissingState {
    /// Nothing was received.
    NotReceived,
    /// A file was received that can't be used.
    Unusable {
        /// Its name.
        file: String,
        /// What is wrong with it, the first thing.
        reason: Option<Diagnostic>,
    },
}

#[derive(Serialize)]
struct ReminderView<'a> {
    statement: String,
    lead: &'static str,
    groups: Vec<ReminderGroup<'a>>,
    /// Whether some name holds a `*`, which wants to be explained.
    any_star: bool,
    any_blank: bool,
    any_unusable: bool,
}

/// The files of one plan, period and deadline.
#[derive(Serialize)]
struct ReminderGroup<'a> {
    plan: &'a str,
    period: String,
    deadline: String,
    distance: String,
    late: bool,
    files: Vec<ReminderLine<'a>>,
}

#[derive(Serialize)]
struct ReminderLine<'a> {
    file: &'a str,
    sheet: Option<&'a str>,
    department: &'a str,
    received: Option<&'a str>,
    reason: Option<&'a str>,
    what_to_do: Option<&'a str>,
    blank: Option<&'a str>,
}

/// Where today stands to the deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DeadlineStanding {
    Before,
    Today,
    After,
    /// Some are over and others not.
    Mixed,
}

/// The reminder.
///
/// # Errors
/// `body-failed`: an error of this program.
pub fn reminder(about: &Reminder<'_>) -> Result<Letter, CorrespondenceError> {
    let unusable = |file: &&MissingFile| matches!(file.state, MissingState::Unusable { .. });
    let view = ReminderView {
        statement: match statement(about) {
            (what, Some(when)) => format!("Tiene {what}: {when}"),
            (what, None) => format!("Tiene {what}"),
        },
        lead: lead(standing(about)),
        groups: groups(about),
        any_star: about.files.iter().any(|file| file.file.contains('*')),
        any_blank: about.files.iter().any(|file| file.blank.is_some()),
        any_unusable: about.files.iter().any(|file| unusable(&file)),
    };
    let subject = match statement(about) {
        (what, Some(when)) => format!("{what}; {when}"),
        (what, None) => what,
    };
    let subject = subject::subject("Recordatorio", &subject);
    letter(about.sender, subject, &TEMPLATES, &view)
}

fn standing(about: &Reminder<'_>) -> DeadlineStanding {
    let of = |file: &MissingFile| match file.deadline.cmp(&about.today) {
        std::cmp::Ordering::Less => DeadlineStanding::After,
        std::cmp::Ordering::Equal => DeadlineStanding::Today,
        std::cmp::Ordering::Greater => DeadlineStanding::Before,
    };
    let mut moments = about.files.iter().map(of);
    let first = moments.next().unwrap_or(DeadlineStanding::Before);
    if moments.all(|moment| moment == first) {
        first
    } else {
        DeadlineStanding::Mixed
    }
}

/// What is missing, and until when.
fn statement(about: &Reminder<'_>) -> (String, Option<String>) {
    let unusable = about
        .files
        .iter()
        .filter(|file| matches!(file.state, MissingState::Unusable { .. }))
        .count();
    let absent = about.files.len() - unusable;
    let what = match (absent, unusable) {
        (absent, 0) => words::counted(absent, "archivo por entregar", "archivos por entregar"),
        (0, unusable) => words::counted(unusable, "archivo por corregir", "archivos por corregir"),
        (absent, unusable) => format!(
            "{} y {} por corregir",
            words::counted(absent, "archivo por entregar", "archivos por entregar"),
            words::number(unusable)
        ),
    };
    let earliest = about.files.iter().map(|file| file.deadline).min();
    let latest = about.files.iter().map(|file| file.deadline).max();
    let (Some(earliest), Some(latest)) = (earliest, latest) else {
        return (what, None);
    };
    let when = match standing(about) {
        DeadlineStanding::Today => "el plazo vence hoy".to_owned(),
        DeadlineStanding::After if earliest == latest => {
            format!("el plazo venció {}", words::distance(latest, about.today))
        }
        DeadlineStanding::After => "los plazos ya vencieron".to_owned(),
        DeadlineStanding::Before => {
            let first = if earliest == latest {
                "el plazo"
            } else {
                "el primer plazo"
            };
            let distance = words::distance(earliest, about.today);
            format!("{first} vence {distance}, el {}", day(earliest))
        }
        DeadlineStanding::Mixed => {
            let over = about.files.iter().filter(|f| f.deadline < about.today);
            match over.count() {
                0 => "el primer plazo vence hoy".to_owned(),
                1 => "el plazo de 1 ya venció".to_owned(),
                over => format!("el plazo de {} ya venció", words::number(over)),
            }
        }
    };
    (what, Some(when))
}

/// `5 de abril`.
fn day(date: NaiveDate) -> String {
    let long = spanish::date_long(date);
    long.rsplit_once(" de ")
        .map_or(long.clone(), |(short, _)| short.to_owned())
}

fn lead(moment: DeadlineStanding) -> &'static str {
    match moment {
        DeadlineStanding::Before => {
            "Lo que se entregue dentro del plazo entra a tiempo en el informe. Si ya lo entregó hoy, no haga caso de este mensaje."
        }
        DeadlineStanding::Today => {
            "Lo que se entregue hoy, hasta el final del día, entra a tiempo. Lo que llegue después constará como entregado fuera de plazo."
        }
        DeadlineStanding::After => {
            "El informe todavía no se emite: lo que entregue antes de que se emita se toma en cuenta, y constará como entregado fuera de plazo. Sin estos archivos, las metas que dependen de ellos saldrán como «Sin información»."
        }
        DeadlineStanding::Mixed => {
            "Los plazos son distintos: vea abajo el de cada archivo. Lo que ya venció se toma en cuenta mientras el informe no se emita, y constará como entregado fuera de plazo."
        }
    }
}

/// Files of one plan, period and deadline together, what is due first at the top.
fn groups<'a>(about: &Reminder<'a>) -> Vec<ReminderGroup<'a>> {
    let mut files: Vec<&MissingFile> = about.files.iter().collect();
    files.sort_by(|a, b| key(a).cmp(&key(b)));
    let groups = files.chunk_by(|a, b| key(a) == key(b));
    groups
        .filter_map(|files| group(files, about.today))
        .collect()
}

fn key(file: &MissingFile) -> (NaiveDate, &str, Period) {
    (file.deadline, &file.plan, file.period)
}

fn group<'a>(files: &[&'a MissingFile], today: NaiveDate) -> Option<ReminderGroup<'a>> {
    let first = files.first()?;
    Some(ReminderGroup {
        plan: &first.plan,
        period: words::period(first.period),
        deadline: spanish::date_long(first.deadline),
        distance: words::distance(first.deadline, today),
        late: first.deadline < today,
        files: files.iter().map(|file| line(file)).collect(),
    })
}

fn line(missing: &MissingFile) -> ReminderLine<'_> {
    let (received, reason) = match &missing.state {
        MissingState::NotReceived => (None, None),
        MissingState::Unusable { file, reason } => (Some(file.as_str()), reason.as_ref()),
    };
    ReminderLine {
        file: &missing.file,
        sheet: missing.sheet.as_deref(),
        department: &missing.department,
        received,
        reason: reason.map(|reason| reason.message.as_str()),
        what_to_do: reason.and_then(|reason| reason.hint.as_deref()),
        blank: missing.blank.as_deref(),
    }
}
