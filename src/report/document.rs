//! `results.json`: the only thing that templates and messages receive. Beside each figure stands
//! its Spanish text, under `shown`.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::corrections;
use super::data::{ReportData, SourceState};
use super::shown;
use crate::diagnostic::Severity;
use crate::indicators::{self, Activity, GoalResult, PastFigure, SourceUse, Status};
use crate::pipeline::{Goal, Measure, Pipeline};
use crate::spanish;

/// Format of the document.
pub const FORMAT: u32 = 1;

/// Puts a report into its document.
pub fn document(data: &ReportData<'_>) -> Value {
    let plan = &data.pipeline.plan;
    let mut goals: Vec<Value> = data.goals.iter().filter_map(|r| goal(data, r)).collect();
    let reason = data.replaces.last().and_then(|r| r.reason.as_deref());
    let corrected = data
        .corrects
        .map(|before| corrections::figures(before, &goals, reason))
        .unwrap_or_default();
    corrections::mark(&mut goals, &corrected);
    json!({
        "format": FORMAT,
        "plan": {
            "id": plan.id,
            "title": plan.title,
            "subtitle": plan.subtitle,
            "timezone": plan.timezone.name(),
            "traffic_light": plan.traffic_light,
        },
        "period": data.period,
        "period_start": data.period.start(),
        "period_end": data.period.end(),
        "edition": data.edition,
        "replaces": corrections::replaced(data.replaces),
        "reason": reason,
        "cutoff": data.cutoff,
        "issued_at": data.issued_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
        "preliminary": data.preliminary,
        "draft": data.draft,
        "folio": format!("{}/{}/v{}", plan.id, data.period, data.edition),
        "brand": data.pipeline.report.brand,
        "session": data.pipeline.report.session.get(&data.period),
        "shown": heading(data),
        "summary": summary(data),
        "axes": axes(data),
        "goals": goals,
        "activities": data.activities.iter().map(activity).collect::<Vec<_>>(),
        "departments": data.departments,
        "sources": data.sources,
        "findings_summary": findings_summary(data),
        "corrections": corrected,
        "goal_changes": corrections::goal_changes(data),
        "method": method(data.pipeline),
        "attachments": attachments(),
    })
}

fn heading(data: &ReportData<'_>) -> Value {
    let name = spanish::period_name(data.period);
    let last = data.replaces.last();
    json!({
        "period": spanish::capitalised(&name),
        "period_lower": name,
        "cutoff": spanish::date_long(data.cutoff),
        "issued_at": spanish::date_long(data.issued_at.date_naive()),
        "edition": format!("Edición {}", data.edition),
        "state": if data.preliminary { "Preliminar" } else { "Definitivo" },
        "replaces": last.map(|r| format!(
            "Sustituye a la edición {} del {}",
            r.edition,
            spanish::date_long(r.issued_at)
        )),
        "report_due": spanish::date_long(data.pipeline.schedule.due_on(data.period)),
    })
}

/// Whether a goal counts among those due: something was to be measured of it.
fn counts(status: Status) -> bool {
    !matches!(
        status,
        Status::NotApplicable | Status::Scheduled | Status::Cancelled
    )
}

fn by_status<'a>(results: impl Iterator<Item = &'a GoalResult>) -> Vec<Value> {
    let mut counted: IndexMap<Status, usize> = Status::ALL.into_iter().map(|s| (s, 0)).collect();
    for result in results {
        if let Some(count) = counted.get_mut(&result.status) {
            *count += 1;
        }
    }
    let told = counted.into_iter().filter(|(_, count)| *count > 0);
    told.map(|(status, count)| {
        json!({
            "status": status,
            "count": count,
            "shown": spanish::status_name(status),
            "symbol": shown::symbol(status),
        })
    })
    .collect()
}

fn summary(data: &ReportData<'_>) -> Value {
    let due = data.goals.iter().filter(|r| counts(r.status)).count();
    let met = data
        .goals
        .iter()
        .filter(|r| matches!(r.status, Status::Met | Status::MetLate))
        .count();
    json!({
        "goals": data.goals.len(),
        "due": due,
        "met": met,
        "by_status": by_status(data.goals.iter()),
        "shown": shown::summary(due, met),
    })
}

