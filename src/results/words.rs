//! The Spanish texts beside a document's figures.

use super::comparison;
use super::data::ReportData;
use super::goal::{CompletionLevel, GoalShown, LevelId};
use super::headline::headline;
use super::key_names;
use super::units::{attach, decimals, printed_unit, with_decimals, with_unit};
use crate::indicators::{
    self, Comparison, Flag, GoalResult, Incomparable, StatusCompletion, StatusReason,
};
use crate::plan::{Goal, Measure};
use crate::spanish::{self, NO_BREAK};

/// `6 de 10 metas cumplidas`.
pub(super) fn conclusion(due: usize, met: usize) -> String {
    match (due, met) {
        (0, _) => "ninguna meta por informar en el periodo".to_owned(),
        (1, 0) => "la meta aún no está cumplida".to_owned(),
        (1, _) => "1 de 1 meta cumplida".to_owned(),
        (due, 0) => format!("ninguna de las {due} metas está cumplida"),
        (due, 1) => format!("1 meta cumplida de {due}"),
        (due, met) => format!("{met} de {due} metas cumplidas"),
    }
}

/// `▲ 2 mejoran · ▼ 1 empeora · 7 sin cambio`.
pub(super) fn changes(better: usize, worse: usize, same: usize) -> String {
    let verb = |count: usize, one: &str, many: &str| {
        let word = if count == 1 { one } else { many };
        format!("{count}{NO_BREAK}{word}")
    };
    let mut parts = Vec::new();
    if better > 0 {
        parts.push(format!("▲{NO_BREAK}{}", verb(better, "mejora", "mejoran")));
    }
    if worse > 0 {
        parts.push(format!("▼{NO_BREAK}{}", verb(worse, "empeora", "empeoran")));
    }
    if same > 0 {
        parts.push(verb(same, "sin cambio", "sin cambio"));
    }
    match parts.is_empty() {
        true => "Ninguna meta se puede comparar con un periodo anterior".to_owned(),
        false => parts.join(" · "),
    }
}

/// `3 metas por informar; 2 cumplidas`.
pub(super) fn summary(due: usize, met: usize) -> String {
    match (due, met) {
        (0, _) => "Ninguna meta por informar en el periodo".to_owned(),
        (1, 1) => "La meta por informar está cumplida".to_owned(),
        (1, _) => "La meta por informar no está cumplida aún".to_owned(),
        (due, met) if due == met => format!("Las {due} metas por informar están cumplidas"),
        (due, 0) => format!("Ninguna de las {due} metas por informar está cumplida aún"),
        (due, 1) => format!("1 de las {due} metas por informar está cumplida"),
        (due, met) => format!("{met} de las {due} metas por informar están cumplidas"),
    }
}

/// A goal's value as headlines print it: percent whole, counts as they are, and never so that a
/// missed target looks met.
fn rounded(value: f64, goal: &Goal, target: Option<f64>) -> String {
    let thresholds: Vec<f64> = target.into_iter().collect();
    let whole = printed_unit(goal).as_deref() == Some("%") || value.fract() == 0.0;
    let decimals = if whole { 0 } else { 2 };
    attach(
        spanish::number_against(value, &thresholds, decimals),
        printed_unit(goal).as_deref(),
    )
}

/// From so many percent on, attainment is told in times the target.
const TIMES: f64 = 1_000.0;

/// Attainment, uncapped: `112.47%`, `1,029 veces la meta`. All that stand in one column have the
/// same decimals.
fn attainment(value: f64, decimals: usize) -> String {
    if value < TIMES {
        return format!("{}%", spanish::number_against(value, &[100.0], decimals));
    }
    let places = if value < 10.0 * TIMES { 1 } else { 0 };
    let times = spanish::number(value / 100.0, places);
    format!("{times}{NO_BREAK}veces la meta")
}

/// The decimals of the column of attainment.
pub(super) fn attainment_decimals(goals: &[GoalResult]) -> usize {
    let values = goals.iter().filter_map(|result| result.attainment_pct);
    decimals(values.filter(|value| *value < TIMES))
}

