//! The document itself. A field's comment is its description in the JSON Schema; a key is always
//! there, and null where there is nothing. What is new since the first editions has a default, so
//! that they can still be read.

use chrono::{DateTime, FixedOffset, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{CorrectionEntry, GoalChangeEntry, of_any_format};
use super::goal::GoalEntry;
use super::received::{DepartmentStatus, SourceStatus};
use super::said::{ComingEntry, RequestEntry};
use super::submissions::SubmissionMatrix;
use crate::indicators::Status;
use crate::period::Period;
use crate::plan::{Brand, GoalKind, License, TrafficLight};

/// Format of the document.
pub const FORMAT: u32 = 1;

/// What templates, messages and programs receive of one edition. Numbers are unrounded, days are
/// ISO 8601, and what is absent is null; `shown` holds the Spanish text of the printed figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "metas results.json")]
pub struct Results {
    /// Format of the document.
    #[schemars(extend("const" = FORMAT))]
    pub format: u32,
    /// What the plan is.
    pub plan: PlanHeading,
    /// The period reported.
    pub period: Period,
    /// First day of the period.
    pub period_start: NaiveDate,
    /// Last day of the period.
    pub period_end: NaiveDate,
    /// Number of the edition, from 1.
    #[schemars(range(min = 1))]
    pub edition: u32,
    /// Editions that this one replaces, oldest first.
    pub replaces: Vec<ReplacedEdition>,
    /// Why it replaces the last of them; null in a first edition.
    pub reason: Option<String>,
    /// Last day whose facts count.
    pub cutoff: NaiveDate,
    /// When it was issued, in the plan's time zone.
    #[serde(serialize_with = "to_the_second")]
    #[schemars(with = "DateTime<FixedOffset>")]
    pub issued_at: DateTime<FixedOffset>,
    /// Whether the period is not closed.
    pub preliminary: bool,
    /// Whether it is a preview, and marked so on every page.
    pub draft: bool,
    /// Whose goals alone the document tells of; absent in the report itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Extract")]
    pub extract: Option<Extract>,
    /// What the edition is called: plan, period, edition.
    pub folio: String,
    /// The municipality's identity.
    pub brand: Brand,
    /// In which session the report is presented.
    pub session: Option<String>,
    /// Spanish text of the heading.
    pub shown: HeadingShown,
    /// Goals counted.
    pub summary: GoalSummary,
    /// Axes, in the order of the plan.
    pub axes: Vec<AxisEntry>,
    /// Goals, in the order of the plan.
    pub goals: Vec<GoalEntry>,
    /// What departments tell, with or without a photo.
    pub activities: Vec<ActivityEntry>,
    /// The decisions asked of the session.
    #[serde(default)]
    pub requests: Vec<RequestEntry>,
    /// What is due in the 90 days after the cutoff, in the order of the days.
    #[serde(default)]
    pub coming: Vec<ComingEntry>,
    /// Who was to send what.
    pub departments: Vec<DepartmentStatus>,
    /// How complete and how punctual the files of each department were, period by period; a past
    /// period is told as it was published.
    #[serde(default)]
    pub submissions: SubmissionMatrix,
    /// Each source and department.
    pub sources: Vec<SourceStatus>,
    /// What is wrong with the files, and how many files came.
    pub findings_summary: FindingsSummary,
    /// Each figure that the corrected edition gave otherwise.
    #[serde(deserialize_with = "of_any_format")]
    pub corrections: Vec<CorrectionEntry>,
    /// Published goals that the definition has changed since the last edition.
    #[serde(default)]
    pub goal_changes: Vec<GoalChangeEntry>,
    /// What the method annex says.
    pub method: Method,
    /// Under which licence the data are published.
    #[serde(default)]
    pub license: LicenseEntry,
    /// The edition's files that its PDF carries.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

impl Results {
    /// When it was issued, as the document writes it: RFC 3339 without fractions, and with an
    /// offset in figures also where it is zero.
    pub(super) fn issued_at_text(&self) -> String {
        text_of(&self.issued_at)
    }
}

fn text_of(moment: &DateTime<FixedOffset>) -> String {
    moment.to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
}

fn to_the_second<S: serde::Serializer>(
    moment: &DateTime<FixedOffset>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text_of(moment))
}

/// What the plan is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanHeading {
    /// Its id: also the definition's file name.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What the report is about, below its title.
    pub subtitle: Option<String>,
    /// The zone in which its days begin and end, by its IANA name.
    pub timezone: String,
    /// Lower bounds of the statuses `on-track` and `at-risk`.
    pub traffic_light: TrafficLight,
}

/// The department that an extract is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Extract {
    /// Its id.
    pub department: String,
    /// Its name.
    pub name: String,
}

