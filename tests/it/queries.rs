//! What queries mean and what is doubtful about them: days, types, averages of percentages, counts
//! that begin nowhere.

use metas::indicators;
use metas::ingest;
use metas::plan::{self, Plan};

use crate::home::TestHome;

const PLAN: &str = r#"
format = 1
[plan]
id = "p"
title = "t"
timezone = "America/Mexico_City"
[schedule]
every = "quarter"
first_period = "2026-T1"
[department.d]
name = "D"
[source.casos]
department = "d"
file = "casos*.csv"
CHECK
[source.casos.columns]
fecha  = { header = "Fecha", type = "date" }
avance = { header = "Avance", type = "percent" }
n      = { header = "N", type = "integer" }
total  = { header = "Total", type = "integer" }
[axis.a]
title = "A"
[goal.g]
axis = "a"
statement = "s"
GOAL
[report]
brand = { name = "M" }
"#;

fn plan(goal: &str, check: &str) -> Plan {
    let text = PLAN.replace("GOAL", goal).replace("CHECK", check);
    plan::parse("p.toml", &text).unwrap_or_else(|e| panic!("{}", metas::console::plain_text(&e)))
}

fn codes(goal: &str) -> Vec<String> {
    let found = indicators::validate(&plan(goal, ""));
    found.into_iter().map(|f| f.code).collect()
}

/// A percentage scaled or turned round is one still; times its number of cases it is none. Of a
/// goal that is no ratio its unit tells whether it is a share.
#[test]
fn what_is_still_a_percentage_is_not_averaged() {
    for (kind, sql, warned) in [
        ("kind = \"ratio\"", "avance / 100", true),
        ("kind = \"ratio\"", "avance * 100", true),
        ("kind = \"ratio\"", "100 - avance", true),
        ("kind = \"ratio\"", "avance * n", false),
        ("kind = \"ratio\"", "n * avance", false),
        ("kind = \"stock\"\nunit = \"%\"", "100.0 * n / total", true),
        (
            "kind = \"stock\"\nunit = \"kg\"",
            "100.0 * n / total",
            false,
        ),
    ] {
        let found = codes(&format!(
            "{kind}\ntarget = 8\ndue = \"2026-12\"\nquery = \"SELECT AVG({sql}) AS value FROM casos\""
        ));
        let told = found.iter().any(|code| code == "average-of-percentages");
        assert_eq!(told, warned, "{kind} {sql}: {found:?}");
    }
}

const OF_THE_YEAR: &str = "WHERE fecha BETWEEN year_start AND cutoff";

#[test]
fn doubtful_queries_are_warned_of() {
    let ratio = |sql: &str| {
        codes(&format!(
            "kind = \"ratio\"\ntarget = 80\ndue = \"2026-12\"\nquery = \"{sql}\""
        ))
    };
    for (sql, code) in [
        (
            "SELECT AVG(avance) AS value FROM casos",
            "average-of-percentages",
        ),
        (
            "SELECT ROUND(AVG(casos.avance), 1) AS value FROM casos",
            "average-of-percentages",
        ),
        (
            "SELECT SUM(avance) / COUNT(*) AS value FROM casos",
            "average-of-percentages",
        ),
        (
            "SELECT AVG(100.0 * n / total) AS value FROM casos",
            "average-of-percentages",
        ),
        (
            "WITH x AS (SELECT avance AS v FROM casos) SELECT AVG(v) AS value FROM x",
            "average-of-percentages",
        ),
        ("SELECT SUM(avance * n) / SUM(n) AS value FROM casos", ""),
        (
            "SELECT SUM(n) AS numerator, SUM(total) AS denominator FROM casos",
            "",
        ),
        ("SELECT MAX(avance) AS value FROM casos", ""),
        ("SELECT AVG(n) AS value FROM casos", ""),
        ("SELECT AVG(cutoff - fecha) AS value FROM casos", ""),
    ] {
        assert_eq!(ratio(sql).join(" "), code, "{sql}");
    }
    let sum = |basis: &str, sql: &str| {
        codes(&format!(
            "kind = \"cumulative\"\nbasis = \"{basis}\"\ntarget = 8\ndue = \"2026-12\"\nquery = \"SELECT SUM(n) AS value FROM casos {sql}\""
        ))
    };
    for (basis, sql, code) in [
        (
            "year-to-date",
            "WHERE fecha <= cutoff",
            "year-to-date-without-start",
        ),
        ("year-to-date", OF_THE_YEAR, ""),
        (
            "year-to-date",
            "WHERE fecha BETWEEN target_start AND cutoff",
            "",
        ),
        ("year-to-date", "WHERE EXTRACT(YEAR FROM fecha) = 2026", ""),
        ("period", "WHERE fecha <= cutoff", "period-without-start"),
        ("period", OF_THE_YEAR, "period-without-start"),
        (
            "period",
            "WHERE fecha BETWEEN period_start AND period_end",
            "",
        ),
    ] {
        assert_eq!(sum(basis, sql).join(" "), code, "{basis} {sql}");
    }
}

