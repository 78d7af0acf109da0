//! What people say beside the figures: causes, risks, next steps and requests come from the files
//! as figures do, are cleaned as they are, and what is wrong with a row is told.

use std::fs;

use serde_json::Value;

use crate::bad_input::{self, RUN};
use crate::home::TestHome;

const PLAN: &str = "pipelines/baches.toml";
const RESULTS: &str = "reports/baches/2026-T1/v1/results.json";

const SOURCES: &str = r#"[source.observaciones]
department = "obras"
file = "observaciones*.csv"
required = false
[source.observaciones.columns]
meta = { header = "Meta", type = "text" }
causa = { header = "Causa", type = "text", optional = true }
riesgo = { header = "Riesgo", type = "text", optional = true }
paso = { header = "Sigue", type = "text", optional = true }
fecha = { header = "Fecha", type = "date", optional = true }
quien = { header = "Quien", type = "text", optional = true, personal = true }
"#;

const QUERIES: &str = r#"[report]
remarks = "SELECT meta AS goal, causa AS cause, riesgo AS risk, paso AS next_step, fecha AS next_date FROM observaciones WHERE meta <> 'pedir'"
requests = "SELECT paso AS text, causa AS who, fecha AS date FROM observaciones WHERE meta = 'pedir'"
"#;

/// The plan of one goal, which is not met, with a file of remarks; none where `rows` is empty.
fn home(rows: &str) -> TestHome {
    let home = bad_input::home();
    home.replace(PLAN, "[axis.calles]", &format!("{SOURCES}[axis.calles]"));
    home.replace(PLAN, "[report]\n", QUERIES);
    home.replace(
        PLAN,
        "axis = \"calles\"",
        "axis = \"calles\"\nresponsible = \"obras\"",
    );
    if !rows.is_empty() {
        let text = format!("Meta,Causa,Riesgo,Sigue,Fecha,Quien\n{rows}");
        fs::write(home.file("inputs/2026-T1/observaciones.csv"), text).unwrap();
    }
    home
}

fn goal(results: &Value) -> Value {
    results["goals"][0].clone()
}

#[test]
fn what_is_said_of_a_goal_is_printed_with_it() {
    let home = home(
        "reparados,\"Llovió\u{7} cafe\u{301}  \",Faltan cuadrillas,Contratar dos,2026-05-15,Ana\n\
         pedir,Tesorería,,Autorizar dos cuadrillas,30/04/2026,Ana\n",
    );
    home.metas(&RUN).ok().says(&["[control-characters]"]);
    let results = home.json(RESULTS);
    let goal = goal(&results);
    assert_eq!(goal["remark"]["cause"], "Llovió café", "cleaned as others");
    assert_eq!(goal["shown"]["cause"], "Llovió café");
    assert_eq!(goal["remark"]["risk"], "Faltan cuadrillas");
    assert_eq!(goal["remark"]["next_date"], "2026-05-15");
    assert_eq!(goal["remark"]["shown"]["next_date"], "15 de mayo de 2026");
    assert_eq!(results["requests"][0]["text"], "Autorizar dos cuadrillas");
    assert_eq!(results["requests"][0]["who"], "Tesorería");
    assert_eq!(
        results["requests"][0]["shown"]["date"],
        "30 de abril de 2026"
    );
    let coming = &results["coming"][0];
    assert_eq!(coming["kind"], "next-step");
    assert_eq!(coming["text"], "Contratar dos");
    assert_eq!(coming["shown"]["date"], "15 de mayo de 2026");
    let told = home
        .metas(&["explain", "reparados", "--period", "2026-T1"])
        .ok();
    told.says(&["Faltan cuadrillas", "next step   Contratar dos"]);
}

/// A goal that is behind says so, whether nobody was asked, nobody answered or no file came.
#[test]
fn a_goal_that_is_behind_without_a_cause_says_who_owes_it() {
    let unknown = "Causa no informada por Dirección de Obras";
    for (rows, code) in [
        ("", "nothing-said"),
        ("reparados,,Un riesgo,,,\n", "missing-cause"),
    ] {
        let home = home(rows);
        home.metas(&RUN).ok().says(&[code]);
        let goal = goal(&home.json(RESULTS));
        assert_eq!(goal["shown"]["cause"], unknown, "{code}");
    }
    // A plan that asks nobody for causes is not warned of them.
    let home = bad_input::home();
    let said = home.metas(&RUN).ok();
    assert!(!said.stderr.contains("missing-cause"), "{}", said.stderr);
    let goal = goal(&home.json(RESULTS));
    assert_eq!(goal["shown"]["cause"], "Causa no informada");
    assert_eq!(goal["remark"], Value::Null);
}

#[test]
fn a_row_that_can_not_be_printed_is_told() {
    for (rows, code, says) in [
        (
            "reparado,Llovió,,,,\n",
            "remark-of-unknown-goal",
            "«reparados»",
        ),
        (
            "reparados,Llovió,,,,\nreparados,Nevó,,,,\n",
            "remark-doubled",
            "en una sola fila",
        ),
        (
            "pedir,Tesorería,,,30/04/2026,\n",
            "request-without-text",
            "qué se pide",
        ),
    ] {
        let home = home(rows);
        home.metas(&RUN).ok().says(&[code, says]);
    }
    let doubled = home("reparados,Llovió,,,,\nreparados,Nevó,,,,\n");
    doubled.metas(&RUN).ok();
    let goal = goal(&doubled.json(RESULTS));
    assert_eq!(goal["remark"]["cause"], "Llovió", "the first row is taken");
}

/// What stays in the reader can't be printed as a cause.
#[test]
fn a_personal_column_is_no_cause() {
    let home = home("reparados,Llovió,,,,Ana\n");
    home.replace(PLAN, "causa AS cause", "quien AS cause");
    let said = home.metas(&RUN).code(78);
    said.says(&["error[sql]", "quien"]);
}
