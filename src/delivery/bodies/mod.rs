//! The text of the report's message, in Spanish, from `results.json`.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use serde_json::Value as Json;

use crate::diagnostic::Diagnostic;

/// Used where the definition names no colour.
const PLAIN_COLOUR: &str = "#1f4e79";

/// The message's two forms, plain and HTML, from the results document and the SHA-256 of the attached
/// PDF. What the document lacks is left out.
///
/// # Errors
/// `body-failed` where a template can't be rendered, which is an error of this program.
pub fn report(results: &Json, pdf_sha256: &str) -> Result<(String, String), Diagnostic> {
    let view = view(results, pdf_sha256);
    let failed = |e: minijinja::Error| {
        Diagnostic::error("body-failed", format!("the message's text failed: {e:#}"))
    };
    let render = |name: &str, source: &str| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()
                .map_err(failed)?,
        );
        environment.set_auto_escape_callback(|name| {
            if name.ends_with(".html") {
                AutoEscape::Html
            } else {
                AutoEscape::None
            }
        });
        environment
            .render_named_str(name, source, &view)
            .map_err(failed)
    };
    Ok((
        render("report.txt", include_str!("report.txt"))?,
        render("report.html", include_str!("report.html"))?,
    ))
}

/// What the templates see: texts, and lists of them.
fn view(results: &Json, pdf_sha256: &str) -> Value {
    let edition = results["edition"].as_u64().unwrap_or(1);
    let colour = hex_colour(
        results["brand"]["color"]
            .as_str()
            .or(results["brand"]["colour"].as_str()),
    );
    let map = BTreeMap::from([
        ("title", first_text(&[&results["plan"]["title"]])),
        (
            "period",
            first_text(&[&results["shown"]["period"], &results["period"]]),
        ),
        (
            "cutoff",
            first_text(&[&results["shown"]["cutoff"], &results["cutoff"]]),
        ),
        ("session", first_text(&[&results["session"]])),
        ("edition", Value::from(edition)),
        ("before", Value::from(edition.saturating_sub(1))),
        ("corrects", Value::from(edition > 1)),
        ("reason", reason(&results["reason"])),
        (
            "preliminary",
            Value::from(results["preliminary"].as_bool().unwrap_or(false)),
        ),
        ("folio", first_text(&[&results["folio"]])),
        ("pdf_sha256", Value::from(pdf_sha256)),
        ("brand", first_text(&[&results["brand"]["name"]])),
        ("term", first_text(&[&results["brand"]["term"]])),
        ("ink", Value::from(ink_on(&colour))),
        ("colour", Value::from(colour)),
        ("axes", Value::from(axes(results))),
        ("missing", Value::from(missing(results))),
        ("corrections", Value::from(corrections(results))),
        ("changes", Value::from(changes(results))),
    ]);
    Value::from(map)
}

/// The first of these that is a text or number with something in it.
fn first_text(candidates: &[&Json]) -> Value {
    candidates
        .iter()
        .find_map(|json| match json {
            Json::String(text) if !text.trim().is_empty() => Some(Value::from(one_line(text))),
            Json::Number(number) => Some(Value::from(number.to_string())),
            _ => None,
        })
        .unwrap_or(Value::from(()))
}

/// The reason without the full stop that the sentence around it has.
fn reason(json: &Json) -> Value {
    let text = one_line(json.as_str().unwrap_or_default());
    let text = text.trim_end_matches('.');
    if text.is_empty() {
        Value::from(())
    } else {
        Value::from(text)
    }
}

/// Line breaks and other control characters would break the plain form's lines.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Axes in their order, each with its goals; goals of an unknown axis come last.
fn axes(results: &Json) -> Vec<Value> {
    let empty = Vec::new();
    let list = |key: &str| results[key].as_array().unwrap_or(&empty);
    let mut groups: Vec<(&Json, Vec<Value>)> =
        list("axes").iter().map(|axis| (axis, Vec::new())).collect();
    let mut others = Vec::new();
    for json in list("goals") {
        let home = groups
            .iter_mut()
            .find(|(axis, _)| axis["id"].is_string() && axis["id"] == json["axis"]);
        match home {
            Some((_, goals)) => goals.push(goal(json)),
            None => others.push(goal(json)),
        }
    }
    groups.push((&Json::Null, others));
    groups
        .into_iter()
        .filter(|(_, goals)| !goals.is_empty())
        .map(|(axis, goals)| {
            Value::from(BTreeMap::from([
                ("title", first_text(&[&axis["title"], &axis["id"]])),
                ("goals", Value::from(goals)),
            ]))
        })
        .collect()
}