fn percent(value: f64) -> String {
    format!("{}%", spanish::number_against(value, &[100.0], 0))
}

/// What the texts of a goal are made from.
pub(super) struct GoalFacts<'a> {
    pub data: &'a ReportData<'a>,
    pub goal: &'a Goal,
    pub result: &'a GoalResult,
    /// Its value beside an earlier one.
    pub compared: Result<Comparison, Incomparable>,
    /// Decimals of its value and of the earlier ones beside it.
    pub value_decimals: usize,
    /// Decimals of the column of attainment.
    pub attainment_decimals: usize,
}

/// Everything that is printed of a goal.
pub(super) fn goal(facts: &GoalFacts<'_>) -> GoalShown {
    let GoalFacts {
        data, goal, result, ..
    } = *facts;
    let target = result.target.or(goal.quantity().map(|q| q.target));
    let exact = |value: f64| with_unit(value, goal);
    let first = result.actual_value.map(|v| headline(v, goal, target));
    let period = data.period;
    let share = |number: Option<f64>| number.map(spanish::number_short);
    let process = matches!(goal.measure, Measure::Process { .. });
    GoalShown {
        actual_value: result.actual_value.map(|v| rounded(v, goal, target)),
        actual_value_exact: result
            .actual_value
            .map(|v| with_decimals(v, goal, facts.value_decimals)),
        numerator: share(result.numerator),
        denominator: share(result.denominator),
        target: target.map(exact),
        original_target: goal.quantity().map(|q| exact(q.target)),
        adjusted_target: goal.adjusted.as_ref().map(|a| exact(a.value)),
        baseline: goal.baseline.map(exact),
        planned: result
            .planned
            .map(|v| if process { percent(v) } else { exact(v) }),
        attainment_pct: result
            .attainment_pct
            .map(|v| attainment(v, facts.attainment_decimals)),
        planned_attainment_pct: result.planned_attainment_pct.map(percent),
        progress_pct: result.progress_pct.map(percent),
        status: result.status.label().to_owned(),
        symbol: result.status.symbol().to_owned(),
        flags: result.flags.iter().map(|f| flag(goal, *f)).collect(),
        due: due(goal),
        due_long: goal.due.map(|d| spanish::date_long(d.date)),
        window: goal.window.map(|w| spanish::window(w.from, w.to, true)),
        completed_on: result.completed_on.map(spanish::date_long),
        kind: goal.measure.kind().label().to_owned(),
        formula: formula(goal).to_owned(),
        change: facts
            .compared
            .ok()
            .map(|one| comparison::change(goal, period, &one)),
        not_comparable: facts
            .compared
            .err()
            .and_then(|why| comparison::why_not(period, why)),
        number: first.as_ref().map(|one| one.number.clone()),
        number_unit: first.as_ref().and_then(|one| one.unit.clone()),
        number_exact: first.and_then(|one| one.exact),
        cause: cause(data, goal, result),
        reason: reason(data, goal, result),
    }
}

/// A flag as printed; what it needs to know of the goal in it.
fn flag(goal: &Goal, flag: Flag) -> String {
    let name = flag.label();
    match (flag, goal.due) {
        (Flag::Reached, Some(due)) => {
            let until = if due.month_only {
                spanish::month_year(due.date)
            } else {
                format!("el {}", spanish::date_long(due.date))
            };
            format!("{name}; se mide hasta {until}")
        }
        _ => name.to_owned(),
    }
}

fn due(goal: &Goal) -> Option<String> {
    match (goal.due, goal.window) {
        (Some(due), _) => Some(spanish::due(due)),
        (None, Some(window)) => Some(spanish::capitalised(&spanish::window(
            window.from,
            window.to,
            true,
        ))),
        (None, None) => None,
    }
}

