//! The status rules: first match wins; `tests/indicators/rules.txt` has them with cases.

use chrono::NaiveDate;

use super::figures::PastFigure;
use super::kind::{self, AnswerForm, Reached};
use super::labels::Status;
use super::measure::Figures;
use super::rules;
use super::table::ReportingPeriod;
use crate::plan::{Direction, Goal, TrafficLight};

/// A status and the rule that gave it, as one English sentence.
pub(super) type StatusDecision = (Status, String);

fn decided(status: Status, reason: impl Into<String>) -> StatusDecision {
    (status, reason.into())
}

/// The status that a goal has whatever its data says.
pub(super) fn before_data(goal: &Goal, reporting: &ReportingPeriod) -> Option<StatusDecision> {
    if let Some(cancelled) = &goal.cancelled
        && cancelled.date <= reporting.cutoff
    {
        let reason = format!("cancelled on {} by {}", cancelled.date, cancelled.authority);
        return Some(decided(Status::Cancelled, reason));
    }
    if kind::answer_form(&goal.measure) == AnswerForm::Variables {
        return Some(decided(Status::NotApplicable, "narrative: no goal is due"));
    }
    if let Some(window) = goal.window
        && reporting.cutoff < window.from.opening()
    {
        let reason = format!("the window opens on {}", window.from.opening());
        return Some(decided(Status::Scheduled, reason));
    }
    None
}

/// Whether nothing of the goal is to be measured in this period.
pub(super) fn nothing_scheduled(
    goal: &Goal,
    reporting: &ReportingPeriod,
) -> Option<StatusDecision> {
    let due_later = goal.due.is_some_and(|due| due.date > reporting.cutoff);
    let planned = goal
        .quantity()
        .map(|q| &q.planned)
        .filter(|p| !p.is_empty());
    if due_later && planned.is_some_and(|p| !p.contains_key(&reporting.period)) {
        return Some(decided(
            Status::Scheduled,
            "nothing is planned for this period",
        ));
    }
    let due_next = goal
        .due
        .is_some_and(|due| due.date > reporting.period.end());
    if kind::answer_form(&goal.measure) == AnswerForm::Day && goal.window.is_none() && due_next {
        return Some(decided(Status::Scheduled, "due in a later period"));
    }
    None
}

/// The status of a ratio, cumulative, stock or constant goal. `completed_on` is the day on which
/// the target was reached, where the query tells it; `past` are the earlier figures.
pub(super) fn of_figures(
    goal: &Goal,
    reporting: &ReportingPeriod,
    figures: &Figures,
    (completed_on, past): (Option<NaiveDate>, &[PastFigure]),
    bands: TrafficLight,
) -> StatusDecision {
    let Some(value) = figures.value else {
        let why = figures
            .absent
            .clone()
            .unwrap_or_else(|| "there is no value".to_owned());
        return decided(Status::NoData, why);
    };
    let due = goal.due.map(|d| d.date);
    let irrevocable = kind::reached(&goal.measure) == Reached::ForGood;
    let over = due.is_some_and(|due| reporting.cutoff >= due);
    let holds = is_met(goal, figures, value);
    if holds && (irrevocable || over || (due.is_none() && reporting.closed)) {
        return met(goal, completed_on, due, past);
    }
    if over && !holds {
        return decided(
            Status::NotMet,
            "the due date is reached and the target is not",
        );
    }
    if let Some(attainment) = figures.planned_attainment {
        return banded(attainment, bands);
    }
    if irrevocable && value == 0.0 {
        return decided(
            Status::NotStarted,
            "the window is open and nothing has been counted",
        );
    }
    if holds {
        return decided(
            Status::InProgress,
            "the target holds, and is measured until its due date",
        );
    }
    decided(
        Status::InProgress,
        "measured, not due yet, nothing planned for this period",
    )
}

/// Whether the target holds at a cutoff before the due date, and may still be lost: of a ratio, a
/// stock or a constant.
pub(super) fn reached_early(goal: &Goal, reporting: &ReportingPeriod, figures: &Figures) -> bool {
    let revocable = kind::reached(&goal.measure) == Reached::UntilMeasuredAgain;
    let early = goal.due.is_some_and(|due| reporting.cutoff < due.date);
    revocable && early && figures.value.is_some_and(|v| is_met(goal, figures, v))
}

fn is_met(goal: &Goal, figures: &Figures, value: f64) -> bool {
    let Some(target) = figures.target else {
        // Inside its band at every period so far.
        return figures.attainment.is_some_and(|a| a >= 100.0);
    };
    let direction = goal
        .quantity()
        .map_or(Direction::Ascending, |q| q.direction);
    rules::meets(value, target, direction)
}

fn met(
    goal: &Goal,
    completed_on: Option<NaiveDate>,
    due: Option<NaiveDate>,
    past: &[PastFigure],
) -> StatusDecision {
    let Some(due) = due else {
        return decided(Status::Met, "the target is met");
    };
    if let Some(day) = completed_on {
        return on_day(day, due);
    }
    let missed = past
        .iter()
        .find(|f| f.period.end() >= due && matches!(f.status, Status::NotMet | Status::MetLate));
    match missed {
        Some(figure) => decided(
            Status::MetLate,
            format!(
                "the target is met, but was not by its due date (edition of {})",
                figure.period
            ),
        ),
        None => decided(
            Status::Met,
            format!("{} target is met by {due}", goal.kind()),
        ),
    }
}

/// Met on a day, against a due date.
pub(super) fn on_day(day: NaiveDate, due: NaiveDate) -> StatusDecision {
    if day <= due {
        decided(Status::Met, format!("done on {day}, due by {due}"))
    } else {
        decided(
            Status::MetLate,
            format!("done on {day}, after its due date {due}"),
        )
    }
}

/// The traffic light.
pub(super) fn banded(attainment: f64, bands: TrafficLight) -> StatusDecision {
    let against = format!("{attainment:.2} % of what was planned to date");
    if attainment >= bands.on_track {
        decided(
            Status::OnTrack,
            format!("{against}, at least {}", bands.on_track),
        )
    } else if attainment >= bands.at_risk {
        decided(
            Status::AtRisk,
            format!("{against}, at least {}", bands.at_risk),
        )
    } else {
        decided(
            Status::Critical,
            format!("{against}, below {}", bands.at_risk),
        )
    }
}

/// A milestone's status.
pub(super) fn of_milestone(
    goal: &Goal,
    reporting: &ReportingPeriod,
    completed_on: Option<NaiveDate>,
    claimed: bool,
) -> StatusDecision {
    let due = goal.due.map(|d| d.date);
    match (completed_on, due) {
        (Some(day), Some(due)) => on_day(day, due),
        (Some(day), None) => decided(Status::Met, format!("done on {day}")),
        (None, Some(due)) if reporting.cutoff >= due => decided(
            Status::NotMet,
            format!("due by {due}, and not done with evidence"),
        ),
        (None, _) if claimed => decided(
            Status::InProgress,
            "reported as done, but without evidence by the cutoff",
        ),
        (None, _) => nothing_scheduled(goal, reporting).unwrap_or_else(|| {
            decided(
                Status::NotStarted,
                "the window is open and nothing has been confirmed",
            )
        }),
    }
}
