//! The message to the operator: something is wrong, or is right again.

use chrono::NaiveDateTime;
use serde::Serialize;

use super::error::CorrespondenceError;
use super::frame::{Letter, Sender, Templates, letter};
use super::shell::quoted;
use super::{subject, words};
use crate::diagnostic::{Diagnostic, Location, Severity};
use crate::period::Period;

const TEMPLATES: Templates = Templates {
    text: include_str!("templates/alert.txt"),
    html: include_str!("templates/alert.html"),
};

/// So many entries of the log are quoted.
const QUOTED: usize = 12;
/// So many commands are named.
const COMMANDS: usize = 6;

/// What must be known for it.
#[derive(Debug, Clone)]
pub struct Alert<'a> {
    /// Who writes.
    pub sender: &'a Sender,
    /// What is wrong.
    pub kind: AlertCause,
    /// The plan's id; none where it is not about one.
    pub plan: Option<&'a str>,
    /// The period; none where it is not about one.
    pub period: Option<Period>,
    /// What the log said, in English.
    pub diagnostics: &'a [Diagnostic],
    /// With what the run ended; none where it is not about a run's end.
    pub exit_status: Option<u8>,
    /// Since when, local time.
    pub since: NaiveDateTime,
    /// Now, local time.
    pub now: NaiveDateTime,
    /// Whether it is news.
    pub stage: AlertStage,
}

/// Where in its life a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertStage {
    /// It is told for the first time.
    New,
    /// It has been told, and lasts.
    Repeated,
    /// It is over.
    Resolved,
}

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertCause {
    /// A definition has errors.
    PlanUnreadable,
    /// A plan or a period waits for a person's decision.
    Held,
    /// Files of departments can't be used.
    SourceBlocked,
    /// Most goals are without information.
    MostlyWithoutInformation,
    /// A server has refused a message, or it came back.
    DeliveryRejected,
    /// Nobody knows whether a message arrived.
    DeliveryUncertain,
    /// A message has waited for more than a day.
    DeliveryDelayed,
    /// The disk, or the permissions on it.
    Disk,
    /// The machine's clock.
    Clock,
    /// The ledger.
    Ledger,
    /// A run ended with an error of another kind.
    Run,
}

impl AlertCause {
    /// What is wrong, as a sentence without its full stop.
    fn statement(self) -> &'static str {
        match self {
            Self::PlanUnreadable => "La definición del plan tiene errores y el plan no avanza",
            Self::Held => "El plan está detenido hasta que una persona decida",
            Self::SourceBlocked => "Hay archivos que no se pueden usar",
            Self::MostlyWithoutInformation => "La mayoría de las metas no tiene información",
            Self::DeliveryRejected => "Un mensaje fue rechazado y no llegó",
            Self::DeliveryUncertain => {
                "No consta si un mensaje llegó; no se enviará otra vez sin que usted decida"
            }
            Self::DeliveryDelayed => "Un mensaje lleva más de un día sin poder entregarse",
            Self::Disk => "No se puede leer o escribir en el disco",
            Self::Clock => "El reloj del equipo no es de fiar",
            Self::Ledger => "El registro (state/ledger.db) no se puede usar",
            Self::Run => "Una ejecución terminó con error",
        }
    }

    /// The same where it is over.
    fn resolved(self) -> &'static str {
        match self {
            Self::PlanUnreadable => "La definición del plan ya se lee sin errores",
            Self::Held => "El plan ya no está detenido",
            Self::SourceBlocked => "Los archivos ya se pueden usar",
            Self::MostlyWithoutInformation => "La mayoría de las metas ya tiene información",
            Self::DeliveryRejected | Self::DeliveryUncertain | Self::DeliveryDelayed => {
                "La entrega del mensaje quedó resuelta"
            }
            Self::Disk => "El disco ya se puede leer y escribir",
            Self::Clock => "El reloj del equipo ya es de fiar",
            Self::Ledger => "El registro (state/ledger.db) ya se puede usar",
            Self::Run => "Las ejecuciones ya terminan sin error",
        }
    }

    /// What is wrong, in a few words for a subject.
    fn short(self) -> &'static str {
        match self {
            Self::PlanUnreadable => "definición con errores",
            Self::Held => "detenido, falta una decisión",
            Self::SourceBlocked => "archivos que no se pueden usar",
            Self::MostlyWithoutInformation => "la mayoría de las metas sin información",
            Self::DeliveryRejected => "mensaje rechazado",
            Self::DeliveryUncertain => "no consta si un mensaje llegó",
            Self::DeliveryDelayed => "mensaje sin entregar desde hace más de un día",
            Self::Disk => "problema con el disco",
            Self::Clock => "reloj del equipo",
            Self::Ledger => "registro inutilizable",
            Self::Run => "ejecución con error",
        }
    }
}

