//! What an edition says otherwise than the one before: figures that it corrects, and goals that the
//! definition has changed since.

use serde_json::{Value, json};

use super::data::{Replaced, ReportData};
use super::shown;
use crate::indicators::{Flag, GoalChange};
use crate::pipeline::Goal;
use crate::spanish;

/// The figures that are compared, with their Spanish names.
const FIGURES: [(&str, &str); 10] = [
    ("actual_value", "Valor"),
    ("progress_pct", "Avance"),
    ("status", "Estatus"),
    ("attainment_pct", "Cumplimiento"),
    ("numerator", "Numerador"),
    ("denominator", "Denominador"),
    ("target", "Meta programada"),
    ("planned", "Programado al corte"),
    ("completed_on", "Fecha de cumplimiento"),
    ("note", "Nota"),
];

/// Each figure of `goals` that is not what the corrected edition's `results.json`, `before`, says.
/// Both are documents, so that an edition of which only the files are left can be corrected too.
pub(super) fn figures(before: &Value, goals: &[Value], reason: Option<&str>) -> Vec<Value> {
    let published = before["goals"].as_array().map_or(&[][..], Vec::as_slice);
    let by_id = |goals: &'_ [Value], id: &Value| goals.iter().find(|g| g["id"] == *id).cloned();
    let mut found = Vec::new();
    for goal in goals {
        let then = by_id(published, &goal["id"]).unwrap_or_default();
        found.extend(of_goal(&then, goal, reason));
    }
    for then in published {
        if by_id(goals, &then["id"]).is_none() {
            found.extend(of_goal(then, &Value::Null, reason));
        }
    }
    found
}

fn of_goal(then: &Value, now: &Value, reason: Option<&str>) -> Vec<Value> {
    let named = if now.is_null() { then } else { now };
    let entry = |(key, name): &(&str, &str)| {
        if is_same(&then[*key], &now[*key]) {
            return None;
        }
        let (before, after) = texts(key, then, now);
        Some(json!({
            "goal": named["id"],
            "statement": named["statement"],
            "what": key,
            "before": then[*key],
            "after": now[*key],
            "reason": reason,
            "shown": { "what": name, "before": before, "after": after },
        }))
    };
    FIGURES.iter().filter_map(entry).collect()
}

/// Whether two figures are the same; what a sum's order alone can change is no difference.
fn is_same(before: &Value, after: &Value) -> bool {
    match (before.as_f64(), after.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-12 * a.abs().max(b.abs()).max(1.0),
        _ => before == after,
    }
}

/// Both figures as printed, with as many decimals as tell them apart.
fn texts(key: &str, then: &Value, now: &Value) -> (Option<String>, Option<String>) {
    let printed = |goal: &Value, name: &str| {
        let text = match name {
            "note" => goal["note"].as_str(),
            name => goal["shown"][name].as_str(),
        };
        text.map(str::to_owned)
    };
    let exact = match key {
        "actual_value" => "actual_value_exact",
        other => other,
    };
    for name in [key, exact] {
        let (before, after) = (printed(then, name), printed(now, name));
        if before != after {
            return (before, after);
        }
    }
    let all = |goal: &Value| goal[key].as_f64().map(|n| n.to_string());
    (all(then), all(now))
}

/// Marks the goals of which a figure is corrected.
pub(super) fn mark(goals: &mut [Value], corrections: &[Value]) {
    for goal in goals {
        if !corrections.iter().any(|c| c["goal"] == goal["id"]) {
            continue;
        }
        if let Some(flags) = goal["flags"].as_array_mut() {
            flags.push(json!(Flag::Corrected));
        }
        if let Some(flags) = goal["shown"]["flags"].as_array_mut() {
            flags.push(json!(spanish::flag_name(Flag::Corrected)));
        }
    }
}

/// The editions that this one replaces.
pub(super) fn replaced(all: &[Replaced]) -> Value {
    let one = |replaced: &Replaced| {
        json!({
            "edition": replaced.edition,
            "issued_at": replaced.issued_at,
            "preliminary": replaced.preliminary,
            "reason": replaced.reason,
            "shown": spanish::date_long(replaced.issued_at),
        })
    };
    all.iter().map(one).collect()
}