/// What is printed as the cause: what people say, or that nobody does where a goal is behind.
fn cause(data: &ReportData<'_>, goal: &Goal, result: &GoalResult) -> Option<String> {
    let said = data.remarks.get(&goal.id);
    if let Some(cause) = said.and_then(|remark| remark.cause.clone()) {
        return Some(cause);
    }
    if !indicators::is_behind(result) {
        return None;
    }
    Some(match &goal.responsible {
        Some(id) => format!("Causa no informada por {}", data.department(id)),
        None => "Causa no informada".to_owned(),
    })
}

/// Why a goal has the status that it has, in a sentence for the public.
fn reason(data: &ReportData<'_>, goal: &Goal, result: &GoalResult) -> Option<String> {
    if result.held {
        let mut keys: Vec<String> = result
            .changes
            .iter()
            .filter(|change| change.decided.is_none())
            .map(|change| key_names::key_name(change.key).to_lowercase())
            .collect();
        keys.dedup();
        return Some(format!(
            "La meta cambió desde la última edición sin que conste quién lo decidió ({}); se juzga como se publicó.",
            keys.join(", ")
        ));
    }
    let due = goal.due.map(spanish::due_in_words);
    match result.status.reason() {
        StatusReason::Missing if result.flags.contains(&Flag::NoCases) => {
            Some("Sin casos en el periodo.".to_owned())
        }
        StatusReason::Missing if !result.missing_departments.is_empty() => {
            let names = data.department_names(&result.missing_departments);
            Some(format!(
                "No se cuenta con información utilizable de: {}.",
                names.join(", ")
            ))
        }
        StatusReason::Missing => {
            Some("La información recibida no permite calcular el indicador.".to_owned())
        }
        StatusReason::Delay => match (result.completed_on, &due) {
            (Some(day), Some(due)) => Some(format!(
                "Se cumplió el {}; la fecha establecida era {}.",
                spanish::date_long(day),
                due
            )),
            _ => Some("Se cumplió después de la fecha establecida.".to_owned()),
        },
        StatusReason::Begin => goal
            .window
            .filter(|w| data.cutoff < w.from.opening())
            .map(|w| format!("Programada para {}.", spanish::window(w.from, w.to, true))),
        StatusReason::Cancellation => goal.cancelled.as_ref().map(|c| {
            format!(
                "Cancelada el {} por {}: {}",
                spanish::date_long(c.date),
                c.authority,
                c.reason
            )
        }),
        StatusReason::Window if matches!(goal.measure, Measure::Process { .. }) => {
            goal.window.map(|w| {
                format!(
                    "Programada para {}; en curso.",
                    spanish::window(w.from, w.to, true)
                )
            })
        }
        StatusReason::Window | StatusReason::Figures => None,
    }
}

/// How a goal's attainment is computed.
fn formula(goal: &Goal) -> &'static str {
    match goal.quantity() {
        Some(q) if q.direction == crate::plan::Direction::Descending => match q.baseline {
            Some(_) => "Cumplimiento = 100 × (línea base − valor) ÷ (línea base − meta).",
            None => "Cumplimiento = 100 × meta ÷ valor.",
        },
        _ => goal.measure.kind().formula(),
    }
}

/// The Open Government Partnership's completion level that a goal's figures suggest; a person
/// decides it.
pub(super) fn completion_level(result: &GoalResult) -> Option<CompletionLevel> {
    let (id, shown) = match (result.status.completion(), result.progress_pct) {
        (StatusCompletion::None, _) => return None,
        (StatusCompletion::Unknown, _) => (LevelId::NoEvidence, "Sin evidencia"),
        (StatusCompletion::Complete, _) => (LevelId::Complete, "Completo"),
        (StatusCompletion::NotStarted, _) | (StatusCompletion::ByProgress, Some(0.0)) => {
            (LevelId::NotStarted, "No iniciado")
        }
        (StatusCompletion::ByProgress, Some(progress)) if progress >= 50.0 => {
            (LevelId::Substantial, "Sustancial")
        }
        (StatusCompletion::ByProgress, Some(_) | None) => (LevelId::Limited, "Limitado"),
    };
    Some(CompletionLevel {
        id,
        shown: shown.to_owned(),
        suggested: true,
    })
}