#[derive(Serialize)]
struct AlertView<'a> {
    resolved: bool,
    statement: &'static str,
    lasted: String,
    facts: Vec<(&'static str, String)>,
    commands: Vec<String>,
    log: Vec<LogEntry<'a>>,
    more_log: usize,
}

/// An entry as the log has it.
#[derive(Serialize)]
struct LogEntry<'a> {
    head: String,
    message: &'a str,
    place: Option<String>,
    hint: Option<&'a str>,
}

/// The message.
///
/// # Errors
/// `body-failed`: an error of this program.
pub fn alert(about: &Alert<'_>) -> Result<Letter, CorrespondenceError> {
    let resolved = about.stage == AlertStage::Resolved;
    let statement = match (about.kind, about.period, resolved) {
        (AlertCause::Held, Some(_), false) => {
            "El periodo está detenido hasta que una persona decida"
        }
        (AlertCause::Held, Some(_), true) => "El periodo ya no está detenido",
        (kind, _, false) => kind.statement(),
        (kind, _, true) => kind.resolved(),
    };
    let view = AlertView {
        resolved,
        statement,
        lasted: lasted(about),
        facts: facts(about),
        commands: if resolved {
            Vec::new()
        } else {
            commands(about)
        },
        log: about.diagnostics.iter().take(QUOTED).map(entry).collect(),
        more_log: about.diagnostics.len().saturating_sub(QUOTED),
    };
    letter(about.sender, subject_of(about), &TEMPLATES, &view)
}

fn subject_of(about: &Alert<'_>) -> String {
    let place: Vec<String> = about
        .plan
        .map(str::to_owned)
        .into_iter()
        .chain(about.period.map(|period| period.to_string()))
        .collect();
    let mut what = about.kind.short().to_owned();
    if !place.is_empty() {
        what = format!("{}: {what}", place.join(" "));
    }
    match about.stage {
        AlertStage::New => subject::subject("Alerta", &what),
        AlertStage::Repeated => {
            let since = words::distance(about.since.date(), about.now.date());
            subject::subject("Alerta", &format!("{what} (sigue; empezó {since})"))
        }
        AlertStage::Resolved => subject::subject("Resuelto", &what),
    }
}

fn lasted(about: &Alert<'_>) -> String {
    let since = words::moment(about.since);
    let distance = words::distance(about.since.date(), about.now.date());
    match about.stage {
        AlertStage::New => format!("Desde el {since}."),
        AlertStage::Repeated => format!("Sigue sin resolverse desde el {since} ({distance})."),
        AlertStage::Resolved => format!(
            "Empezó el {since} y se resolvió el {}. No hace falta hacer nada.",
            words::moment(about.now)
        ),
    }
}

fn facts(about: &Alert<'_>) -> Vec<(&'static str, String)> {
    let plan = about.plan.map(|plan| ("Plan", plan.to_owned()));
    let period = about
        .period
        .map(|period| ("Periodo", format!("{} ({period})", words::period(period))));
    let status = about
        .exit_status
        .filter(|_| about.stage != AlertStage::Resolved)
        .map(|status| ("Estado de salida", status.to_string()));
    [plan, period, status].into_iter().flatten().collect()
}

/// The commands that the hints name between backquotes, each once; where they name none, the one
/// that shows how things stand.
fn commands(about: &Alert<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for hint in about.diagnostics.iter().filter_map(|d| d.hint.as_deref()) {
        for quoted in hint.split('`').skip(1).step_by(2) {
            if quoted.starts_with("metas ") && !found.iter().any(|one| one == quoted) {
                found.push(quoted.to_owned());
            }
        }
    }
    found.truncate(COMMANDS);
    if found.is_empty() {
        let plan = about.plan.map(|plan| format!(" {}", quoted(plan)));
        found.push(format!("metas status{}", plan.unwrap_or_default()));
    }
    found
}

fn entry(diagnostic: &Diagnostic) -> LogEntry<'_> {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    LogEntry {
        head: format!("{severity}[{}]", diagnostic.code),
        message: &diagnostic.message,
        place: place(&diagnostic.location),
        hint: diagnostic.hint.as_deref(),
    }
}

fn place(location: &Location) -> Option<String> {
    match location {
        Location::Nowhere => None,
        Location::Text { source, span } => {
            let before = source.text.get(..span.start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            Some(format!("{}:{line}", source.name))
        }
        Location::Cells(place) => {
            let parts = [&place.sheet, &place.cell, &place.header];
            let mut text = place.file.clone();
            for part in parts.into_iter().flatten() {
                text.push_str(", ");
                text.push_str(part);
            }
            Some(text)
        }
    }
}