/// An earlier edition of the same period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReplacedEdition {
    /// Its number.
    pub edition: u32,
    /// The day on which it was issued.
    pub issued_at: NaiveDate,
    /// Whether it was preliminary.
    pub preliminary: bool,
    /// Why the next one was issued.
    pub reason: Option<String>,
    /// The day in Spanish.
    #[serde(default)]
    pub shown: String,
}

/// Spanish text of the heading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HeadingShown {
    /// `Primer trimestre de 2026`.
    pub period: String,
    /// The same, to stand inside a sentence.
    pub period_lower: String,
    /// The cutoff.
    pub cutoff: String,
    /// The day on which it was issued.
    pub issued_at: String,
    /// `Edición 2`.
    pub edition: String,
    /// Whether it is preliminary.
    pub state: String,
    /// Which edition it replaces.
    pub replaces: Option<String>,
    /// The day on which the report is due.
    pub report_due: String,
}

/// Goals counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GoalSummary {
    /// All goals.
    pub goals: usize,
    /// Those of which something was to be measured.
    pub due: usize,
    /// Those that are met, late or not.
    pub met: usize,
    /// Goals of each status that any goal has, what asks for attention first.
    pub by_status: Vec<StatusCount>,
    /// How many of those due are met, in Spanish.
    pub shown: String,
    /// The same as a title: `6 de 10 metas cumplidas`.
    #[serde(default)]
    pub conclusion: String,
    /// How the goals stand beside their last period.
    #[serde(default)]
    pub changes: ChangeCounts,
}

/// How many goals are better or worse than in their last period, by status and value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeCounts {
    /// Better.
    pub better: usize,
    /// Worse.
    pub worse: usize,
    /// Neither.
    pub same: usize,
    /// There is no period that they can be compared with.
    pub not_compared: usize,
    /// In Spanish.
    pub shown: String,
}

/// How many goals have a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusCount {
    /// The status.
    pub status: Status,
    /// How many goals have it; never 0.
    pub count: usize,
    /// The status in Spanish.
    pub shown: String,
    /// Its symbol.
    pub symbol: String,
}

/// An axis of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AxisEntry {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Prose before its goals.
    pub intro: Option<String>,
    /// Ids of its goals.
    pub goals: Vec<String>,
    /// Those of which something was to be measured.
    pub due: usize,
    /// Goals of each status that any of its goals has, what asks for attention first.
    pub by_status: Vec<StatusCount>,
    /// How many of those due are met, as a title.
    #[serde(default)]
    pub conclusion: String,
}

/// Something that a department tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActivityEntry {
    /// Id of its axis.
    pub axis: String,
    /// Id of the goal that it belongs to.
    pub goal: Option<String>,
    /// Its day.
    pub date: Option<NaiveDate>,
    /// Its title.
    pub title: String,
    /// Prose.
    pub text: Option<String>,
    /// Path of the photo beside the template's files.
    pub photo: Option<String>,
    /// Alternative text of the photo.
    pub alt: Option<String>,
    /// What stands where a photo would that could not be used.
    pub photo_note: Option<String>,
    /// Spanish text of the day.
    pub shown: ActivityShown,
}

/// Spanish text of an activity's day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ActivityShown {
    /// Its day.
    pub date: Option<String>,
}

/// What is wrong with the files, and how many files came: one is expected for each source and
/// department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingsSummary {
    /// Findings that block.
    pub errors: usize,
    /// Findings that do not.
    pub warnings: usize,
    /// Files expected.
    pub expected: usize,
    /// Files received and used.
    pub received: usize,
    /// Of those, received after the deadline.
    pub late: usize,
    /// Files received and not used, because of their findings.
    pub rejected: usize,
    /// Files not received.
    pub missing: usize,
}

/// What the method annex says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Method {
    /// A formula for each kind of goal that the plan has.
    pub formulas: Vec<KindFormula>,
    /// The bands of the traffic light.
    pub bands: Vec<StatusBand>,
    /// How figures are rounded and compared, in Spanish.
    pub rounding: String,
}

/// A kind of goal and its formula.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KindFormula {
    /// The kind.
    pub kind: GoalKind,
    /// Its name in Spanish.
    pub name: String,
    /// Its formula in Spanish.
    pub formula: String,
}

/// When a goal under way has a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusBand {
    /// The status.
    pub status: Status,
    /// The band in Spanish.
    pub shown: String,
}

/// The licence of the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LicenseEntry {
    /// Its id.
    pub name: String,
    /// Its title in Spanish.
    pub title: String,
    /// Its text.
    pub path: String,
}

impl From<License> for LicenseEntry {
    fn from(license: License) -> Self {
        Self {
            name: license.id().to_owned(),
            title: license.title().to_owned(),
            path: license.path().to_owned(),
        }
    }
}

impl Default for LicenseEntry {
    fn default() -> Self {
        License::default().into()
    }
}

/// A file that the PDF carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attachment {
    /// Its path in the edition.
    pub path: String,
    /// Its media type.
    pub mime: String,
    /// What it is, in Spanish.
    pub description: String,
}