fn axes(data: &ReportData<'_>) -> Vec<Value> {
    let of = |axis: &str| -> Vec<&GoalResult> {
        let belongs = |r: &&GoalResult| {
            data.pipeline
                .goals
                .get(&r.goal)
                .is_some_and(|goal| goal.axis == axis)
        };
        data.goals.iter().filter(belongs).collect()
    };
    let one = |(id, axis): (&String, &crate::pipeline::Axis)| {
        let results = of(id);
        json!({
            "id": id,
            "title": axis.title,
            "intro": axis.intro,
            "goals": results.iter().map(|r| &r.goal).collect::<Vec<_>>(),
            "due": results.iter().filter(|r| counts(r.status)).count(),
            "by_status": by_status(results.iter().copied()),
        })
    };
    data.pipeline.axes.iter().map(one).collect()
}

fn goal(data: &ReportData<'_>, result: &GoalResult) -> Option<Value> {
    let goal = data.pipeline.goals.get(&result.goal)?;
    let past = data.history.get(&goal.id).map_or(&[][..], Vec::as_slice);
    let department = |id: &String| {
        data.pipeline
            .departments
            .get(id)
            .map_or(id.clone(), |d| d.name.clone())
    };
    let mut fields = Map::new();
    defined(goal, result, &mut fields);
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put(
        "responsible",
        json!(goal.responsible.as_ref().map(department)),
    );
    put("planned", json!(result.planned));
    put("actual_value", json!(result.actual_value));
    put("numerator", json!(result.numerator));
    put("denominator", json!(result.denominator));
    put("attainment_pct", json!(result.attainment_pct));
    put(
        "planned_attainment_pct",
        json!(result.planned_attainment_pct),
    );
    put("progress_pct", json!(result.progress_pct));
    put("status", json!(result.status));
    put("status_reason", json!(result.status_reason));
    put("flags", json!(result.flags));
    put("completed_on", json!(result.completed_on));
    put("evidence", json!(result.evidence));
    put("note", json!(result.note));
    put("variables", json!(result.variables));
    put("steps", steps(result));
    put("sources", result.sources.iter().map(source_use).collect());
    put(
        "missing_departments",
        result.missing_departments.iter().map(department).collect(),
    );
    put(
        "previous",
        past.last().map_or(Value::Null, |p| previous(p, goal)),
    );
    put("history", past.iter().map(|p| previous(p, goal)).collect());
    put(
        "trend",
        json!(indicators::trend(goal, data.period, result, past)),
    );
    put("sheet", json!(goal.sheet));
    let commitment = result.commitment.clone();
    put(
        "commitment",
        json!(commitment.unwrap_or_else(|| goal.commitment())),
    );
    if data.pipeline.report.completion_level {
        put("completion_level", shown::completion_level(result));
    }
    put("shown", shown::goal(data, goal, result, past));
    Some(Value::Object(fields))
}

/// What the plan says of a goal, and the target that is in force.
fn defined(goal: &Goal, result: &GoalResult, fields: &mut Map<String, Value>) {
    let quantity = goal.quantity();
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("id", json!(goal.id));
    put("axis", json!(goal.axis));
    put("statement", json!(goal.statement));
    put("indicator", json!(goal.indicator));
    put("kind", json!(goal.kind()));
    put("direction", json!(quantity.map(|q| q.direction)));
    put("unit", json!(shown::unit(goal)));
    put("baseline", json!(goal.baseline));
    put("baseline_year", json!(goal.sheet.baseline_year));
    put(
        "target",
        json!(result.target.or(quantity.map(|q| q.target))),
    );
    put("original_target", json!(quantity.map(|q| q.target)));
    put(
        "adjusted_target",
        json!(goal.adjusted.as_ref().map(|a| json!({
            "value": a.value, "date": a.date, "reason": a.reason, "authority": a.authority,
            "shown": spanish::date_long(a.date),
        }))),
    );
    put("changed", json!(goal.changed));
    put(
        "cancelled",
        json!(goal.cancelled.as_ref().map(|c| json!({
            "date": c.date, "reason": c.reason, "authority": c.authority,
            "shown": spanish::date_long(c.date),
        }))),
    );
    put("band", band(goal));
    put("due", json!(goal.due.map(|d| d.date)));
    put(
        "window",
        json!(
            goal.window
                .map(|w| json!({ "from": w.from.opening(), "to": w.to.date }))
        ),
    );
}

