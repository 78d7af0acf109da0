//! A report put into its document: beside each figure stands its Spanish text, under `shown`.

use std::collections::BTreeSet;

use super::attention;
use super::coming;
use super::comparison;
use super::corrections;
use super::counts;
use super::data::ReportData;
use super::goal::{
    AdjustedTargetEntry, CancellationEntry, GoalEntry, StepEntry, StepShown, WindowDays,
};
use super::history;
use super::model::{
    ActivityEntry, ActivityShown, Attachment, AxisEntry, FORMAT, FindingsSummary, HeadingShown,
    KindFormula, Method, PlanHeading, Results, StatusBand,
};
use super::received::SourceState;
use super::said::{RemarkEntry, RequestEntry};
use super::submissions::{PeriodSubmissions, SubmissionMatrix, submission_matrix};
use super::units;
use super::words;
use crate::diagnostic::Severity;
use crate::indicators::{self, Activity, GoalResult, Status, StepResult};
use crate::plan::{Axis, Goal, GoalKind, Plan};
use crate::spanish;

/// Puts a report into its document.
pub fn document(data: &ReportData<'_>) -> Results {
    let plan = &data.pipeline.plan;
    let decimals = words::attainment_decimals(data.goals);
    let results = data.goals.iter();
    let mut goals: Vec<GoalEntry> = results.filter_map(|r| goal(data, r, decimals)).collect();
    attention::rank(&mut goals);
    let reason = data.replaces.last().and_then(|r| r.reason.clone());
    let corrections = data
        .corrects
        .map(|before| corrections::figures(&before.goals, &goals, reason.as_deref()))
        .unwrap_or_default();
    corrections::mark(&mut goals, &corrections);
    Results {
        format: FORMAT,
        plan: PlanHeading {
            id: plan.id.clone(),
            title: plan.title.clone(),
            subtitle: plan.subtitle.clone(),
            timezone: plan.timezone.name().to_owned(),
            traffic_light: plan.traffic_light,
        },
        period: data.period,
        period_start: data.period.start(),
        period_end: data.period.end(),
        edition: data.edition,
        replaces: corrections::replaced(data.replaces),
        reason,
        cutoff: data.cutoff,
        issued_at: data.issued_at.fixed_offset(),
        preliminary: data.preliminary,
        draft: data.draft,
        extract: None,
        folio: format!("{}/{}/v{}", plan.id, data.period, data.edition),
        brand: data.pipeline.report.brand.clone(),
        session: data.pipeline.report.session.get(&data.period).cloned(),
        shown: heading(data),
        summary: counts::summary(&goals),
        axes: axes(data),
        coming: coming::coming(&goals, data.cutoff),
        goals,
        activities: data.activities.iter().map(activity).collect(),
        license: data.pipeline.report.license.into(),
        requests: data.requests.iter().map(RequestEntry::from).collect(),
        departments: data.departments.to_vec(),
        submissions: submissions(data),
        sources: data.sources.to_vec(),
        findings_summary: findings_summary(data),
        corrections,
        goal_changes: corrections::goal_changes(data),
        method: method(data.pipeline),
        attachments: attachments(),
    }
}

fn heading(data: &ReportData<'_>) -> HeadingShown {
    let name = spanish::period_name(data.period);
    let last = data.replaces.last();
    HeadingShown {
        period: spanish::capitalised(&name),
        period_lower: name,
        cutoff: spanish::date_long(data.cutoff),
        issued_at: spanish::date_long(data.issued_at.date_naive()),
        edition: format!("Edición {}", data.edition),
        state: if data.preliminary {
            "Preliminar"
        } else {
            "Definitivo"
        }
        .to_owned(),
        replaces: last.map(|r| {
            format!(
                "Sustituye a la edición {} del {}",
                r.edition,
                spanish::date_long(r.issued_at)
            )
        }),
        report_due: spanish::date_long(data.pipeline.schedule.due_on(data.period)),
    }
}

