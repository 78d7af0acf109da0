//! What an edition says otherwise than the one before it says so: corrections and changed goals.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::home::TestHome;

const PLAN: &str = "pamga-2025-2027";
const DEFINITION: &str = "pipelines/pamga-2025-2027.toml";

fn run(home: &TestHome, period: &str, day: &str, more: &[&str]) -> crate::home::Ran {
    let known = ["run", PLAN, "--period", period, "--as-of", day];
    home.metas(&[&known[..], more].concat())
}

/// León with a template of a few lines: what is on the page is not looked at here.
fn leon() -> TestHome {
    let home = TestHome::leon();
    fs::remove_file(home.file("report-templates/informe/slides.typ")).unwrap();
    let template = "#let data = json(\"results.json\")\n\
         #set document(title: data.plan.title, date: datetime.today())\n#set text(lang: \"es\")\n\
         #for goal in data.goals [#goal.statement \\ #goal.shown.actual_value #goal.shown.status \\ ]\n";
    fs::write(home.file("report-templates/informe/report.typ"), template).unwrap();
    home
}

/// León with its first quarter issued, and the same files sent for the second.
fn first_quarter_issued() -> TestHome {
    let home = leon();
    run(&home, "2026-T1", "2026-04-06", &[]).ok();
    fs::create_dir_all(home.file("inputs/2026-T2")).unwrap();
    for entry in fs::read_dir(home.file("inputs/2026-T1")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let name = path.file_name().unwrap();
            fs::copy(&path, home.file("inputs/2026-T2").join(name)).unwrap();
        }
    }
    home
}

fn agreements(home: &TestHome) -> PathBuf {
    fs::read_dir(home.file("inputs/2026-T1"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.to_string_lossy().contains("mi-barrio-habla"))
        .unwrap()
}

/// The workbook as a program saves it again: the same cells in other bytes.
fn save_again(path: &PathBuf) {
    let mut bytes = fs::read(path).unwrap();
    let end = bytes.len();
    assert_eq!(&bytes[end - 22..end - 18], b"PK\x05\x06");
    bytes[end - 2] = 1;
    bytes.push(b' ');
    fs::write(path, bytes).unwrap();
}

fn goal<'v>(results: &'v Value, id: &str) -> &'v Value {
    let goals = results["goals"].as_array().unwrap();
    goals.iter().find(|goal| goal["id"] == id).unwrap()
}

fn results(home: &TestHome, edition: &str) -> Value {
    home.json(&format!("reports/{PLAN}/{edition}/results.json"))
}

#[test]
fn the_same_cells_in_other_bytes_are_no_restatement() {
    let home = first_quarter_issued();
    save_again(&agreements(&home));
    let ran = run(&home, "2026-T2", "2026-07-06", &[]).ok();
    assert!(!ran.stderr.contains("restatement"), "{}", ran.stderr);
}

#[test]
fn a_changed_definition_is_no_restatement() {
    let home = first_quarter_issued();
    save_again(&agreements(&home));
    home.replace(DEFINITION, "target = 80\n", "target = 95\n");
    let ran = run(&home, "2026-T2", "2026-07-06", &[]).ok();
    assert!(!ran.stderr.contains("restatement"), "{}", ran.stderr);
    assert!(ran.stderr.contains("goal-changed"), "{}", ran.stderr);
}

/// The ceremony was held in March and due in February.
fn move_due_date(home: &TestHome) {
    let (before, after) = home
        .read(DEFINITION)
        .split_once("[goal.abanderamiento]")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let moved = after.replacen("due = \"2026-02\"", "due = \"2026-03\"", 1);
    fs::write(
        home.file(DEFINITION),
        format!("{before}[goal.abanderamiento]{moved}"),
    )
    .unwrap();
}