/// Published goals that the definition has changed since the last edition, or has no more.
pub(super) fn goal_changes(data: &ReportData<'_>) -> Value {
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

fn goal_change(data: &ReportData<'_>, change: &GoalChange, held: bool) -> Value {
    let goal = data.pipeline.goals.get(&change.goal);
    let statement = goal.map_or(change.before.clone(), |goal| json!(goal.statement));
    let decided = change.decided.as_ref().map(|decided| {
        format!(
            "Lo decidió {} el {}: {}",
            decided.authority,
            spanish::date_long(decided.date),
            decided.reason
        )
    });
    json!({
        "goal": change.goal,
        "statement": statement,
        "key": change.key,
        "before": change.before,
        "after": change.after,
        "period": change.period,
        "edition": change.edition,
        "authorised": change.decided.is_some(),
        "decided": change.decided,
        "held": held && change.decided.is_none(),
        "shown": {
            "key": key_name(&change.key),
            "before": text(goal, &change.key, &change.before),
            "after": text(goal, &change.key, &change.after),
            "since": format!("Edición {} del {}", change.edition, spanish::period_name(change.period)),
            "decided": decided,
        },
    })
}

/// A key of a goal as people name it.
pub(super) fn key_name(key: &str) -> &'static str {
    match key {
        "goal" => "Meta",
        "kind" => "Tipo de meta",
        "statement" => "Enunciado",
        "query" => "Consulta con que se calcula",
        "direction" => "Sentido",
        "target" | "targets" => "Meta programada",
        "adjusted_target" => "Meta ajustada",
        "baseline" => "Línea base",
        "from_baseline" => "Se mide desde la línea base",
        "basis" => "Periodo que cubre el valor",
        "band" => "Banda",
        "planned" => "Programado por periodo",
        "steps" => "Etapas",
        "due" => "Fecha establecida de cumplimiento",
        "window" => "Periodo de ejecución",
        "span" => "Días que cubre el valor",
        "recurs_until" => "Se repite hasta",
        _ => "Definición",
    }
}

fn text(goal: Option<&Goal>, key: &str, value: &Value) -> Option<String> {
    let number =
        |n: f64| goal.map_or_else(|| spanish::number_short(n), |g| shown::with_unit(n, g, 2));
    let date = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    let pairs = |value: &Value| -> Option<String> {
        let list: Vec<String> = value
            .as_object()?
            .iter()
            .filter_map(|(name, n)| Some(format!("{name}: {}", number(n.as_f64()?))))
            .collect();
        (!list.is_empty()).then(|| list.join("; "))
    };
    match (key, value) {
        (_, Value::Null) => None,
        ("kind", Value::String(kind)) => Some(shown::kind_name(kind).to_owned()),
        ("direction", Value::String(word)) => Some(
            match word.as_str() {
                "descending" => "Descendente",
                _ => "Ascendente",
            }
            .to_owned(),
        ),
        ("basis", Value::String(word)) => Some(
            match word.as_str() {
                "period" => "Sólo el periodo",
                _ => "Del inicio del año al corte",
            }
            .to_owned(),
        ),
        ("due" | "recurs_until", _) => date(value).map(spanish::due),
        ("window" | "span", _) => {
            let (from, to) = (date(&value["from"])?, date(&value["to"])?);
            Some(spanish::window(from, to, true))
        }
        ("planned" | "targets", _) => pairs(value),
        ("adjusted_target", _) => value["value"].as_f64().map(number),
        ("band", _) => Some(format!(
            "de {} a {}",
            spanish::number_short(value["low"].as_f64()?),
            spanish::number_short(value["high"].as_f64()?)
        )),
        ("steps", Value::Array(steps)) => {
            let one = |step: &Value| {
                let due: crate::period::DueDate = date(&step["due"])?;
                Some(format!(
                    "{} ({})",
                    step["title"].as_str()?,
                    spanish::due(due)
                ))
            };
            Some(steps.iter().filter_map(one).collect::<Vec<_>>().join("; "))
        }
        (_, Value::Bool(yes)) => Some(if *yes { "Sí" } else { "No" }.to_owned()),
        (_, Value::Number(n)) => n.as_f64().map(number),
        (_, Value::String(words)) => Some(words.split_whitespace().collect::<Vec<_>>().join(" ")),
        (_, other) => Some(other.to_string()),
    }
}
