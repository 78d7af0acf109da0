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
}
