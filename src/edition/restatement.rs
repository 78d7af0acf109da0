//! Figures already published that today's files would change: told, never changed in silence.

use super::compose;
use super::earlier_results;
use super::input_folder::InputFolder;
use super::late_files;
use super::sources;
use super::sources::{Mode, SourcesRequest};
use crate::console::Console;
use crate::diagnostic::Diagnostic;
use crate::dropbox::Submission;
use crate::exit::CommandError;
use crate::home::Home;
use crate::indicators;
use crate::indicators::{GoalResult, ReportingPeriod};
use crate::ledger::{Edition, Ledger};
use crate::period::Period;
use crate::plan::Plan;
use crate::results::{GoalEntry, Results};
use crate::store::presence;

/// Nothing is archived or waited for.
const LOOK: Mode = Mode {
    archive: false,
    attended: false,
};

/// Looks at the drop folders of the periods before `period` whose files have changed since their
/// latest edition, computes those periods again, and tells each figure that comes out
/// differently.
///
/// # Errors
/// The ledger, an edition's results in it or a folder cannot be read.
pub(crate) fn restatements(
    console: &Console,
    home: &Home,
    pipeline: &Plan,
    ledger: &Ledger,
    period: Period,
) -> Result<Vec<Diagnostic>, CommandError> {
    let editions = ledger.editions(Some(&pipeline.plan.id), None)?;
    let mut found = Vec::new();
    for edition in latest_before(&editions, period) {
        let published = earlier_results::of(edition)?;
        let changed = changed_files(home, pipeline, edition.key.period, &published)?;
        if !changed.is_empty() {
            found.extend(compare(
                (console, home),
                pipeline,
                ledger,
                (edition, &published),
                &changed,
            )?);
        }
    }
    Ok(found)
}

/// The latest final edition of each period before `period`. `editions` are sorted by number.
fn latest_before(editions: &[Edition], period: Period) -> Vec<&Edition> {
    let mut latest: Vec<&Edition> = Vec::new();
    for edition in editions.iter().filter(|e| e.published && !e.preliminary) {
        if edition.key.period.start() < period.start() {
            latest.retain(|e| e.key.period != edition.key.period);
            latest.push(edition);
        }
    }
    latest
}

/// Files that lie in a period's folder now and are not those that its edition was made from.
fn changed_files(
    home: &Home,
    pipeline: &Plan,
    period: Period,
    published: &Results,
) -> Result<Vec<String>, CommandError> {
    let folder = home.inputs(period);
    if !presence::is_folder(&folder)? {
        return Ok(Vec::new());
    }
    let collected = sources::collect(home, pipeline, &folder, LOOK)?;
    let used: Vec<&str> = published
        .sources
        .iter()
        .filter_map(|source| source.sha256.as_deref())
        .collect();
    let new = collected
        .submissions
        .iter()
        .filter(|s| !used.contains(&s.sha256.as_str()));
    Ok(new.map(|s| s.file.clone()).collect())
}

fn compare(
    (console, home): (&Console, &Home),
    pipeline: &Plan,
    ledger: &Ledger,
    (edition, published): (&Edition, &Results),
    changed: &[String],
) -> Result<Vec<Diagnostic>, CommandError> {
    let period = edition.key.period;
    let then = as_published(pipeline, published).at(period);
    let reporting = ReportingPeriod::of(period, period.next().start());
    // What has only gone from the folder restates nothing.
    let of = (pipeline.plan.id.as_str(), period);
    let mut folder = InputFolder::of(home, Some(ledger), of, None)?;
    let is_gone = |copy: &Submission| matches!(presence::is_file(&copy.path), Ok(false));
    folder.earlier.retain(|copy| !is_gone(copy));
    let request = SourcesRequest::new(&then, None);
    let gathered = sources::gather(console, home, request, &folder, LOOK)?;
    let history = compose::history(Some(ledger), &then, period, edition.issued_at)?;
    let today = indicators::compute(&then, &reporting, &gathered.tables, &history);
    let differs = |goal: &GoalEntry| {
        let now = today.goals.iter().find(|g| g.goal == goal.id)?;
        let (before, after) = (of_published(goal), of_result(now));
        (before != after).then(|| {
            let message = format!(
                "goal `{}` of {period} was published as {before}; today's files give {after}",
                now.goal
            );
            Diagnostic::warning("restatement", message).hint(format!(
                "changed since: {}; a correction: {}",
                changed.join(", "),
                late_files::correction(pipeline, period)
            ))
        })
    };
    Ok(published.goals.iter().filter_map(differs).collect())
}

/// The plan with each goal as the edition published it, so that only the files can make a
/// difference. An edition of an older metas does not say: then as the plan has it today.
fn as_published(pipeline: &Plan, published: &Results) -> Plan {
    let mut plan = pipeline.clone();
    for goal in &published.goals {
        let now = plan.goals.get_mut(&goal.id);
        if let (Some(now), Some(commitment)) = (now, &goal.commitment)
            && let Some(then) = now.as_published(commitment)
        {
            *now = then;
        }
    }
    plan
}

fn of_published(goal: &GoalEntry) -> String {
    described(goal.actual_value, goal.progress_pct, goal.status.id())
}

fn of_result(goal: &GoalResult) -> String {
    described(goal.actual_value, goal.progress_pct, goal.status.id())
}

fn described(value: Option<f64>, progress: Option<f64>, status: &str) -> String {
    // Fifteen digits: what a sum's order alone can change is no restatement.
    let number = |n: Option<f64>| {
        n.map_or("none".to_owned(), |n| {
            format!("{:.12}", n)
                .trim_end_matches('0')
                .trim_end_matches('.')
                .to_owned()
        })
    };
    format!(
        "value {}, progress {}, {status}",
        number(value),
        number(progress)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::EditionKey;

    #[test]
    fn what_stands_published_is_the_latest_final_edition_of_each_earlier_period() {
        let edition = |period: &str, number: u32, published, preliminary| Edition {
            key: EditionKey {
                plan: "p".to_owned(),
                period: period.parse().unwrap(),
                edition: number,
            },
            published,
            preliminary,
            issued_at: "2026-07-01T00:00:00Z".parse().unwrap(),
            reason: None,
            manifest_sha256: None,
            results: None,
            directory: None,
            adopted: false,
        };
        let editions = [
            edition("2025-T4", 1, true, false),
            edition("2026-T1", 1, true, false),
            edition("2026-T1", 2, true, false),
            edition("2026-T1", 3, true, true),
            edition("2026-T1", 4, false, false),
            edition("2026-T2", 1, true, false),
            edition("2026-T3", 1, true, false),
        ];
        let latest = |period: &str| {
            let found = latest_before(&editions, period.parse().unwrap());
            let name = |e: &&Edition| format!("{} v{}", e.key.period, e.key.edition);
            found.iter().map(name).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(latest("2025-T4"), "");
        assert_eq!(latest("2026-T1"), "2025-T4 v1");
        assert_eq!(latest("2026-T2"), "2025-T4 v1, 2026-T1 v2");
        assert_eq!(latest("2026-T3"), "2025-T4 v1, 2026-T1 v2, 2026-T2 v1");
    }
}
