//! The request to an approver: this is the PDF, this the command that releases exactly it.

use chrono::{NaiveDate, NaiveDateTime};
use serde::Serialize;

use super::digest::{Digest, digest};
use super::error::CorrespondenceError;
use super::frame::{Letter, Sender, Templates, letter};
use super::shell::quoted;
use super::{subject, words};
use crate::results::Results;
use crate::spanish;

const TEMPLATES: Templates = Templates {
    text: include_str!("templates/approval.txt"),
    html: include_str!("templates/approval.html"),
};

/// Letters of a hash that tell one PDF from all others of a plan.
const PREFIX: usize = 12;

/// What must be known for it.
#[derive(Debug, Clone)]
pub struct ApprovalMessage<'a> {
    /// Who writes.
    pub sender: &'a Sender,
    /// The results that the PDF shows.
    pub results: &'a Results,
    /// SHA-256 of the attached PDF, in hex.
    pub pdf_sha256: &'a str,
    /// The approver, as `--by` is to name them.
    pub approver: &'a str,
    /// To whom the report goes once it is released, as their addresses are shown.
    pub recipients: &'a [String],
    /// When the PDF was made, in the plan's zone.
    pub rendered: NaiveDateTime,
    /// Whether it is asked for the first time.
    pub request: ApprovalRequest<'a>,
}

/// Which request it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalRequest<'a> {
    /// The first one for the period.
    First,
    /// The same PDF again.
    Again {
        /// The day of the first request.
        since: NaiveDate,
        /// Today.
        today: NaiveDate,
    },
    /// Something changed; this PDF takes the place of one that nobody had released.
    Replaced {
        /// SHA-256 of the earlier PDF.
        earlier: &'a str,
        /// Whether the earlier one had been released already, and not been sent.
        was_approved: bool,
    },
}

#[derive(Serialize)]
struct ApprovalView<'a> {
    results: &'a Results,
    digest: Digest,
    statement: String,
    why_again: Option<String>,
    command: String,
    pdf_sha256: &'a str,
    recipients: &'a [String],
    rendered: String,
}

/// The request.
///
/// # Errors
/// `body-failed`: an error of this program.
pub fn approval(about: &ApprovalMessage<'_>) -> Result<Letter, CorrespondenceError> {
    let results = about.results;
    let view = ApprovalView {
        results,
        digest: digest(results),
        statement: statement(about.request).to_owned(),
        why_again: why_again(about.request),
        command: command(about),
        pdf_sha256: about.pdf_sha256,
        recipients: about.recipients,
        rendered: words::moment(about.rendered),
    };
    let mark = match about.request {
        ApprovalRequest::First => "",
        ApprovalRequest::Again { .. } => " (sigue pendiente)",
        ApprovalRequest::Replaced { .. } => " (sustituye a la solicitud anterior)",
    };
    let title = subject::shortened(&results.plan.title, 150);
    let what = format!("{title}, {}{mark}", results.shown.period_lower);
    let subject = subject::subject("Por autorizar", &what);
    letter(about.sender, subject, &TEMPLATES, &view)
}

fn statement(request: ApprovalRequest<'_>) -> &'static str {
    match request {
        ApprovalRequest::First => "Hay un informe que espera su autorización",
        ApprovalRequest::Again { .. } => "El informe sigue en espera de su autorización",
        ApprovalRequest::Replaced { .. } => "El informe cambió: hace falta autorizar este",
    }
}

fn why_again(request: ApprovalRequest<'_>) -> Option<String> {
    match request {
        ApprovalRequest::First => None,
        ApprovalRequest::Again { since, today } => Some(format!(
            "Se solicitó el {} ({}) y desde entonces nada ha cambiado: es el mismo PDF.",
            spanish::date_long(since),
            words::distance(since, today)
        )),
        ApprovalRequest::Replaced {
            earlier,
            was_approved,
        } => {
            let what = if was_approved {
                "la autorización que ya se había dado quedó"
            } else {
                "la solicitud anterior quedó"
            };
            let earlier: String = earlier.chars().take(PREFIX).collect();
            Some(format!(
                "Después de la solicitud anterior cambió algo de lo que depende el informe; por eso {what} sin efecto (PDF {earlier}…)."
            ))
        }
    }
}

/// The command that releases exactly this PDF.
fn command(about: &ApprovalMessage<'_>) -> String {
    let results = about.results;
    let prefix: String = about.pdf_sha256.chars().take(PREFIX).collect();
    format!(
        "metas approve {} {} --by {} --sha256 {prefix}",
        results.plan.id,
        results.period,
        quoted(about.approver)
    )
}