#[test]
fn a_due_date_moved_after_the_fact_is_told_and_changes_no_status() {
    let home = first_quarter_issued();
    assert_eq!(
        goal(&results(&home, "2026-T1/v1"), "abanderamiento")["status"],
        "met-late"
    );
    move_due_date(&home);
    home.metas(&["check", "--period", "2026-T2", "--as-of", "2026-07-06"])
        .says(&["goal-changed"]);
    run(&home, "2026-T2", "2026-07-06", &[]).ok().says(&[
        "goal-changed",
        "due was 2026-02 and is 2026-03",
        "[goal.abanderamiento.changed]",
    ]);
    let told = results(&home, "2026-T2/v1");
    let ceremony = goal(&told, "abanderamiento");
    assert_eq!(ceremony["status"], "met-late");
    assert!(
        ceremony["shown"]["reason"]
            .as_str()
            .unwrap()
            .contains("se juzga como se publicó")
    );
    let change = &told["goal_changes"][0];
    assert_eq!(
        (&change["before"], &change["after"]),
        (&"2026-02".into(), &"2026-03".into())
    );
    assert_eq!(change["shown"]["before"], "Febrero 2026");
    assert_eq!(
        (&change["authorised"], &change["held"]),
        (&false.into(), &true.into())
    );
    home.metas(&[
        "verify",
        home.file(&format!("reports/{PLAN}/2026-T2/v1"))
            .to_str()
            .unwrap(),
    ])
    .ok();
}

#[test]
fn a_change_holds_once_the_plan_says_who_decided() {
    let home = first_quarter_issued();
    move_due_date(&home);
    run(&home, "2026-T2", "2026-07-06", &[]).ok();

    // An edition later nothing has been decided: it is told again, and still changes nothing.
    let reason = ["--new-edition", "--reason", "otra vez"];
    run(&home, "2026-T2", "2026-07-07", &reason)
        .ok()
        .says(&["goal-changed"]);
    assert_eq!(
        goal(&results(&home, "2026-T2/v2"), "abanderamiento")["status"],
        "met-late"
    );

    // Who decided is said: the change holds, is printed once more with it, and is then history.
    let text = home.read(DEFINITION);
    let decided = "[goal.abanderamiento.changed]\ndate = \"2026-07-01\"\nreason = \"Reprogramación\"\nauthority = \"Ayuntamiento\"\n\n[goal.capacitacion]";
    fs::write(
        home.file(DEFINITION),
        text.replace("[goal.capacitacion]", decided),
    )
    .unwrap();
    let ran = run(&home, "2026-T2", "2026-07-08", &reason).ok();
    assert!(!ran.stderr.contains("goal-changed"), "{}", ran.stderr);
    let told = results(&home, "2026-T2/v3");
    assert_eq!(goal(&told, "abanderamiento")["status"], "met");
    let shown = told["goal_changes"][0]["shown"]["decided"]
        .as_str()
        .unwrap();
    assert!(
        shown.contains("Ayuntamiento") && shown.contains("Reprogramación"),
        "{shown}"
    );
    run(&home, "2026-T2", "2026-07-09", &reason).ok();
    assert_eq!(
        results(&home, "2026-T2/v4")["goal_changes"],
        Value::Array(Vec::new())
    );

    // The word that was given for one change does not cover the next.
    home.replace(DEFINITION, "due = \"2026-03\"", "due = \"2026-11\"");
    run(&home, "2026-T2", "2026-07-10", &reason)
        .ok()
        .says(&["goal-changed"]);
}

