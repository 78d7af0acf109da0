//! What an edition says otherwise than the one before: figures that it corrects, and goals that the
//! definition has changed since.

use super::change::{
    ChangeShown, CorrectedFigure, CorrectionEntry, CorrectionShown, GoalChangeEntry,
};
use super::data::{Replaced, ReportData};
use super::goal::GoalEntry;
use super::key_names;
use super::model::ReplacedEdition;
use super::units;
use crate::indicators::{Flag, GoalChange, Value};
use crate::plan::{Basis, CommittedValue, Direction, Goal, GoalKind, Step};
use crate::spanish;

/// Each figure of `goals` that is not what `published`, the corrected edition's goals, says. Both
/// are of documents, so that an edition of which only the files are left can be corrected too.
pub(super) fn figures(
    published: &[GoalEntry],
    goals: &[GoalEntry],
    reason: Option<&str>,
) -> Vec<CorrectionEntry> {
    let of_id = |goals: &'_ [GoalEntry], id: &str| goals.iter().find(|g| g.id == id).cloned();
    let mut found = Vec::new();
    for goal in goals {
        let then = of_id(published, &goal.id);
        found.extend(of_goal(goal, then.as_ref(), Some(goal), reason));
    }
    for then in published {
        if of_id(goals, &then.id).is_none() {
            found.extend(of_goal(then, Some(then), None, reason));
        }
    }
    found
}

fn of_goal(
    named: &GoalEntry,
    then: Option<&GoalEntry>,
    now: Option<&GoalEntry>,
    reason: Option<&str>,
) -> Vec<CorrectionEntry> {
    let entry = |figure: CorrectedFigure| {
        let of = |goal: Option<&GoalEntry>| goal.map_or(Value::Null, |goal| figure.of(goal));
        let (before, after) = (of(then), of(now));
        if is_same(&before, &after) {
            return None;
        }
        let (before_shown, after_shown) = texts(figure, then, now);
        Some(CorrectionEntry {
            goal: named.id.clone(),
            statement: named.statement.clone(),
            what: figure,
            before,
            after,
            reason: reason.map(str::to_owned),
            shown: CorrectionShown {
                what: figure.label().to_owned(),
                before: before_shown,
                after: after_shown,
            },
        })
    };
    CorrectedFigure::ALL.into_iter().filter_map(entry).collect()
}

/// Whether two figures are the same; what a sum's order alone can change is no difference.
fn is_same(before: &Value, after: &Value) -> bool {
    match (before.number(), after.number()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0),
        _ => before == after,
    }
}

/// Both figures as printed, with as many decimals as tell them apart.
fn texts(
    figure: CorrectedFigure,
    then: Option<&GoalEntry>,
    now: Option<&GoalEntry>,
) -> (Option<String>, Option<String>) {
    let printed = |goal: &GoalEntry| figure.printed(goal).map(str::to_owned);
    let exact = |goal: &GoalEntry| match figure == CorrectedFigure::ActualValue {
        true => goal.shown.actual_value_exact.clone(),
        false => printed(goal),
    };
    let whole = |goal: &GoalEntry| figure.of(goal).number().map(|n| n.to_string());
    let both = |of: &dyn Fn(&GoalEntry) -> Option<String>| (then.and_then(of), now.and_then(of));
    [both(&printed), both(&exact)]
        .into_iter()
        .find(|(before, after)| before != after)
        .unwrap_or_else(|| both(&whole))
}

/// Marks the goals of which a figure is corrected.
pub(super) fn mark(goals: &mut [GoalEntry], corrections: &[CorrectionEntry]) {
    for goal in goals {
        if corrections.iter().any(|c| c.goal == goal.id) {
            goal.flags.push(Flag::Corrected);
            goal.shown.flags.push(Flag::Corrected.label().to_owned());
        }
    }
}

/// The editions that this one replaces.
pub(super) fn replaced(all: &[Replaced]) -> Vec<ReplacedEdition> {
    let one = |replaced: &Replaced| ReplacedEdition {
        edition: replaced.edition,
        issued_at: replaced.issued_at,
        preliminary: replaced.preliminary,
        reason: replaced.reason.clone(),
        shown: spanish::date_long(replaced.issued_at),
    };
    all.iter().map(one).collect()
}