#[test]
fn the_sample_plans_are_not_warned_of() {
    for name in ["valle-verde", "santa-lucia", "puerto-claro"] {
        let home = TestHome::named(name);
        let folder = std::fs::read_dir(home.file("pipelines")).unwrap();
        for path in folder.map(|entry| entry.unwrap().path()) {
            let text = std::fs::read_to_string(&path).unwrap();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let plan = plan::parse(&file, &text).unwrap();
            let found = indicators::validate(&plan);
            assert!(found.is_empty(), "{}", metas::console::plain_text(&found));
        }
    }
    let leon = include_str!("../../pipelines/pamga-2025-2027.toml");
    let plan = plan::parse("pamga-2025-2027.toml", leon).unwrap();
    assert!(indicators::validate(&plan).is_empty());
}

#[test]
fn a_check_of_days_is_one_of_days() {
    let narrative = "kind = \"narrative\"";
    let sound = plan(narrative, "check = \"cutoff_day - fecha <= 30\"");
    assert!(
        !ingest::validate(&sound).is_empty(),
        "there is no such column"
    );
    let sound = plan(narrative, "check = \"fecha - fecha <= 30\"");
    assert!(ingest::validate(&sound).is_empty());
    let wrong = plan(narrative, "check = \"fecha > 30\"");
    let told = ingest::validate(&wrong);
    assert!(
        told[0]
            .message
            .contains("takes a date or a duration for a number"),
        "{told:?}"
    );
}

/// Average days, and a count of what took at most thirty, as a department's file gives them.
#[test]
fn average_days_are_days() {
    let home = TestHome::empty();
    let goals = [
        ("dias", "SELECT AVG(cutoff - fecha) AS value FROM casos"),
        (
            "pronto",
            "SELECT COUNT(*) FILTER (WHERE cutoff - fecha <= 30) AS value FROM casos",
        ),
    ];
    let definition = PLAN.replace("CHECK", "").replace(
        "[goal.g]\naxis = \"a\"\nstatement = \"s\"\nGOAL",
        &goals
            .map(|(id, sql)| format!("[goal.{id}]\naxis = \"a\"\nstatement = \"{id}\"\nkind = \"stock\"\ndirection = \"descending\"\ntarget = 30\ndue = \"2026-03\"\nquery = \"{sql}\"\n"))
            .join("\n"),
    );
    std::fs::create_dir_all(home.file("pipelines")).unwrap();
    std::fs::create_dir_all(home.file("inputs/2026-T1")).unwrap();
    std::fs::write(
        home.file("pipelines/p.toml"),
        format!("{definition}\n[limits]\nquiet_seconds = 0\n"),
    )
    .unwrap();
    let csv = "Fecha,Avance,N,Total\n16/02/2026,50%,1,2\n26/02/2026,50%,1,2\n09/03/2026,50%,1,2\n";
    std::fs::write(home.file("inputs/2026-T1/casos.csv"), csv).unwrap();
    let explained = |goal: &str| {
        let asked = [
            "explain",
            goal,
            "--period",
            "2026-T1",
            "--as-of",
            "2026-04-06",
            "--json",
        ];
        home.metas(&asked).ok().json()["goal"].clone()
    };
    // 43, 33 and 22 days before 31 March.
    let days = explained("dias");
    assert!(
        (days["actual_value"].as_f64().unwrap() - 98.0 / 3.0).abs() < 1e-9,
        "{days}"
    );
    assert_eq!(days["status"], "not-met");
    assert_eq!(explained("pronto")["actual_value"], 1.0);
}