#[test]
fn a_goal_that_recurs_is_the_same_goal_every_year() {
    let home = leon();
    // A letter that no font has is printed as another, and is no change.
    let odd = "por cada a\u{f1}o \u{1f389}\u{200b} n\u{303}";
    home.replace(DEFINITION, "por cada anualidad", odd);
    let periods = [
        ("2026-T1", "2026-04-06"),
        ("2026-T2", "2026-07-06"),
        ("2026-T4", "2027-01-06"),
        ("2027-T2", "2027-07-06"),
    ];
    for (period, day) in periods {
        fs::create_dir_all(home.file(&format!("inputs/{period}"))).unwrap();
        let ran = run(&home, period, day, &[]).ok();
        assert!(
            !ran.stderr.contains("goal-changed"),
            "{period}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_goal_that_is_gone_is_told() {
    let home = first_quarter_issued();
    let text = home.read(DEFINITION);
    let (before, rest) = text.split_once("[goal.abanderamiento]").unwrap();
    let (_, after) = rest.split_once("[goal.capacitacion]").unwrap();
    fs::write(
        home.file(DEFINITION),
        format!("{before}[goal.capacitacion]{after}"),
    )
    .unwrap();
    run(&home, "2026-T2", "2026-07-06", &[]).ok().says(&[
        "goal-changed",
        "`abanderamiento`",
        "no longer in the plan",
    ]);
    assert_eq!(
        results(&home, "2026-T2/v1")["goal_changes"][0]["key"],
        "goal"
    );
}

#[test]
fn a_correction_says_each_figure_before_and_after() {
    let home = leon();
    let path = agreements(&home);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, "no es un libro").unwrap();
    run(&home, "2026-T1", "2026-04-06", &[]).ok();
    fs::write(&path, whole).unwrap();
    let reason = ["--new-edition", "--reason", "Llegó el archivo"];
    run(&home, "2026-T1", "2026-04-07", &reason).ok();

    let told = results(&home, "2026-T1/v2");
    let corrections = told["corrections"].as_array().unwrap();
    let of = |what: &str| {
        corrections
            .iter()
            .find(|c| c["goal"] == "acuerdos-atendidos" && c["what"] == what)
            .unwrap_or_else(|| panic!("no {what} in {corrections:#?}"))
    };
    let status = of("status");
    assert_eq!(
        (&status["before"], &status["after"]),
        (&"no-data".into(), &"met".into())
    );
    assert_eq!(status["shown"]["before"], "Sin información");
    assert_eq!(status["shown"]["after"], "Cumplida");
    assert_eq!(status["reason"], "Llegó el archivo");
    let value = of("actual_value");
    assert_eq!(value["before"], Value::Null);
    assert!((value["after"].as_f64().unwrap() - 100.0 * 404.0 / 449.0).abs() < 1e-9);
    assert_eq!(value["shown"]["after"], "90%");
    assert!(
        corrections
            .iter()
            .all(|c| c["goal"] == "acuerdos-atendidos"),
        "{corrections:#?}"
    );
    assert!(
        goal(&told, "acuerdos-atendidos")["flags"]
            .to_string()
            .contains("corrected")
    );
    assert!(
        !goal(&told, "abanderamiento")["flags"]
            .to_string()
            .contains("corrected")
    );
    assert_eq!(told["replaces"][0]["edition"], 1);
    home.metas(&[
        "verify",
        home.file(&format!("reports/{PLAN}/2026-T1/v2"))
            .to_str()
            .unwrap(),
    ])
    .ok();
}

/// A plan at a period is the same, whatever period it was taken at before.
#[test]
fn no_instance_is_made_of_another() {
    let text = include_str!("../../pipelines/pamga-2025-2027.toml").replace(
        "recurs_until = \"2027-12\"\n",
        "recurs_until = \"2027-12\"\ntargets = { \"2026\" = 85 }\n\
         span = { from = \"2025-01\", to = \"2025-12\" }\nplanned = { \"2026-T2\" = 50 }\n",
    );
    let plan = metas::plan::parse("pamga-2025-2027.toml", &text).unwrap();
    let periods = [
        "2025-T4", "2026-T1", "2026-T2", "2027-T1", "2027-T4", "2028-T2",
    ];
    let told = |plan: &metas::plan::Plan| format!("{:?} {:?}", plan.goals, plan.sources);
    for one in periods.map(|p| p.parse().unwrap()) {
        for other in periods.map(|p| p.parse().unwrap()) {
            assert_eq!(
                told(&plan.at(one).at(other)),
                told(&plan.at(other)),
                "{one} {other}"
            );
            let published = plan.at(one).goals["acuerdos-atendidos"].commitment();
            let now = plan.at(other).goals["acuerdos-atendidos"].commitment();
            assert!(published.differences(&now).is_empty(), "{one} {other}");
        }
    }
}
