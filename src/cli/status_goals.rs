//! What `metas status` tells of goals: their published figures over time.

use serde_json::{Value, json};

use super::clip::clip;
use crate::indicators::{History, PastFigure};
use crate::period::Period;
use crate::plan::Plan;
use crate::spanish;

/// Every goal with its published figures, for programs.
pub(super) fn goals(pipeline: &Plan, history: &History) -> Value {
    let one = |goal: &String| {
        let figures = history.get(goal).map_or(&[][..], Vec::as_slice);
        let figure = |f: &PastFigure| {
            json!({
                "period": f.period,
                "edition": f.edition,
                "actual_value": f.actual_value,
                "progress_pct": f.progress_pct,
                "status": f.status,
            })
        };
        json!({ "goal": goal, "figures": figures.iter().map(figure).collect::<Vec<_>>() })
    };
    pipeline.goals.keys().map(one).collect()
}

/// Goals by axis and period: progress and status, within 80 columns.
pub(super) fn over_time(pipeline: &Plan, history: &History) -> String {
    let mut periods: Vec<Period> = history.values().flatten().map(|f| f.period).collect();
    periods.sort_by_key(|p| p.start());
    periods.dedup();
    // 28 columns for the goal, 12 for each of the last four periods.
    let periods = periods.split_off(periods.len().saturating_sub(4));
    if periods.is_empty() {
        return String::new();
    }
    let mut text = format!("  {:<28}", "Goals over time");
    periods
        .iter()
        .for_each(|p| text.push_str(&format!("{:<12}", p.to_string())));
    text.push('\n');
    for (axis, title) in pipeline.axes.iter().map(|(id, axis)| (id, &axis.title)) {
        let goals: Vec<&str> = pipeline
            .goals
            .values()
            .filter(|g| g.axis == *axis)
            .map(|g| g.id.as_str())
            .collect();
        if goals.is_empty() {
            continue;
        }
        text.push_str(&format!("  {title}\n"));
        for goal in goals {
            text.push_str(&format!("    {:<26}", clip(goal, 25)));
            for period in &periods {
                let figure = history
                    .get(goal)
                    .and_then(|f| f.iter().find(|f| f.period == *period));
                let cell = figure.map_or("·".to_owned(), |f| {
                    let progress = f.progress_pct.map_or("–".to_owned(), |p| {
                        format!("{}%", spanish::number_against(p, &[100.0], 0))
                    });
                    format!("{progress} {}", f.status.short())
                });
                text.push_str(&format!("{:<12}", clip(&cell, 11)));
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    text
}