fn axes(data: &ReportData<'_>) -> Vec<AxisEntry> {
    let of = |axis: &str| -> Vec<&GoalResult> {
        let belongs = |r: &&GoalResult| {
            data.pipeline
                .goals
                .get(&r.goal)
                .is_some_and(|goal| goal.axis == axis)
        };
        data.goals.iter().filter(belongs).collect()
    };
    let one = |(id, axis): (&String, &Axis)| {
        let results = of(id);
        let statuses: Vec<Status> = results.iter().map(|r| r.status).collect();
        AxisEntry {
            id: id.clone(),
            title: axis.title.clone(),
            intro: axis.intro.clone(),
            goals: results.iter().map(|r| r.goal.clone()).collect(),
            due: counts::due(&statuses),
            by_status: counts::by_status(&statuses),
            conclusion: counts::axis_conclusion(&axis.title, &statuses),
        }
    };
    data.pipeline.axes.iter().map(one).collect()
}

fn goal(data: &ReportData<'_>, result: &GoalResult, decimals: usize) -> Option<GoalEntry> {
    let goal = data.pipeline.goals.get(&result.goal)?;
    let quantity = goal.quantity();
    let past = data.history.get(&goal.id).map_or(&[][..], Vec::as_slice);
    let own = history::Own::of(goal, data.period, result.actual_value);
    let history = own.figures(past);
    let compared = indicators::compare(goal, data.period, result, past);
    let commitment = result.commitment.clone();
    let completion_level = data.pipeline.report.completion_level;
    Some(GoalEntry {
        id: goal.id.clone(),
        axis: goal.axis.clone(),
        responsible: goal.responsible.as_ref().map(|id| data.department(id)),
        statement: goal.statement.clone(),
        indicator: goal.indicator.clone(),
        kind: goal.measure.kind(),
        direction: quantity.map(|q| q.direction),
        unit: units::unit(goal),
        baseline: goal.baseline,
        baseline_year: goal.sheet.baseline_year,
        target: result.target.or(quantity.map(|q| q.target)),
        original_target: quantity.map(|q| q.target),
        adjusted_target: adjusted_target(goal),
        changed: goal.changed.clone(),
        cancelled: cancelled(goal),
        band: goal.measure.parts().band,
        due: goal.due.map(|d| d.date),
        window: goal.window.map(|w| WindowDays {
            from: w.from.opening(),
            to: w.to.date,
        }),
        planned: result.planned,
        actual_value: result.actual_value,
        numerator: result.numerator,
        denominator: result.denominator,
        attainment_pct: result.attainment_pct,
        planned_attainment_pct: result.planned_attainment_pct,
        progress_pct: result.progress_pct,
        status: result.status,
        status_reason: result.status_reason.clone(),
        flags: result.flags.clone(),
        completed_on: result.completed_on,
        evidence: result.evidence.clone(),
        note: result.note.clone(),
        variables: result.variables.clone(),
        steps: result.steps.iter().map(step).collect(),
        sources: result.sources.clone(),
        missing_departments: data.department_names(&result.missing_departments),
        remark: data.remarks.get(&goal.id).map(RemarkEntry::from),
        previous: history.iter().rfind(|f| f.edition.is_some()).cloned(),
        history,
        begins_anew: own.begins_anew(past),
        trend: compared.ok().map(|one| one.trend),
        status_change: indicators::status_change(goal, data.period, result, past),
        attention: None,
        conclusion: comparison::conclusion(goal, data.period, result, compared),
        sheet: goal.sheet.clone(),
        commitment: Some(commitment.unwrap_or_else(|| goal.commitment())),
        completion_level: completion_level.then(|| words::completion_level(result)),
        shown: words::goal(&words::GoalFacts {
            data,
            goal,
            result,
            compared,
            value_decimals: own.decimals(past),
            attainment_decimals: decimals,
        }),
    })
}

fn adjusted_target(goal: &Goal) -> Option<AdjustedTargetEntry> {
    goal.adjusted.as_ref().map(|adjusted| AdjustedTargetEntry {
        value: adjusted.value,
        date: adjusted.date,
        reason: adjusted.reason.clone(),
        authority: adjusted.authority.clone(),
        shown: spanish::date_long(adjusted.date),
    })
}

fn cancelled(goal: &Goal) -> Option<CancellationEntry> {
    goal.cancelled.as_ref().map(|cancelled| CancellationEntry {
        date: cancelled.date,
        reason: cancelled.reason.clone(),
        authority: cancelled.authority.clone(),
        shown: spanish::date_long(cancelled.date),
    })
}