fn goal(json: &Json) -> Value {
    let shown = &json["shown"];
    let percent = json["progress_pct"]
        .as_f64()
        .map(|value| Json::String(format!("{value:.0}%")))
        .unwrap_or_default();
    Value::from(BTreeMap::from([
        ("statement", first_text(&[&json["statement"], &json["id"]])),
        ("progress", first_text(&[&shown["progress_pct"], &percent])),
        ("status", first_text(&[&shown["status"], &json["status"]])),
        ("symbol", first_text(&[&shown["symbol"]])),
    ]))
}

/// Goals of which a figure is corrected, each with its figures before and after.
fn corrections(results: &Json) -> Vec<Value> {
    by_goal(&results["corrections"], |entry| {
        let shown = &entry["shown"];
        BTreeMap::from([
            ("what", first_text(&[&shown["what"], &entry["what"]])),
            ("before", first_text(&[&shown["before"], &entry["before"]])),
            ("after", first_text(&[&shown["after"], &entry["after"]])),
        ])
    })
}

/// Goals that the plan has changed since the last edition.
fn changes(results: &Json) -> Vec<Value> {
    by_goal(&results["goal_changes"], |entry| {
        let shown = &entry["shown"];
        BTreeMap::from([
            ("what", first_text(&[&shown["key"], &entry["key"]])),
            ("before", first_text(&[&shown["before"]])),
            ("after", first_text(&[&shown["after"]])),
            ("decided", first_text(&[&shown["decided"]])),
            ("gone", Value::from(entry["key"] == "goal")),
        ])
    })
}

/// The entries of a list, each goal's together, in its order.
fn by_goal(list: &Json, entry: impl Fn(&Json) -> BTreeMap<&'static str, Value>) -> Vec<Value> {
    let mut goals: Vec<(&Json, Vec<Value>)> = Vec::new();
    for one in list.as_array().into_iter().flatten() {
        let told = Value::from(entry(one));
        match goals
            .iter_mut()
            .find(|(first, _)| first["goal"] == one["goal"])
        {
            Some((_, entries)) => entries.push(told),
            None => goals.push((one, vec![told])),
        }
    }
    goals
        .into_iter()
        .map(|(first, entries)| {
            Value::from(BTreeMap::from([
                (
                    "statement",
                    first_text(&[&first["statement"], &first["goal"]]),
                ),
                ("entries", Value::from(entries)),
            ]))
        })
        .collect()
}

/// Names of the departments that have sent nothing.
fn missing(results: &Json) -> Vec<Value> {
    let departments = results["departments"].as_array();
    departments
        .into_iter()
        .flatten()
        .filter(|department| match &department["missing"] {
            Json::Bool(missing) => *missing,
            Json::Number(number) => number.as_f64() != Some(0.0),
            Json::Array(sources) => !sources.is_empty(),
            _ => false,
        })
        .map(|department| first_text(&[&department["name"], &department["id"]]))
        .filter(|name| !name.is_none())
        .collect()
}

/// `#rrggbb`, or the plain colour: nothing else may stand in a style.
fn hex_colour(text: Option<&str>) -> String {
    text.filter(|text| {
        text.strip_prefix('#')
            .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
    })
    .unwrap_or(PLAIN_COLOUR)
    .to_owned()
}

