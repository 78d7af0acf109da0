//! The keys of a published goal one by one, each with a value of its own type.

use std::fmt;

use chrono::NaiveDate;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::commitment::Commitment;
use super::{AdjustedTarget, Band, Basis, Direction, Step, Window};
use crate::period::{DueDate, Period};

/// A key of a goal that a later definition may not change in silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentKey {
    /// The whole goal, where it is gone.
    Goal,
    /// A recorded change of the target.
    AdjustedTarget,
    /// Bounds of a constant goal.
    Band,
    /// Value before the plan began.
    Baseline,
    /// What a cumulative query's value covers.
    Basis,
    /// Whether more is better.
    Direction,
    /// Due date.
    Due,
    /// Attainment counts from the baseline.
    FromBaseline,
    /// How it is measured.
    Kind,
    /// Planned value by period.
    Planned,
    /// Its query.
    Query,
    /// Until when it recurs.
    RecursUntil,
    /// The days that its value covers.
    Span,
    /// The goal as published.
    Statement,
    /// Dated parts of a process.
    Steps,
    /// Target by the due date.
    Target,
    /// Target by the year of the due date.
    Targets,
    /// When it is open.
    Window,
}

impl CommitmentKey {
    /// Those that a goal which is still there may have changed, in the order in which they are told.
    pub(super) const OF_A_GOAL: [Self; 17] = [
        Self::AdjustedTarget,
        Self::Band,
        Self::Baseline,
        Self::Basis,
        Self::Direction,
        Self::Due,
        Self::FromBaseline,
        Self::Kind,
        Self::Planned,
        Self::Query,
        Self::RecursUntil,
        Self::Span,
        Self::Statement,
        Self::Steps,
        Self::Target,
        Self::Targets,
        Self::Window,
    ];

    /// As definitions and `results.json` write it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Goal => "goal",
            Self::AdjustedTarget => "adjusted_target",
            Self::Band => "band",
            Self::Baseline => "baseline",
            Self::Basis => "basis",
            Self::Direction => "direction",
            Self::Due => "due",
            Self::FromBaseline => "from_baseline",
            Self::Kind => "kind",
            Self::Planned => "planned",
            Self::Query => "query",
            Self::RecursUntil => "recurs_until",
            Self::Span => "span",
            Self::Statement => "statement",
            Self::Steps => "steps",
            Self::Target => "target",
            Self::Targets => "targets",
            Self::Window => "window",
        }
    }

    /// Whether a recorded change of the target accounts for it.
    pub(super) fn is_of_the_target(self) -> bool {
        use CommitmentKey::{AdjustedTarget, Planned, Target, Targets};
        matches!(self, Target | Targets | Planned | AdjustedTarget)
    }

    /// Its value in `of`.
    pub(super) fn value(self, of: &Commitment) -> CommittedValue {
        use CommittedValue as Value;
        let some = |value: Option<CommittedValue>| value.unwrap_or(Value::Nothing);
        match self {
            Self::Goal | Self::Statement => Value::Text(of.statement.clone()),
            Self::AdjustedTarget => some(of.adjusted_target.clone().map(Value::AdjustedTarget)),
            Self::Band => some(of.band.map(Value::Band)),
            Self::Baseline => some(of.baseline.map(Value::Number)),
            Self::Basis => some(of.basis.map(Value::Basis)),
            Self::Direction => some(of.direction.map(Value::Direction)),
            Self::Due => some(of.due.map(Value::Due)),
            Self::FromBaseline => Value::Flag(of.from_baseline),
            Self::Kind => Value::Kind(of.kind.clone()),
            Self::Planned => Value::ByPeriod(of.planned.clone()),
            Self::Query => some(of.query.clone().map(Value::Text)),
            Self::RecursUntil => some(of.recurs_until.map(Value::Day)),
            Self::Span => some(of.span.map(Value::Window)),
            Self::Steps => Value::Steps(of.steps.clone()),
            Self::Target => some(of.target.map(Value::Number)),
            Self::Targets => Value::ByYear(of.targets.clone()),
            Self::Window => some(of.window.map(Value::Window)),
        }
    }

    /// Gives `to` the value that `from` has.
    pub(super) fn copy(self, from: &Commitment, to: &mut Commitment) {
        match self {
            Self::Goal | Self::Statement => to.statement.clone_from(&from.statement),
            Self::AdjustedTarget => to.adjusted_target.clone_from(&from.adjusted_target),
            Self::Band => to.band = from.band,
            Self::Baseline => to.baseline = from.baseline,
            Self::Basis => to.basis = from.basis,
            Self::Direction => to.direction = from.direction,
            Self::Due => to.due = from.due,
            Self::FromBaseline => to.from_baseline = from.from_baseline,
            Self::Kind => to.kind.clone_from(&from.kind),
            Self::Planned => to.planned.clone_from(&from.planned),
            Self::Query => to.query.clone_from(&from.query),
            Self::RecursUntil => to.recurs_until = from.recurs_until,
            Self::Span => to.span = from.span,
            Self::Steps => to.steps.clone_from(&from.steps),
            Self::Target => to.target = from.target,
            Self::Targets => to.targets.clone_from(&from.targets),
            Self::Window => to.window = from.window,
        }
    }
}

