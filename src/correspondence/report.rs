//! The report's message: ten lines that say it all, then the details.

use serde::Serialize;

use super::digest::{Digest, digest};
use super::error::CorrespondenceError;
use super::frame::{Letter, Sender, Templates, letter};
use super::goals::GoalLine;
use super::subject::report_subject;
use super::words;
use crate::results::Results;

const TEMPLATES: Templates = Templates {
    text: include_str!("templates/report.txt"),
    html: include_str!("templates/report.html"),
};

/// What must be known for the message of an edition.
#[derive(Debug, Clone)]
pub struct ReportMessage<'a> {
    /// Who writes.
    pub sender: &'a Sender,
    /// The edition's results.
    pub results: &'a Results,
    /// The definition's subject, with `{title}` and `{period}`.
    pub subject: &'a str,
    /// SHA-256 of the attached PDF, in hex.
    pub pdf_sha256: &'a str,
    /// Address of the published page; none where there is none.
    pub page: Option<&'a str>,
    /// What is attached beside the PDF, in words, such as `las diapositivas`.
    pub also_attached: &'a [String],
}

/// What its templates see.
#[derive(Serialize)]
struct ReportView<'a> {
    results: &'a Results,
    digest: Digest,
    axes: Vec<AxisLines>,
    pdf_sha256: &'a str,
    page: Option<&'a str>,
    also_attached: String,
    /// Why it replaces another, without the full stop that the sentence around it has.
    reason: &'a str,
}

/// An axis and its goals.
#[derive(Serialize)]
struct AxisLines {
    title: String,
    goals: Vec<GoalLine>,
}

/// The message of an edition.
///
/// # Errors
/// `body-failed`: an error of this program.
pub fn report(about: &ReportMessage<'_>) -> Result<Letter, CorrespondenceError> {
    let results = about.results;
    let reason = results.reason.as_deref().unwrap_or_default();
    let view = ReportView {
        results,
        digest: digest(results),
        axes: axes(results),
        pdf_sha256: about.pdf_sha256,
        page: about.page.filter(|page| is_web_address(page)),
        also_attached: words::listed(about.also_attached),
        reason: reason.trim_end().trim_end_matches('.'),
    };
    let period = words::period(results.period);
    let (title, edition) = (&results.plan.title, results.edition);
    let subject = report_subject(about.subject, title, &period, edition);
    letter(about.sender, subject, &TEMPLATES, &view)
}

/// Whether a link may lead there.
fn is_web_address(page: &str) -> bool {
    let page = page.to_ascii_lowercase();
    page.starts_with("https://") || page.starts_with("http://")
}

fn axes(results: &Results) -> Vec<AxisLines> {
    let with_goals = results.axes.iter().filter(|axis| !axis.goals.is_empty());
    let lines = with_goals.map(|axis| AxisLines {
        title: axis.title.clone(),
        goals: results
            .goals
            .iter()
            .filter(|goal| goal.axis == axis.id)
            .map(GoalLine::from)
            .collect(),
    });
    lines.collect()
}
