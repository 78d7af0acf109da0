//! The short form of an edition's results: the conclusion, what changed, what asks for attention,
//! what is missing. It is what a person reads who reads ten lines.

use std::collections::BTreeMap;

use serde::Serialize;

use super::goals::{self, GoalLine};
use super::subject::shortened;
use super::words;
use crate::indicators::{Flag, Status, Trend};
use crate::period::{Frequency, Period};
use crate::results::{ChangeCounts, DepartmentStatus, GoalEntry, Results};
use crate::spanish;

/// So many goals that need attention are told.
const WORST: usize = 3;
/// So many changed statuses are told.
const MOVES: usize = 3;
/// Letters of a statement where the whole one stands further down.
const STATEMENT: usize = 110;

/// The short form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Digest {
    /// How many goals are met.
    pub conclusion: String,
    /// Goals of each status, the worst first.
    pub tally: Vec<StatusTally>,
    /// How the goals stand beside the period before; none in a plan's first report.
    pub change: Option<ChangeDigest>,
    /// The goals that need attention most.
    pub worst: Vec<AttentionLine>,
    /// How many more need it.
    pub more_worst: usize,
    /// What did not come or could not be used: a sentence, none where nothing is missing.
    pub missing: Option<String>,
    /// A sentence a department of which something is missing.
    pub missing_of: Vec<String>,
}

/// How many goals have a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct StatusTally {
    symbol: String,
    status: String,
    count: usize,
    colour: &'static str,
}

/// What changed since the period before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct ChangeDigest {
    /// The counts, as a sentence.
    pub counts: String,
    /// Goals whose status changed, the worst first.
    pub moves: Vec<StatusMove>,
    /// How many more changed it.
    pub more_moves: usize,
}

/// A goal whose status changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct StatusMove {
    statement: String,
    before: String,
    after: String,
}

/// A goal that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct AttentionLine {
    #[serde(flatten)]
    goal: GoalLine,
    /// Where it is and where it should be.
    against: Option<String>,
    /// Why.
    cause: Option<String>,
    /// Who is responsible.
    responsible: Option<String>,
}

/// The short form of an edition's results.
pub(super) fn digest(results: &Results) -> Digest {
    let (worst, more_worst) = worst(&results.goals);
    let mut tally: Vec<_> = results.summary.by_status.iter().collect();
    tally.sort_by_key(|one| one.status.tally_place());
    Digest {
        conclusion: results.summary.shown.clone(),
        tally: tally
            .into_iter()
            .map(|one| StatusTally {
                symbol: one.symbol.clone(),
                status: one.shown.clone(),
                count: one.count,
                colour: goals::colour(one.status),
            })
            .collect(),
        change: change(&results.goals, &results.summary.changes),
        worst,
        more_worst,
        missing: missing(results),
        missing_of: results.departments.iter().filter_map(missing_of).collect(),
    }
}

/// The goals that need attention most, as the report ranks them, and how many more need it.
fn worst(all: &[GoalEntry]) -> (Vec<AttentionLine>, usize) {
    let mut urgent: Vec<&GoalEntry> = all.iter().filter(|g| g.attention.is_some()).collect();
    urgent.sort_by_key(|goal| goal.attention);
    let more = urgent.len().saturating_sub(WORST);
    (
        urgent.into_iter().take(WORST).map(attention).collect(),
        more,
    )
}

/// A statement inside a line: without its full stop, and cut where it is long.
fn short_statement(statement: &str) -> String {
    shortened(statement.trim_end().trim_end_matches('.'), STATEMENT)
}

fn attention(goal: &GoalEntry) -> AttentionLine {
    let mut line = GoalLine::from(goal);
    line.statement = short_statement(&line.statement);
    AttentionLine {
        goal: line,
        against: against(goal),
        cause: cause(goal),
        responsible: goal.responsible.clone(),
    }
}

/// `Va en 61%; lo programado al corte era 80%`.
fn against(goal: &GoalEntry) -> Option<String> {
    let shown = &goal.shown;
    let Some(value) = shown.figure() else {
        // What was done late is said with the day on which it was due.
        if goal.status == Status::MetLate && shown.reason.is_some() {
            return None;
        }
        let due = shown.due.as_deref()?;
        return Some(format!("Fecha establecida: {}.", in_sentence(due)));
    };
    let expected = match (&shown.planned, &shown.target, goal.status) {
        (_, Some(target), Status::NotMet) => format!("; la meta era {target}"),
        (Some(planned), ..) => format!("; lo programado al corte era {planned}"),
        (None, Some(target), _) => format!("; la meta es {target}"),
        (None, None, _) => String::new(),
    };
    let moved = match (goal.trend, &shown.change) {
        (Some(Trend::Worse), Some(change)) => format!(" (retrocede: {change})"),
        _ => String::new(),
    };
    Some(format!("Va en {value}{expected}{moved}."))
}