impl fmt::Display for CommitmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// What a key of a published goal says. It is written as the definition writes it, without a name
/// for what it is: the key beside it says that, so it is read by [`CommittedValue::read`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum CommittedValue {
    /// The goal does not have it.
    Nothing,
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A sentence or a query.
    Text(String),
    /// A kind; a later metas may know more of them.
    Kind(String),
    /// Whether more is better.
    Direction(Direction),
    /// What a value covers.
    Basis(Basis),
    /// A month or a day.
    Due(DueDate),
    /// A day.
    Day(NaiveDate),
    /// Days from one to another.
    Window(Window),
    /// Two bounds.
    Band(Band),
    /// A target that was changed, and who decided.
    AdjustedTarget(AdjustedTarget),
    /// Numbers by period.
    ByPeriod(IndexMap<Period, f64>),
    /// Numbers by year.
    ByYear(IndexMap<i32, f64>),
    /// Dated parts.
    Steps(Vec<Step>),
}

impl CommittedValue {
    /// What a document says beside `key`. What is no value of that key, as only another program
    /// writes it, is taken for what it looks like, because that is all that the JSON Schema asks.
    ///
    /// # Errors
    /// It is no value of any key.
    pub fn read(key: CommitmentKey, written: serde_json::Value) -> serde_json::Result<Self> {
        if written.is_null() {
            return Ok(Self::Nothing);
        }
        Self::of_key(key, written.clone()).or_else(|_| serde_json::from_value(written))
    }

    fn of_key(key: CommitmentKey, written: serde_json::Value) -> serde_json::Result<Self> {
        use CommitmentKey as Key;
        match key {
            Key::Goal | Key::Statement | Key::Query => of(written, Self::Text),
            Key::Kind => of(written, Self::Kind),
            Key::Direction => of(written, Self::Direction),
            Key::Basis => of(written, Self::Basis),
            Key::Target | Key::Baseline => of(written, Self::Number),
            Key::FromBaseline => of(written, Self::Flag),
            Key::Due => of(written, Self::Due),
            Key::RecursUntil => of(written, Self::Day),
            Key::Window | Key::Span => of(written, Self::Window),
            Key::Band => of(written, Self::Band),
            Key::AdjustedTarget => of(written, Self::AdjustedTarget),
            Key::Planned => of(written, Self::ByPeriod),
            Key::Targets => of(written, Self::ByYear),
            Key::Steps => of(written, Self::Steps),
        }
    }

    /// The sentence or query, where it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            return Some(text);
        }
        None
    }

    /// As a document has it.
    pub fn written(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn of<T: DeserializeOwned>(
    written: serde_json::Value,
    value: fn(T) -> CommittedValue,
) -> serde_json::Result<CommittedValue> {
    serde_json::from_value(written).map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_as_it_is_written() {
        let plan = include_str!("../../tests/definitions/keys/base.toml");
        let plan = crate::plan::parse("base.toml", plan).unwrap();
        let mut full = plan.goals[0].commitment();
        full.adjusted_target = serde_json::from_str(
            r#"{"value": 1.5, "date": "2026-02-01", "reason": "r", "authority": "a"}"#,
        )
        .unwrap();
        full.band = serde_json::from_str(r#"{"low": 1, "high": 2}"#).unwrap();
        full.window = serde_json::from_str(r#"{"from": "2026-01", "to": "2026-02-03"}"#).unwrap();
        full.planned = serde_json::from_str(r#"{"2026-T1": 3}"#).unwrap();
        full.targets = serde_json::from_str(r#"{"2026": 3}"#).unwrap();
        full.recurs_until = NaiveDate::from_ymd_opt(2027, 1, 2);
        let document = serde_json::to_value(&full).unwrap();
        for key in CommitmentKey::OF_A_GOAL {
            let value = key.value(&full);
            assert_eq!(value.written(), document[key.id()], "{key}");
            assert_eq!(CommittedValue::read(key, value.written()).unwrap(), value);
            assert_eq!(serde_json::to_value(key).unwrap(), key.id());
            // What one commitment has of it can be given to another, and nothing else.
            let other = Commitment {
                statement: "otra".to_owned(),
                ..plan.goals[0].commitment()
            };
            let mut given = other.clone();
            key.copy(&full, &mut given);
            for each in CommitmentKey::OF_A_GOAL {
                let from = if each == key { &full } else { &other };
                assert_eq!(each.value(&given), each.value(from), "{key} {each}");
            }
        }
        // Whatever a goal promises is among the keys, but for what tells of the others.
        let mut told: Vec<&str> = CommitmentKey::OF_A_GOAL.map(CommitmentKey::id).to_vec();
        told.extend(["changed", "year"]);
        told.sort_unstable();
        let promised = document.as_object().unwrap().keys();
        assert_eq!(promised.collect::<Vec<_>>(), told);
    }
}
