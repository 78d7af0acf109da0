//! `tests/indicators/rules.txt`: the rules of calculation and status, one case a line.

use indexmap::IndexMap;
use metas::indicators::{
    self, Given, GoalResult, History, LastEdition, PastFigure, PublishedGoal, ReportingPeriod,
    SourceTable, Status,
};
use metas::period::Period;
use metas::plan::{self, Plan};

const HEAD: &str = r##"
format = 1
[plan]
id = "p"
title = "t"
timezone = "America/Mexico_City"
[schedule]
every = "quarter"
first_period = "2025-T1"
[department.d]
name = "D"
[axis.a]
title = "A"
[report]
brand = { name = "M" }
[goal]
"##;

fn definition(goal: &str, query: Option<&str>) -> Plan {
    let query = query
        .map(|q| format!(", query = \"\"\"{q}\"\"\""))
        .unwrap_or_default();
    let text = format!("{HEAD}g = {{ axis = \"a\", statement = \"s\", {goal}{query} }}\n");
    plan::parse("p.toml", &text)
        .unwrap_or_else(|errors| panic!("{goal}: {}", metas::console::plain_text(&errors)))
}

fn query(goal: &str, row: &str) -> String {
    match row {
        "-" => {
            let columns = if goal.contains("milestone") {
                "CAST(NULL AS DATE) AS completed_on"
            } else if goal.contains("process") {
                "'' AS step, CAST(NULL AS DATE) AS completed_on"
            } else {
                "0 AS value"
            };
            format!("SELECT {columns} FROM (SELECT 1 AS uno) AS t WHERE uno = 2")
        }
        columns => format!("SELECT {columns} FROM (SELECT 1 AS uno) AS t"),
    }
}

fn moment(text: &str) -> ReportingPeriod {
    match text.split_once('@') {
        Some((period, day)) => ReportingPeriod::of(period.parse().unwrap(), day.parse().unwrap()),
        None => {
            let period: Period = text.parse().unwrap();
            ReportingPeriod::of(period, period.next().start())
        }
    }
}

fn status_of(id: &str) -> Status {
    let named = |status: &Status| status.id() == id;
    Status::ALL.into_iter().find(named).unwrap()
}

fn past(text: &str) -> Vec<PastFigure> {
    let figure = |word: &str| {
        let (period, rest) = word.split_once('=').unwrap();
        let (value, status) = rest.split_once(':').unwrap();
        let value = Some(value.parse().unwrap());
        PastFigure {
            period: period.parse().unwrap(),
            edition: 1,
            actual_value: value,
            period_value: value,
            progress_pct: None,
            status: status_of(status),
            method: None,
        }
    };
    text.split_whitespace()
        .filter(|w| *w != "-")
        .map(figure)
        .collect()
}

/// What an edition of the period before published: the goal as it was, and the last past status.
fn published(goal: &str, row: &str, past: &[PastFigure]) -> LastEdition {
    let plan = definition(goal, Some(&query(goal, row)));
    let period: Period = "2025-T4".parse().unwrap();
    let last = past.last();
    let goal = PublishedGoal {
        statement: "s".to_owned(),
        commitment: Some(plan.goals["g"].commitment()),
        status: last.map_or(Status::InProgress, |figure| figure.status),
    };
    LastEdition {
        period: last.map_or(period, |figure| figure.period),
        edition: 1,
        goals: IndexMap::from([("g".to_owned(), goal)]),
    }
}

fn computed(goal: &str, row: &str, when: &str, before: &str) -> GoalResult {
    let past = past(before);
    let (was, goal) = match goal.split_once("==>") {
        Some((was, now)) => (Some(was.trim()), now.trim()),
        None => (None, goal),
    };
    let last = was.map(|was| published(was, row, &past));
    let sql = query(goal, row);
    let plan = definition(goal, Some(&sql)).at(moment(when).period);
    let history = History::from_iter([("g".to_owned(), past)]);
    let tables: IndexMap<String, SourceTable> = IndexMap::new();
    let given = Given {
        reporting: &moment(when),
        tables: &tables,
        history: &history,
    };
    let mut all = indicators::compute_since(&plan, given, last.as_ref());
    let silent = was.is_some() && !goal.contains("authority");
    let told = all.findings.iter().any(|f| f.code == "goal-changed");
    assert_eq!(silent, told, "{goal}");
    assert!(
        all.findings.iter().all(|f| !f.is_error()),
        "{}",
        metas::console::plain_text(&all.findings)
    );
    all.goals.remove(0)
}

fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |v| {
        let rounded = (v * 1e9).round() / 1e9;
        format!("{rounded}")
    })
}

