//! What an edition says otherwise than the one before, in the document.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::goal::GoalEntry;
use crate::indicators::Value;
use crate::period::Period;
use crate::plan::{Changed, CommitmentKey, CommittedValue};

/// A figure that the corrected edition gave otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectionEntry {
    /// The goal's id.
    pub goal: String,
    /// The goal as published.
    pub statement: String,
    /// Which figure.
    pub what: CorrectedFigure,
    /// Number, text, or null where there is none.
    pub before: Value,
    /// Number, text, or null where there is none.
    pub after: Value,
    /// Why the edition was corrected.
    pub reason: Option<String>,
    /// Spanish text of the correction.
    pub shown: CorrectionShown,
}

/// Spanish text of a correction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CorrectionShown {
    /// Which figure.
    pub what: String,
    /// The figure before, with as many decimals as tell both apart.
    pub before: Option<String>,
    /// The figure after.
    pub after: Option<String>,
}

/// A figure of a goal that editions are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorrectedFigure {
    /// Valor.
    ActualValue,
    /// Avance.
    ProgressPct,
    /// Estatus.
    Status,
    /// Cumplimiento.
    AttainmentPct,
    /// Numerador.
    Numerator,
    /// Denominador.
    Denominator,
    /// Meta programada.
    Target,
    /// Programado al corte.
    Planned,
    /// Fecha de cumplimiento.
    CompletedOn,
    /// Nota.
    Note,
}

impl CorrectedFigure {
    /// All, in the order in which they are told.
    pub(super) const ALL: [Self; 10] = [
        Self::ActualValue,
        Self::ProgressPct,
        Self::Status,
        Self::AttainmentPct,
        Self::Numerator,
        Self::Denominator,
        Self::Target,
        Self::Planned,
        Self::CompletedOn,
        Self::Note,
    ];

    /// How it is printed.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::ActualValue => "Valor",
            Self::ProgressPct => "Avance",
            Self::Status => "Estatus",
            Self::AttainmentPct => "Cumplimiento",
            Self::Numerator => "Numerador",
            Self::Denominator => "Denominador",
            Self::Target => "Meta programada",
            Self::Planned => "Programado al corte",
            Self::CompletedOn => "Fecha de cumplimiento",
            Self::Note => "Nota",
        }
    }

    /// What a goal has of it, unrounded.
    pub(super) fn of(self, goal: &GoalEntry) -> Value {
        match self {
            Self::ActualValue => goal.actual_value.into(),
            Self::ProgressPct => goal.progress_pct.into(),
            Self::Status => goal.status.id().into(),
            Self::AttainmentPct => goal.attainment_pct.into(),
            Self::Numerator => goal.numerator.into(),
            Self::Denominator => goal.denominator.into(),
            Self::Target => goal.target.into(),
            Self::Planned => goal.planned.into(),
            Self::CompletedOn => goal.completed_on.into(),
            Self::Note => goal.note.as_deref().into(),
        }
    }

    /// What is printed of it.
    pub(super) fn printed(self, goal: &GoalEntry) -> Option<&str> {
        let shown = &goal.shown;
        match self {
            Self::ActualValue => shown.actual_value.as_deref(),
            Self::ProgressPct => shown.progress_pct.as_deref(),
            Self::Status => Some(shown.status.as_str()),
            Self::AttainmentPct => shown.attainment_pct.as_deref(),
            Self::Numerator => shown.numerator.as_deref(),
            Self::Denominator => shown.denominator.as_deref(),
            Self::Target => shown.target.as_deref(),
            Self::Planned => shown.planned.as_deref(),
            Self::CompletedOn => shown.completed_on.as_deref(),
            Self::Note => goal.note.as_deref(),
        }
    }
}

/// The corrections of an edition. The first editions listed here what `replaces` lists.
pub(super) fn of_any_format<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<CorrectionEntry>, D::Error> {
    let entries = Vec::<serde_json::Value>::deserialize(deserializer)?;
    let of_the_first = |entry: &serde_json::Value| entry.get("preliminary").is_some();
    entries
        .into_iter()
        .filter(|entry| !of_the_first(entry))
        .map(|entry| serde_json::from_value(entry).map_err(serde::de::Error::custom))
        .collect()
}

/// A key of a published goal that the definition has changed since.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GoalChangeEntry {
    /// The goal's id.
    pub goal: String,
    /// The goal as the plan has it; as it was published where the plan has it no more.
    pub statement: String,
    /// Key of the definition; `goal` where the whole goal is gone.
    pub key: CommitmentKey,
    /// What was published, as `commitment` writes it.
    pub before: CommittedValue,
    /// What the definition says now.
    pub after: CommittedValue,
    /// The period of the edition that published it.
    pub period: Period,
    /// That edition's number.
    pub edition: u32,
    /// Whether the definition says who decided.
    pub authorised: bool,
    /// Who decided; null where the definition does not say.
    pub decided: Option<Changed>,
    /// Whether the goal's figures are those that it has as it was published.
    pub held: bool,
    /// Spanish text of the change.
    pub shown: ChangeShown,
}

/// As it is written: only with the key can be told what the two values are.
#[derive(Deserialize)]
struct WrittenChange {
    goal: String,
    statement: String,
    key: CommitmentKey,
    before: serde_json::Value,
    after: serde_json::Value,
    period: Period,
    edition: u32,
    authorised: bool,
    decided: Option<Changed>,
    held: bool,
    shown: ChangeShown,
}

impl<'de> Deserialize<'de> for GoalChangeEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = WrittenChange::deserialize(deserializer)?;
        let value = |of| CommittedValue::read(written.key, of).map_err(serde::de::Error::custom);
        Ok(Self {
            before: value(written.before)?,
            after: value(written.after)?,
            goal: written.goal,
            statement: written.statement,
            key: written.key,
            period: written.period,
            edition: written.edition,
            authorised: written.authorised,
            decided: written.decided,
            held: written.held,
            shown: written.shown,
        })
    }
}

/// Spanish text of a goal's change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ChangeShown {
    /// The key as people name it.
    pub key: String,
    /// What was published.
    pub before: Option<String>,
    /// What the definition says now.
    pub after: Option<String>,
    /// Which edition published it.
    pub since: String,
    /// Who decided.
    pub decided: Option<String>,
}