/// Published goals that the definition has changed since the last edition, or has no more.
pub(super) fn goal_changes(data: &ReportData<'_>) -> Vec<GoalChangeEntry> {
    let of_goals = data.goals.iter().flat_map(|result| {
        let held = result.held;
        result.changes.iter().map(move |change| (change, held))
    });
    let gone = data.removed.iter().map(|change| (change, false));
    of_goals
        .chain(gone)
        .map(|(change, held)| goal_change(data, change, held))
        .collect()
}

fn goal_change(data: &ReportData<'_>, change: &GoalChange, held: bool) -> GoalChangeEntry {
    let goal = data.pipeline.goals.get(&change.goal);
    let published = || change.before.text().unwrap_or_default().to_owned();
    let decided = change.decided.as_ref().map(|decided| {
        format!(
            "Lo decidió {} el {}: {}",
            decided.authority,
            spanish::date_long(decided.date),
            decided.reason
        )
    });
    GoalChangeEntry {
        goal: change.goal.clone(),
        statement: goal.map_or_else(published, |goal| goal.statement.clone()),
        key: change.key,
        before: change.before.clone(),
        after: change.after.clone(),
        period: change.period,
        edition: change.edition,
        authorised: change.decided.is_some(),
        decided: change.decided.clone(),
        held: held && change.decided.is_none(),
        shown: ChangeShown {
            key: key_names::key_name(change.key).to_owned(),
            before: text(goal, &change.before),
            after: text(goal, &change.after),
            since: format!(
                "Edición {} del {}",
                change.edition,
                spanish::period_name(change.period)
            ),
            decided,
        },
    }
}

/// A key's value as people read it.
fn text(goal: Option<&Goal>, value: &CommittedValue) -> Option<String> {
    let number = |n: f64| goal.map_or_else(|| spanish::number_short(n), |g| units::with_unit(n, g));
    let pairs = |mut pairs: Vec<(String, f64)>| {
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let one = |(name, n): &(String, f64)| format!("{name}: {}", number(*n));
        let list: Vec<String> = pairs.iter().map(one).collect();
        (!list.is_empty()).then(|| list.join("; "))
    };
    match value {
        CommittedValue::Nothing => None,
        CommittedValue::Kind(id) => {
            let kind = GoalKind::ALL.into_iter().find(|kind| kind.id() == id)?;
            Some(kind.label().to_owned())
        }
        CommittedValue::Direction(Direction::Ascending) => Some("Ascendente".to_owned()),
        CommittedValue::Direction(Direction::Descending) => Some("Descendente".to_owned()),
        CommittedValue::Basis(Basis::Period) => Some("Sólo el periodo".to_owned()),
        CommittedValue::Basis(Basis::YearToDate) => Some("Del inicio del año al corte".to_owned()),
        CommittedValue::Due(due) => Some(spanish::due(*due)),
        CommittedValue::Day(day) => Some(spanish::date_long(*day)),
        CommittedValue::Window(window) => Some(spanish::window(window.from, window.to, true)),
        CommittedValue::ByPeriod(numbers) => {
            pairs(numbers.iter().map(|(p, n)| (p.to_string(), *n)).collect())
        }
        CommittedValue::ByYear(numbers) => {
            pairs(numbers.iter().map(|(y, n)| (y.to_string(), *n)).collect())
        }
        CommittedValue::AdjustedTarget(target) => Some(number(target.value)),
        CommittedValue::Band(band) => {
            let [low, high] = [band.low, band.high].map(spanish::number_short);
            Some(format!("de {low} a {high}"))
        }
        CommittedValue::Steps(steps) => {
            let one = |step: &Step| format!("{} ({})", step.title, spanish::due(step.due));
            Some(steps.iter().map(one).collect::<Vec<_>>().join("; "))
        }
        CommittedValue::Flag(yes) => Some(if *yes { "Sí" } else { "No" }.to_owned()),
        CommittedValue::Number(n) => Some(number(*n)),
        CommittedValue::Text(words) => Some(words.split_whitespace().collect::<Vec<_>>().join(" ")),
    }
}