/// A due date of a table inside a sentence: `mayo de 2026` of `Mayo 2026`.
fn in_sentence(due: &str) -> String {
    let lower = due.to_lowercase();
    match lower.split_once(' ') {
        Some((month, year)) if year.parse::<i32>().is_ok() => format!("{month} de {year}"),
        _ => lower,
    }
}

/// Why a goal stands as it does: what people say, else what the results tell.
fn cause(goal: &GoalEntry) -> Option<String> {
    let said = goal.remark.as_ref().and_then(|remark| remark.cause.clone());
    let unknown = || Some(format!("{}.", goal.shown.cause.as_ref()?));
    said.or_else(|| told(goal)).or_else(unknown)
}

fn told(goal: &GoalEntry) -> Option<String> {
    if let Some(reason) = &goal.shown.reason {
        return Some(reason.clone());
    }
    if !goal.missing_departments.is_empty() {
        let names = words::listed(&goal.missing_departments);
        return Some(format!("Falta la información de {names}."));
    }
    let tells_why = |flag: &&Flag| {
        matches!(
            flag,
            Flag::Incomplete | Flag::NoCases | Flag::Regressed | Flag::NoEvidence
        )
    };
    let flags: Vec<&str> = goal
        .flags
        .iter()
        .filter(tells_why)
        .map(|f| f.label())
        .collect();
    (!flags.is_empty()).then(|| format!("{}.", flags.join("; ")))
}

fn change(all: &[GoalEntry], changes: &ChangeCounts) -> Option<ChangeDigest> {
    // Editions of several periods can stand behind the goals; most of them have the last one.
    let mut periods = BTreeMap::new();
    for before in all.iter().filter_map(|goal| goal.previous.as_ref()) {
        *periods.entry(before.period).or_insert(0usize) += 1;
    }
    let (period, _) = periods.into_iter().max_by_key(|(_, count)| *count)?;
    let mut moved: Vec<(&GoalEntry, &str)> = all
        .iter()
        .filter_map(|goal| Some((goal, goal.previous.as_ref()?)))
        .filter(|(goal, before)| before.status != Some(goal.status))
        .map(|(goal, before)| (goal, before.shown.status.as_str()))
        .collect();
    moved.sort_by_key(|(goal, _)| goal.attention.unwrap_or(usize::MAX));
    let more_moves = moved.len().saturating_sub(MOVES);
    let moves = moved
        .into_iter()
        .take(MOVES)
        .map(|(goal, before)| StatusMove {
            statement: short_statement(&goal.statement),
            before: before.to_owned(),
            after: goal.shown.status.clone(),
        });
    Some(ChangeDigest {
        counts: format!("{}: {}.", since(period), counts(changes)),
        moves: moves.collect(),
        more_moves,
    })
}

/// `Desde el primer trimestre de 2026`, `Desde marzo de 2026`.
fn since(period: Period) -> String {
    let article = match period.frequency() {
        Frequency::Quarter | Frequency::HalfYear => "el ",
        Frequency::Month | Frequency::Year => "",
    };
    format!("Desde {article}{}", spanish::period_name(period))
}