/// White or near-black, whichever reads better on `colour` (WCAG relative luminance).
fn ink_on(colour: &str) -> &'static str {
    let channel = |at: usize| {
        let byte = colour
            .get(at..at + 2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok())
            .unwrap_or(0);
        let share = f64::from(byte) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    let luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
    if luminance > 0.179 {
        "#1a1a1a"
    } else {
        "#ffffff"
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn results() -> Json {
        json!({
            "plan": {"id": "p", "title": "Seguimiento de metas del PAMGA 2025 - 2027"},
            "period": "2026-T1", "edition": 2, "cutoff": "2026-03-31", "preliminary": true,
            "shown": {"period": "primer trimestre de 2026", "cutoff": "31 de marzo de 2026"},
            "reason": "Se corrigió el número de\n<acuerdos>.",
            "corrections": [
                {"goal": "a", "statement": "Atender el 80% & más", "what": "actual_value", "before": 79.5, "after": 81.25,
                 "shown": {"what": "Valor", "before": "79.5%", "after": "81.25%"}},
                {"goal": "a", "statement": "Atender el 80% & más", "what": "status", "before": "not-met", "after": "met",
                 "shown": {"what": "Estatus", "before": "No cumplida", "after": "Cumplida"}}
            ],
            "goal_changes": [
                {"goal": "b", "statement": "Sin eje", "key": "due", "before": "2026-03", "after": "2026-12",
                 "shown": {"key": "Fecha establecida de cumplimiento", "before": "Marzo 2026", "after": "Diciembre 2026", "decided": null}}
            ],
            "axes": [{"id": "mb", "title": "Mi Barrio Habla"}, {"id": "vacio", "title": "Vacío"}],
            "goals": [
                {"id": "a", "axis": "mb", "statement": "Atender el 80% & más", "progress_pct": 100.0,
                 "status": "met", "shown": {"progress_pct": "100%", "status": "Cumplida"}},
                {"id": "b", "axis": "otro", "statement": "Sin eje", "progress_pct": null, "status": "no-data"}
            ],
            "departments": [{"id": "ds", "name": "Desarrollo Social", "missing": true},
                            {"id": "ti", "name": "Tecnologías", "missing": []}],
            "folio": "PAMGA-2026-T1-v2",
            "brand": {"name": "LEÓN", "color": "#f4c430"}
        })
    }

    #[test]
    fn both_forms_say_all_of_it() {
        let (text, html) = report(&results(), "abcd").unwrap();
        for part in [
            "primer trimestre de 2026",
            "31 de marzo de 2026",
            "sustituye a la 1",
            "100%",
            "Cumplida",
            "Mi Barrio Habla",
            "Desarrollo Social",
            "PAMGA-2026-T1-v2",
            "abcd",
            "Sin eje",
            "no-data",
            "reliminar",
            "79.5%",
            "81.25%",
            "No cumplida",
            "Marzo 2026",
            "Diciembre 2026",
            "no consta quién lo decidió",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
            assert!(html.contains(part), "{part}\n{html}");
        }
        assert!(
            text.contains("80% & más") && text.contains("<acuerdos>"),
            "{text}"
        );
        assert!(
            html.contains("80% &amp; más") && html.contains("&lt;acuerdos&gt;"),
            "{html}"
        );
        assert!(!text.contains("Vacío") && !text.contains("Tecnologías"));
        assert!(
            html.contains("background-color:#f4c430;color:#1a1a1a"),
            "{html}"
        );
        assert!(html.contains("<th scope=\"col\""));
    }

    #[test]
    fn a_document_without_anything_still_renders() {
        for document in [
            json!({}),
            json!(null),
            json!({"goals": [{}], "axes": 3, "edition": "x"}),
        ] {
            let (text, html) = report(&document, "abcd").unwrap();
            assert!(text.contains("Se adjunta") && html.contains("Se adjunta"));
            assert!(
                !text.contains("none") && !text.contains("undefined"),
                "{text}"
            );
        }
    }

    #[test]
    fn only_a_colour_may_stand_in_a_style() {
        assert_eq!(hex_colour(Some("#12ab9F")), "#12ab9F");
        for text in ["red;background:url(x)", "#12345", "#12345g", "123456"] {
            assert_eq!(hex_colour(Some(text)), PLAIN_COLOUR);
        }
        assert_eq!(
            (ink_on("#ffffff"), ink_on("#000000"), ink_on(PLAIN_COLOUR)),
            ("#1a1a1a", "#ffffff", "#ffffff")
        );
    }
}