#[test]
fn every_case_of_the_table() {
    let table = include_str!("../indicators/rules.txt");
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in table
        .lines()
        .filter(|l| !l.starts_with('#') && !l.trim().is_empty())
    {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [
            case,
            goal,
            row,
            when,
            before,
            value,
            attainment,
            progress,
            status,
            flags,
        ] = cells[..]
        else {
            panic!("not ten cells: {line}");
        };
        let result = computed(goal, row, when, before);
        let told: Vec<String> = result
            .flags
            .iter()
            .map(|f| {
                serde_json::to_value(f)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        let told = if told.is_empty() {
            "-".to_owned()
        } else {
            told.join(",")
        };
        let wanted = |text: &str| {
            text.parse::<f64>()
                .map_or(text.to_owned(), |v| number(Some(v)))
        };
        let got = [
            number(result.actual_value),
            number(result.attainment_pct),
            number(result.progress_pct),
            result.status.id().to_owned(),
            told,
        ];
        let want = [
            wanted(value),
            wanted(attainment),
            wanted(progress),
            status.to_owned(),
            flags.to_owned(),
        ];
        if got != want {
            wrong.push(format!(
                "{case}: expected {want:?}, got {got:?} ({})",
                result.status_reason
            ));
        }
        cases += 1;
    }
    assert!(cases > 50, "the table is short: {cases}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Better and worse by direction; nothing where the figures cannot be compared.
#[test]
fn how_a_value_moved() {
    let due = "due=\"2026-12\"";
    for (goal, then, now, trend) in [
        ("kind=\"ratio\", target=80", "50", "60", Some("better")),
        ("kind=\"ratio\", target=80", "60", "50", Some("worse")),
        ("kind=\"ratio\", target=80", "60", "60.0", Some("same")),
        (
            "kind=\"stock\", direction=\"descending\", target=10, baseline=30",
            "20",
            "25",
            Some("worse"),
        ),
        (
            "kind=\"stock\", direction=\"descending\", target=10, baseline=30",
            "20",
            "15",
            Some("better"),
        ),
        (
            "kind=\"constant\", band={ low=95, high=105 }",
            "96",
            "104",
            Some("same"),
        ),
        (
            "kind=\"constant\", band={ low=95, high=105 }",
            "110",
            "106",
            Some("better"),
        ),
        ("kind=\"milestone\"", "1", "1", None),
    ] {
        let text = format!("{goal}, {due}");
        let row = if goal.contains("milestone") {
            "CAST('2026-02-18' AS DATE) AS completed_on".to_owned()
        } else {
            format!("{now} AS value")
        };
        let result = computed(&text, &row, "2026-T2", "-");
        let plan = definition(&text, Some(&query(&text, &row)));
        let defined = &plan.goals["g"];
        let told = |method: Option<u64>| {
            let before = PastFigure {
                method,
                ..past(&format!("2026-T1={then}:in-progress")).remove(0)
            };
            let period = "2026-T2".parse().unwrap();
            indicators::compare(defined, period, &result, &[before])
                .ok()
                .map(|one| one.trend)
                .map(|t| serde_json::to_value(t).unwrap())
        };
        let method = indicators::method(&defined.commitment(), result.target);
        assert_eq!(told(method), trend.map(Into::into), "{goal}: {then}, {now}");
        // Another target or query, or an edition that does not say how it measured.
        assert_eq!(told(method.map(|m| m ^ 1)), None, "{goal}");
        assert_eq!(told(None), None, "{goal}");
    }
}

/// A figure that contradicts an earlier one, or what the department says of it, is told.
#[test]
fn what_contradicts_itself_is_told() {
    let counted = r#"kind="cumulative", basis="year-to-date", target=100, due="2026-12""#;
    let ratio = r#"kind="ratio", target=80, due="2026-03""#;
    let steps = r#"kind="process", window={ from="2026-01", to="2026-07" }, steps=[{ id="a", title="A", due="2026-03" }]"#;
    let done = "CAST('2026-03-20' AS DATE) AS completed_on";
    let step = |id: &str| format!("'{id}' AS step, {done}");
    for (goal, row, when, before, warnings) in [
        (
            counted,
            "10 AS value",
            "2026-T2",
            "2026-T1=20:in-progress",
            1,
        ),
        (
            counted,
            "30 AS value",
            "2026-T2",
            "2026-T1=20:in-progress",
            0,
        ),
        (
            ratio,
            "90 AS value, 'cumplida' AS declared_status",
            "2026-T1",
            "-",
            0,
        ),
        (
            ratio,
            "90 AS value, 'met' AS declared_status",
            "2026-T1",
            "-",
            0,
        ),
        (
            ratio,
            "90 AS value, 'No cumplida' AS declared_status",
            "2026-T1",
            "-",
            1,
        ),
        (steps, &step("a"), "2026-T1", "-", 0),
        (steps, &step("b"), "2026-T1", "-", 1),
    ] {
        let plan = definition(goal, Some(&query(goal, row))).at(moment(when).period);
        let history = History::from_iter([("g".to_owned(), past(before))]);
        let all = indicators::compute(&plan, &moment(when), &IndexMap::new(), &history);
        let told = metas::console::plain_text(&all.findings);
        assert_eq!(all.findings.len(), warnings, "{row}: {told}");
    }
}

/// Laws that hold for every figure.
mod laws {
    use metas::indicators::{attainment, progress};
    use metas::plan::{Direction, Quantity};
    use proptest::prelude::*;

    fn quantity(target: f64, baseline: Option<f64>, descending: bool) -> Quantity {
        Quantity {
            target,
            baseline,
            direction: if descending {
                Direction::Descending
            } else {
                Direction::Ascending
            },
            planned: indexmap::IndexMap::new(),
        }
    }

    proptest! {
        #[test]
        fn progress_stays_within_0_and_100(value in -1e6..1e6, target in 0.001..1e6, above in 0.001..1e6, down: bool, based: bool) {
            let baseline = based.then_some(if down { target + above } else { target - above });
            let quantity = quantity(target, baseline, down);
            if let Some(attained) = attainment(value, target, &quantity, based) {
                prop_assert!((0.0..=100.0).contains(&progress(attained, false)));
            }
        }

        #[test]
        fn more_in_the_direction_is_never_less_progress(a in 0.0..1e6, step in 0.0..1e6, target in 0.001..1e6, above in 0.001..1e6, down: bool, based: bool) {
            let baseline = based.then_some(if down { target + above } else { target - above });
            let quantity = quantity(target, baseline, down);
            let (worse, better) = if down { (a + step, a) } else { (a, a + step) };
            let at = |v: f64| attainment(v, target, &quantity, based).map(|x| progress(x, false));
            if let (Some(low), Some(high)) = (at(worse), at(better)) {
                prop_assert!(low <= high + 1e-9, "{low} > {high}");
            }
        }
    }
}