/// `2 metas mejoraron, 1 retrocedió y 4 siguen igual; 3 no se pueden comparar`.
fn counts(changes: &ChangeCounts) -> String {
    let verb =
        |count: usize, one: &str, many: &str| (count > 0).then(|| words::counted(count, one, many));
    let mut parts: Vec<String> = [
        verb(changes.better, "mejoró", "mejoraron"),
        verb(changes.worse, "retrocedió", "retrocedieron"),
        verb(changes.same, "sigue igual", "siguen igual"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let other = changes.not_compared;
    let Some(first) = parts.first_mut() else {
        return "ninguna meta tiene una cifra que se pueda comparar".to_owned();
    };
    let (number, rest) = first.split_once(' ').unwrap_or((first, ""));
    let noun = if number == "1" { "meta" } else { "metas" };
    *first = format!("{number} {noun} {rest}");
    let compared = words::listed(&parts);
    match verb(other, "no se puede comparar", "no se pueden comparar") {
        Some(other) => format!("{compared}; {other}"),
        None => compared,
    }
}

fn missing(results: &Results) -> Option<String> {
    let files = &results.findings_summary;
    let mut parts = Vec::new();
    if files.missing > 0 {
        let verb = if files.missing == 1 {
            "no llegó"
        } else {
            "no llegaron"
        };
        parts.push(format!("{} {verb}", words::number(files.missing)));
    }
    if files.rejected > 0 {
        let verb = if files.rejected == 1 {
            "no se pudo usar"
        } else {
            "no se pudieron usar"
        };
        parts.push(format!("{} {verb}", words::number(files.rejected)));
    }
    let expected = words::counted(files.expected, "archivo esperado", "archivos esperados");
    (!parts.is_empty()).then(|| format!("De {expected}, {}.", words::listed(&parts)))
}

/// `Dirección de Obras: faltan 2 de 3 archivos; 1 no se pudo usar`.
fn missing_of(department: &DepartmentStatus) -> Option<String> {
    let mut parts = Vec::new();
    if department.missing > 0 {
        let verb = if department.missing == 1 {
            "falta"
        } else {
            "faltan"
        };
        let all = words::counted(department.expected, "archivo", "archivos");
        parts.push(format!(
            "{verb} {} de {all}",
            words::number(department.missing)
        ));
    }
    if department.rejected > 0 {
        let count = words::counted(department.rejected, "archivo", "archivos");
        let verb = if department.rejected == 1 {
            "no se pudo usar"
        } else {
            "no se pudieron usar"
        };
        parts.push(format!("{count} {verb}"));
    }
    (!parts.is_empty()).then(|| format!("{}: {}.", department.name, parts.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::rank;

    fn results() -> Results {
        Results::parse(include_str!("../../tests/results/edition.json")).unwrap()
    }

    fn statements(lines: &[AttentionLine]) -> Vec<&str> {
        lines
            .iter()
            .map(|line| line.goal.statement.as_str())
            .collect()
    }

    /// The plan's order is no order of what is bad.
    #[test]
    fn the_three_worst_come_first() {
        let mut results = results();
        let goals = &mut results.goals;
        goals.truncate(6);
        for (n, (status, reached)) in [
            (Status::MetLate, Some(100.0)),
            (Status::AtRisk, Some(80.0)),
            (Status::NotMet, Some(90.0)),
            (Status::AtRisk, Some(72.0)),
            (Status::NotMet, Some(12.0)),
            (Status::NoData, None),
        ]
        .into_iter()
        .enumerate()
        {
            goals[n].statement = format!("{n}.");
            goals[n].status = status;
            goals[n].planned_attainment_pct = reached;
            goals[n].trend = None;
        }
        rank(&mut results.goals);
        let told = digest(&results);
        assert_eq!(statements(&told.worst), ["4", "2", "3"]);
        assert_eq!(told.more_worst, 3);
        // Of two that are alike in status, the one that moves away.
        results.goals[1].trend = Some(Trend::Worse);
        rank(&mut results.goals);
        assert_eq!(statements(&digest(&results).worst), ["4", "2", "1"]);
        // Nothing is to be seen to where all is well.
        for goal in &mut results.goals {
            goal.status = Status::OnTrack;
        }
        rank(&mut results.goals);
        assert!(digest(&results).worst.is_empty());
    }

    /// A goal that is under way and gets worse is told, and that it does.
    #[test]
    fn what_gets_worse_is_told_before_it_is_behind() {
        let mut results = results();
        results.goals.truncate(1);
        let goal = &mut results.goals[0];
        goal.status = Status::InProgress;
        goal.trend = Some(Trend::Worse);
        goal.shown.change = Some("+5.64 puntos desde el 2.º trimestre".to_owned());
        rank(&mut results.goals);
        let worst = digest(&results).worst;
        assert_eq!(
            worst[0].against.as_deref(),
            Some(
                "Va en 65.85%; lo programado al corte era 60% (retrocede: +5.64 puntos desde el 2.º trimestre)."
            )
        );
    }

    #[test]
    fn changes_are_counted_in_words() {
        let said = |[better, worse, same, not_compared]: [usize; 4]| {
            counts(&ChangeCounts {
                better,
                worse,
                same,
                not_compared,
                shown: String::new(),
            })
        };
        for (changes, words) in [
            (
                [2, 1, 1, 1],
                "2 metas mejoraron, 1 retrocedió y 1 sigue igual; 1 no se puede comparar",
            ),
            ([0, 5, 0, 0], "5 metas retrocedieron"),
            ([0, 0, 1, 4], "1 meta sigue igual; 4 no se pueden comparar"),
            (
                [0, 0, 0, 5],
                "ninguna meta tiene una cifra que se pueda comparar",
            ),
        ] {
            assert_eq!(said(changes), words);
        }
    }

    #[test]
    fn a_first_report_has_nothing_to_compare_with() {
        let mut results = results();
        for goal in &mut results.goals {
            goal.previous = None;
        }
        assert_eq!(digest(&results).change, None);
        for (period, said) in [
            ("2026-T1", "Desde el primer trimestre de 2026"),
            ("2026-M03", "Desde marzo de 2026"),
            ("2025", "Desde 2025"),
        ] {
            assert_eq!(since(period.parse().unwrap()), said);
        }
    }

    #[test]
    fn what_is_missing_is_counted_and_named() {
        let mut results = results();
        assert_eq!(missing(&results), None);
        for (absent, rejected, said) in [
            (1, 0, "De 8 archivos esperados, 1 no llegó."),
            (
                3,
                1,
                "De 8 archivos esperados, 3 no llegaron y 1 no se pudo usar.",
            ),
            (0, 2, "De 8 archivos esperados, 2 no se pudieron usar."),
        ] {
            results.findings_summary.missing = absent;
            results.findings_summary.rejected = rejected;
            assert_eq!(missing(&results).as_deref(), Some(said));
        }
    }
}