fn step(step: &StepResult) -> StepEntry {
    StepEntry {
        step: step.step.clone(),
        title: step.title.clone(),
        due: step.due,
        completed_on: step.completed_on,
        shown: StepShown {
            due: step.due.map(spanish::date_long),
            completed_on: step.completed_on.map(spanish::date_long),
        },
    }
}

fn activity(told: &Activity) -> ActivityEntry {
    ActivityEntry {
        axis: told.axis.clone(),
        goal: told.goal.clone(),
        date: told.date,
        title: told.title.clone(),
        text: told.text.clone(),
        photo: told.photo.clone(),
        alt: told.alt.clone(),
        photo_note: told.photo_note.clone(),
        shown: ActivityShown {
            date: told.date.map(spanish::date_long),
        },
    }
}

/// What was published of earlier periods, and this one as it stands.
fn submissions(data: &ReportData<'_>) -> SubmissionMatrix {
    let mut periods = data.past_submissions.to_vec();
    periods.push(PeriodSubmissions {
        period: data.period,
        open: data.files_open,
        departments: Some(data.departments.to_vec()),
    });
    let plan = data.pipeline.departments.iter();
    submission_matrix(plan.map(|(id, d)| (id.as_str(), d.name.as_str())), &periods)
}

fn findings_summary(data: &ReportData<'_>) -> FindingsSummary {
    let count = |severity| {
        data.findings
            .iter()
            .filter(|f| f.severity == severity)
            .count()
    };
    let files = |state| data.sources.iter().filter(|s| s.state == state).count();
    FindingsSummary {
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        expected: data.sources.len(),
        received: files(SourceState::Received) + files(SourceState::Late),
        late: files(SourceState::Late),
        rejected: files(SourceState::Rejected),
        missing: files(SourceState::Missing),
    }
}

/// The edition's files that its PDF carries.
fn attachments() -> Vec<Attachment> {
    let files = [
        (
            super::read::RESULTS_FILE,
            "application/json",
            "Resultados completos del informe",
        ),
        (
            "data/goals.csv",
            "text/csv",
            "Metas: valores, avance y estatus",
        ),
        (
            "data/remarks.csv",
            "text/csv",
            "Causas, riesgos y siguientes pasos",
        ),
        (
            "data/requests.csv",
            "text/csv",
            "Lo que se pide a la sesión",
        ),
        ("data/activities.csv", "text/csv", "Actividades del periodo"),
        (
            "data/sources.csv",
            "text/csv",
            "Archivos de los que salen las cifras",
        ),
        (
            "data/submissions.csv",
            "text/csv",
            "Entregas de las dependencias por periodo",
        ),
        (
            "data/dictionary.csv",
            "text/csv",
            "Diccionario de los datos abiertos",
        ),
        (
            "data/datapackage.json",
            "application/json",
            "Descripción de los datos abiertos",
        ),
    ];
    let one = |(path, mime, description): (&str, &str, &str)| Attachment {
        path: path.to_owned(),
        mime: mime.to_owned(),
        description: description.to_owned(),
    };
    files.into_iter().map(one).collect()
}

/// What the method annex says: a formula for each kind that the plan uses.
fn method(pipeline: &Plan) -> Method {
    let goals = pipeline.goals.values();
    let kinds: BTreeSet<GoalKind> = goals.map(|goal| goal.measure.kind()).collect();
    let formula = |kind: GoalKind| KindFormula {
        kind,
        name: kind.label().to_owned(),
        formula: kind.formula().to_owned(),
    };
    let bands = pipeline.plan.traffic_light;
    let short = spanish::number_short;
    let band = |status: Status, when: String| StatusBand {
        status,
        shown: format!("{}: {when}", status.label()),
    };
    Method {
        formulas: kinds.into_iter().map(formula).collect(),
        bands: vec![
            band(
                Status::OnTrack,
                format!("{}% o más de lo programado al corte", short(bands.on_track)),
            ),
            band(
                Status::AtRisk,
                format!(
                    "de {}% a menos de {}%",
                    short(bands.at_risk),
                    short(bands.on_track)
                ),
            ),
            band(
                Status::Critical,
                format!("menos de {}%", short(bands.at_risk)),
            ),
        ],
        rounding: "Las comparaciones se hacen con el valor sin redondear; sólo se redondea al imprimir, y nunca de modo que oculte una meta no alcanzada. El avance es el cumplimiento acotado entre 0% y 100%.".to_owned(),
    }
}