fn band(goal: &Goal) -> Value {
    match goal.measure {
        Measure::Constant { low, high } => json!({ "low": low, "high": high }),
        _ => Value::Null,
    }
}

fn steps(result: &GoalResult) -> Value {
    let one = |step: &crate::indicators::StepResult| {
        json!({
            "step": step.step,
            "title": step.title,
            "due": step.due,
            "completed_on": step.completed_on,
            "shown": {
                "due": step.due.map(spanish::date_long),
                "completed_on": step.completed_on.map(spanish::date_long),
            },
        })
    };
    result.steps.iter().map(one).collect()
}

fn source_use(used: &SourceUse) -> Value {
    json!({
        "source": used.source,
        "file": used.file,
        "sha256": used.sha256,
        "sheet": used.sheet,
        "range": used.range,
        "rows": used.rows,
    })
}

fn previous(past: &PastFigure, goal: &Goal) -> Value {
    json!({
        "period": past.period,
        "edition": past.edition,
        "actual_value": past.actual_value,
        "progress_pct": past.progress_pct,
        "status": past.status,
        "shown": {
            "period": past.period.to_string(),
            "actual_value": past.actual_value.map(|v| shown::with_unit(v, goal, 2)),
            "progress_pct": past.progress_pct.map(|v| format!("{}%", spanish::number_short(v))),
            "status": spanish::status_name(past.status),
        },
    })
}

fn activity(told: &Activity) -> Value {
    json!({
        "axis": told.axis,
        "goal": told.goal,
        "date": told.date,
        "title": told.title,
        "text": told.text,
        "photo": told.photo,
        "alt": told.alt,
        "photo_note": told.photo_note,
        "shown": { "date": told.date.map(spanish::date_long) },
    })
}

fn findings_summary(data: &ReportData<'_>) -> Value {
    let count = |severity| {
        data.findings
            .iter()
            .filter(|f| f.severity == severity)
            .count()
    };
    let files = |state| data.sources.iter().filter(|s| s.state == state).count();
    json!({
        "errors": count(Severity::Error),
        "warnings": count(Severity::Warning),
        "expected": data.sources.len(),
        "received": files(SourceState::Received) + files(SourceState::Late),
        "late": files(SourceState::Late),
        "rejected": files(SourceState::Rejected),
        "missing": files(SourceState::Missing),
    })
}

/// The edition's files that its PDF carries.
fn attachments() -> Value {
    let files = [
        (
            "results.json",
            "application/json",
            "Resultados completos del informe",
        ),
        (
            "data/goals.csv",
            "text/csv",
            "Metas: valores, avance y estatus",
        ),
        ("data/activities.csv", "text/csv", "Actividades del periodo"),
        (
            "data/sources.csv",
            "text/csv",
            "Archivos de los que salen las cifras",
        ),
        (
            "data/datapackage.json",
            "application/json",
            "Descripción de los datos abiertos",
        ),
    ];
    files
        .iter()
        .map(|(path, mime, description)| {
            json!({ "path": path, "mime": mime, "description": description })
        })
        .collect()
}

/// What the method annex says: a formula for each kind that the plan uses.
fn method(pipeline: &Pipeline) -> Value {
    let mut kinds: Vec<&str> = pipeline.goals.values().map(Goal::kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let formulas: Vec<Value> = kinds
        .into_iter()
        .map(|kind| json!({ "kind": kind, "name": shown::kind_name(kind), "formula": shown::formula(kind) }))
        .collect();
    let bands = pipeline.plan.traffic_light;
    let short = spanish::number_short;
    json!({
        "formulas": formulas,
        "bands": [
            { "status": "on-track", "shown": format!("En tiempo: {}% o más de lo programado al corte", short(bands.on_track)) },
            { "status": "at-risk", "shown": format!("Con riesgo: de {}% a menos de {}%", short(bands.at_risk), short(bands.on_track)) },
            { "status": "critical", "shown": format!("Crítico: menos de {}%", short(bands.at_risk)) },
        ],
        "rounding": "Las comparaciones se hacen con el valor sin redondear; sólo se redondea al imprimir, y nunca de modo que oculte una meta no alcanzada. El avance es el cumplimiento acotado entre 0% y 100%.",
    })
}
