//! Other municipalities, given only as a definition and workbooks. What their figures must be is
//! worked out a second time by `tests/tools/check_figures.py`; here they must run, quarter by
//! quarter, and be made again byte by byte.

use crate::home::TestHome;

fn quarters(name: &str, plan: &str, quarters: &[(&str, &str)]) -> TestHome {
    let home = TestHome::named(name);
    for (period, day) in quarters {
        home.metas(&["run", plan, "--period", period, "--as-of", day])
            .ok();
        let dir = home.file(&format!("reports/{plan}/{period}/v1"));
        home.metas(&["verify", dir.to_str().unwrap()]).ok();
    }
    home
}

const YEAR: [(&str, &str); 4] = [
    ("2026-T1", "2026-04-06"),
    ("2026-T2", "2026-07-06"),
    ("2026-T3", "2026-10-06"),
    ("2026-T4", "2027-01-06"),
];

#[test]
fn valle_verde_collects_from_several_departments() {
    let plan = "plan-valle-verde-2026";
    let home = quarters("valle-verde", plan, &YEAR[..1]);
    let results = home.json(&format!("reports/{plan}/2026-T1/v1/results.json"));
    let goal = |id: &str| {
        let goals = results["goals"].as_array().unwrap();
        goals
            .iter()
            .find(|g| g["id"] == id)
            .unwrap_or_else(|| panic!("no {id}"))
            .clone()
    };
    // One department has not sent its file: the figure is incomplete and says who is missing.
    let shared = goal("solicitudes-atendidas");
    assert!(
        shared["flags"].to_string().contains("incomplete"),
        "{shared}"
    );
    assert_eq!(
        shared["missing_departments"][0],
        "Coordinación de Parques y Jardines"
    );
    // Where every department is required, there is no figure.
    assert_eq!(goal("en-linea")["status"], "no-data");
}

#[test]
fn santa_lucia_over_a_year() {
    let plan = "programa-santa-lucia";
    let home = quarters("santa-lucia", plan, &YEAR);
    let results = home.json(&format!("reports/{plan}/2026-T4/v1/results.json"));
    let with_history = results["goals"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|g| g["history"].as_array().is_some_and(|h| h.len() == 3));
    assert_eq!(
        with_history.count(),
        12,
        "each goal remembers three quarters"
    );
    let table = home.metas(&["status", "--as-of", "2027-01-07"]).ok().stdout;
    assert!(
        table.contains("baches-reparados") && table.contains("2026-T4"),
        "{table}"
    );
    let over_time = table.split("Goals over time").nth(1).unwrap();
    assert!(
        over_time.lines().all(|l| l.chars().count() <= 80),
        "{over_time}"
    );
}

#[test]
fn puerto_claro_over_a_year() {
    let plan = "agenda-puerto-claro";
    let home = quarters("puerto-claro", plan, &YEAR);
    let results = home.json(&format!("reports/{plan}/2026-T3/v1/results.json"));
    let gap = results["goals"]
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["id"] == "nivel-laguna");
    assert_eq!(
        gap.unwrap()["status"],
        "no-data",
        "a quarter without its file is a gap"
    );
    said_of_puerto_claro(&home, plan);
}

/// What changed, why it can't be told, what needs attention and what comes, quarter by quarter.
fn said_of_puerto_claro(home: &TestHome, plan: &str) {
    let results = |period: &str| home.json(&format!("reports/{plan}/{period}/v1/results.json"));
    for (period, goal, key, said) in [
        (
            "2026-T2",
            "respuestas",
            "not_comparable",
            "Sin dato en el 1.er trimestre",
        ),
        (
            "2026-T2",
            "satisfaccion",
            "change",
            "+4.96\u{a0}puntos desde el 1.er trimestre",
        ),
        (
            "2026-T3",
            "archivo",
            "change",
            "Sin cambio desde el 2.º trimestre",
        ),
        (
            "2026-T3",
            "nivel-laguna",
            "not_comparable",
            "Sin dato en este periodo",
        ),
        ("2026-T3", "respuestas", "number", "75.61"),
        ("2026-T3", "respuestas", "number_unit", "%"),
        (
            "2026-T4",
            "portal",
            "cause",
            "Causa no informada por Unidad de Transparencia",
        ),
    ] {
        let document = results(period);
        let goals = document["goals"].as_array().unwrap();
        let found = goals.iter().find(|g| g["id"] == goal).unwrap();
        assert_eq!(found["shown"][key], said, "{period} {goal} {key}");
        if (period, key) == ("2026-T3", "number") {
            assert_eq!(
                found["conclusion"],
                "75.61%: En tiempo; bajó 5.64\u{a0}puntos desde el 2.º trimestre; meta 85% en \
                 diciembre de 2026."
            );
        }
    }
    what_is_urgent_and_what_comes(&results("2026-T4"));
}

fn what_is_urgent_and_what_comes(last: &serde_json::Value) {
    let goals = last["goals"].as_array().unwrap();
    let mut urgent: Vec<(u64, &str, &str)> = goals
        .iter()
        .filter_map(|g| {
            Some((
                g["attention"].as_u64()?,
                g["id"].as_str()?,
                g["status"].as_str()?,
            ))
        })
        .collect();
    urgent.sort_unstable();
    let statuses: Vec<&str> = urgent.iter().map(|(_, _, status)| *status).collect();
    assert_eq!(
        statuses,
        ["not-met", "not-met", "not-met", "met-late"],
        "{urgent:?}"
    );
    assert_eq!(last["summary"]["conclusion"], "6 de 10 metas cumplidas");
    assert_eq!(
        last["summary"]["changes"]["shown"],
        "▲ 5\u{a0}mejoran · ▼ 3\u{a0}empeoran · 2\u{a0}sin cambio"
    );
    let coming: Vec<(&str, &str)> = last["coming"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| (c["date"].as_str().unwrap(), c["goal"].as_str().unwrap()))
        .collect();
    assert_eq!(
        coming,
        [("2027-01-25", "rezago"), ("2027-02-01", "respuestas")]
    );
}
