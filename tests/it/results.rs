//! `results.json`: what is written is read again as it was, its schema takes it and refuses
//! everything else, the first editions still open, and a damaged one is told with its place.

use std::collections::BTreeSet;

use metas::correspondence;
use metas::results::{self, Results};
use serde_json::{Value, json};

use crate::bad_input;
use crate::home::TestHome;

/// A correction with something in every list: goals of all shapes, corrected figures, changed goals.
const EDITION: &str = include_str!("../results/edition.json");

/// The same edition as the first metas wrote it: without what later ones added, and with the
/// replaced editions where corrected figures stand now.
const FIRST_FORMAT: &str = include_str!("../results/first-format.json");

fn edition() -> Results {
    Results::parse(EDITION).unwrap()
}

#[test]
fn what_is_written_is_read_again_byte_by_byte() {
    assert_eq!(format!("{:#}\n", edition().json()), EDITION);
    let home = TestHome::leon();
    home.metas(&["run", "pamga-2025-2027", "--period", "2026-T1"])
        .ok();
    let published = home.read("reports/pamga-2025-2027/2026-T1/v1/results.json");
    let read = Results::parse(&published).unwrap();
    assert_eq!(format!("{:#}\n", read.json()), published);
    let schema = results::json_schema();
    assert_eq!(refused(&schema, &schema, &read.json()), None);
    let schema = home.metas(&["schema", "manifest"]).ok().stdout;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let manifest = home.json("reports/pamga-2025-2027/2026-T1/v1/manifest.json");
    assert_eq!(refused(&schema, &schema, &manifest), None);
    assert_eq!(schema["title"], "metas manifest.json");
}

/// Every part of the document in turn is taken out, or is what it can't be.
#[test]
fn the_schema_takes_just_what_can_be_read() {
    let schema = results::json_schema();
    let document: Value = serde_json::from_str(EDITION).unwrap();
    assert_eq!(refused(&schema, &schema, &document), None);
    let mut places = Vec::new();
    parts(&document, String::new(), &mut places);
    let mut kinds = BTreeSet::new();
    for place in places {
        let kind: String = place.chars().filter(|c| !c.is_ascii_digit()).collect();
        if !kinds.insert(kind) {
            continue;
        }
        let key = place.rsplit('/').next().unwrap().to_owned();
        let original = document.pointer(&place).unwrap().clone();
        for wrong in [
            json!(null),
            json!(true),
            json!(3.5),
            json!("2026-03-31"),
            json!([]),
            json!({}),
        ] {
            if original.is_string() && wrong.is_string() {
                continue;
            }
            let mut changed = document.clone();
            *changed.pointer_mut(&place).unwrap() = wrong.clone();
            let taken = refused(&schema, &schema, &changed).is_none();
            let read = Results::parse(&changed.to_string()).is_ok();
            // Older editions lack texts, sheets and commitments, and are read all the same.
            let older = ["shown", "sheet", "commitment", "corrections"].contains(&key.as_str());
            assert!(
                taken == read || (read && older),
                "{place} = {wrong}: the schema takes it: {taken}; it can be read: {read}"
            );
        }
    }
    assert!(kinds.len() > 200, "{} parts", kinds.len());
}

#[test]
fn the_schema_asks_for_every_key() {
    let schema = results::json_schema();
    let document: Value = serde_json::from_str(EDITION).unwrap();
    let mut places = Vec::new();
    parts(&document, String::new(), &mut places);
    // Keys of queries and periods, and what a plan must ask for.
    let free = ["variables", "planned", "targets"];
    for place in places {
        let (above, key) = place.rsplit_once('/').unwrap();
        let parent = above.rsplit('/').next().unwrap();
        let mut changed = document.clone();
        let Some(fields) = changed.pointer_mut(above).unwrap().as_object_mut() else {
            continue;
        };
        fields.remove(key);
        let anything = above.ends_with("/before") || above.ends_with("/after");
        let optional = free.contains(&parent) || key == "completion_level" || anything;
        let taken = refused(&schema, &schema, &changed).is_none();
        assert_eq!(taken, optional, "{place}");
    }
}

#[test]
fn every_field_is_described() {
    let schema = results::json_schema();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    assert_eq!(schema["title"], "metas results.json");
    let described = |field: &Value| {
        field["description"]
            .as_str()
            .is_some_and(|text| text.len() > 3 && !text.contains('\n'))
    };
    let types = schema["$defs"].as_object().unwrap().iter();
    let mut fields = 0;
    for (name, about) in types.chain([(&"Results".to_owned(), &schema)]) {
        assert!(described(about), "{name}");
        let properties = about["properties"].as_object();
        for (key, field) in properties.into_iter().flatten() {
            assert!(described(field), "{name}.{key}");
            fields += 1;
        }
    }
    assert!(fields > 200, "{fields} fields");
    let statuses = schema["$defs"]["Status"]["enum"].as_array().unwrap();
    assert_eq!(statuses.len(), 12, "{statuses:?}");
    let printed = TestHome::empty().metas(&["schema", "report"]).ok().json();
    assert_eq!(printed, schema);
}

#[test]
fn an_edition_of_the_first_format_still_counts() {
    let first = Results::parse(FIRST_FORMAT).unwrap();
    assert!(first.corrections.is_empty() && first.goal_changes.is_empty());
    assert_eq!(first.replaces.len(), 2);
    assert!(first.goals.iter().all(|goal| goal.commitment.is_none()));
    let now = edition();
    assert_eq!(first.goals[0].actual_value, now.goals[0].actual_value);
    assert_eq!(first.goals[0].variables, now.goals[0].variables);

    let home = issued(|document| {
        document.as_object_mut().unwrap().remove("attachments");
        document.as_object_mut().unwrap().remove("goal_changes");
        let goal = &mut document["goals"][0];
        for key in ["trend", "commitment", "changed"] {
            goal.as_object_mut().unwrap().remove(key);
        }
        document.to_string()
    });
    home.metas(&NEXT).ok();
    let next = home.json("reports/baches/2026-T2/v1/results.json");
    assert_eq!(next["goals"][0]["previous"]["actual_value"], 50.0);
    assert_eq!(next["goal_changes"], json!([]));
    home.metas(&["status"]).ok();
    home.metas(&["run", "--period", "2026-T1"])
        .ok()
        .says(&["exists"]);
}

const NEXT: [&str; 5] = ["run", "--period", "2026-T2", "--as-of", "2026-07-06"];

/// A home with one edition, of which the ledger has kept what `damage` makes of it.
fn issued(damage: impl Fn(&mut Value) -> String) -> TestHome {
    let home = bad_input::home();
    home.metas(&["run", "--period", "2026-T1", "--as-of", "2026-04-06"])
        .ok();
    let inputs = home.file("inputs/2026-T2");
    std::fs::create_dir_all(&inputs).unwrap();
    std::fs::copy(
        home.file("inputs/2026-T1/baches.csv"),
        inputs.join("baches.csv"),
    )
    .unwrap();
    let ledger = rusqlite::Connection::open(home.file("state/ledger.db")).unwrap();
    let text: String = ledger
        .query_row("SELECT results FROM editions", [], |row| row.get(0))
        .unwrap();
    let damaged = damage(&mut serde_json::from_str(&text).unwrap());
    let stays: String = ledger
        .query_row(
            "SELECT sql FROM sqlite_master WHERE name = 'editions_stay'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    ledger.execute_batch("DROP TRIGGER editions_stay").unwrap();
    ledger
        .execute("UPDATE editions SET results = ?1", [&damaged])
        .unwrap();
    ledger.execute_batch(&stays).unwrap();
    home
}

type Damage = fn(&mut Value) -> String;

#[test]
fn damaged_results_are_told_with_their_place_and_are_never_an_empty_history() {
    let cases: [(Damage, &str); 8] = [
        (|_| String::new(), "EOF while parsing a value at line 1"),
        (
            |all| all.to_string().chars().take(700).collect(),
            "EOF while parsing a string at line 1 column ",
        ),
        (|_| "{}".to_owned(), "missing field `format`"),
        (
            |all| {
                all["goals"] = json!({});
                all.to_string()
            },
            "invalid type: map, expected a sequence at line ",
        ),
        (
            |all| {
                all.to_string()
                    .replace("actual_value\":50.0", "actual_value\":\"50\"")
            },
            "invalid type: string \"50\", expected f64 at line ",
        ),
        (
            |all| all.to_string().replace("\"status\":", "\"estatus\":"),
            "missing field `status` at line ",
        ),
        (
            |all| {
                all["goals"][0]["status"] = json!("done");
                all.to_string()
            },
            "unknown variant `done`, expected one of `cancelled`, ",
        ),
        (
            |all| {
                all["format"] = json!(2);
                all.to_string()
            },
            "it has format 2, and this metas reads format 1",
        ),
    ];
    for (damage, says) in cases {
        let home = issued(damage);
        let told = [
            "error[results-unreadable]",
            "results.json of baches 2026-T1 v1 in state/ledger.db can't be read",
            says,
            "metas restore",
        ];
        home.metas(&NEXT).code(78).says(&told);
        assert!(!home.file("reports/baches/2026-T2").exists(), "{says}");
        for looks in [
            &["run", "--period", "2026-T1", "--as-of", "2026-07-06"][..],
            &[
                "explain",
                "reparados",
                "--period",
                "2026-T2",
                "--as-of",
                "2026-07-06",
            ],
            &["preview", "--period", "2026-T2", "--as-of", "2026-07-06"],
        ] {
            home.metas(looks).code(78).says(&told);
        }
    }
}

/// The place is that of the published file, which has a line for each key.
#[test]
fn the_place_of_a_fault_is_that_of_the_published_file() {
    let line = EDITION
        .lines()
        .position(|line| line.contains("\"completed_on\": null"))
        .unwrap();
    let wrong = EDITION.replacen("\"completed_on\": null", "\"completed_on\": \"ayer\"", 1);
    let one_line = serde_json::from_str::<Value>(&wrong).unwrap().to_string();
    for text in [&wrong, &one_line] {
        let why = Results::parse(text).unwrap_err();
        assert!(why.contains(&format!("line {}", line + 1)), "{why}");
    }
}

/// Both forms of an edition's message, each space a single one.
fn message(results: &Results) -> (String, String) {
    let sender = correspondence::Sender {
        brand: results.brand.clone(),
        from: None,
    };
    let letter = correspondence::report(&correspondence::ReportMessage {
        sender: &sender,
        results,
        subject: "{title}: {period}",
        pdf_sha256: "abcd",
        page: None,
        also_attached: &[],
    })
    .unwrap();
    let words = |form: &str| form.split_whitespace().collect::<Vec<_>>().join(" ");
    (words(&letter.text), words(&letter.html))
}

#[test]
fn a_message_says_all_of_it_in_both_forms() {
    let mut results = edition();
    results.preliminary = true;
    results.session = Some("Sesión del 20 de julio".to_owned());
    results.reason = Some("Se corrigió el número de\n<acuerdos>.".to_owned());
    results.brand.color = Some("#f4c430".to_owned());
    results.goals[0].statement = "Atender el 80% &\t más".to_owned();
    let (text, html) = message(&results);
    let first = &results.corrections[0].shown;
    for part in [
        "Segundo trimestre de 2026",
        "30 de junio de 2026",
        "sustituye a la 2",
        "reliminar",
        "Sesión del 20 de julio",
        &results.folio,
        &results.brand.name,
        "abcd",
        &first.what,
        first.before.as_deref().unwrap(),
        first.after.as_deref().unwrap(),
        "Ya no está en el plan",
        "no consta quién lo decidió",
        "Lo decidió Cabildo el 16 de julio de 2026",
        &results.goals[1].statement,
        &results.goals[1].shown.status,
        &results.departments[0].name,
    ] {
        assert!(text.contains(part), "{part}\n{text}");
        let escaped = part.replace('/', "&#x2f;");
        assert!(html.contains(&escaped), "{part}\n{html}");
    }
    assert!(text.contains("80% & más") && text.contains("de <acuerdos>."));
    assert!(html.contains("80% &amp; más") && html.contains("de &lt;acuerdos&gt;."));
    assert!(html.contains("background-color:#f4c430;color:#000000"));
    assert!(html.contains("<th scope=\"col\""));
    assert_eq!(
        html.matches("<tbody>").count(),
        html.matches("</tbody>").count()
    );
    // Nothing is missing of the second one.
    let missing = format!("{}: falta", results.departments[1].name);
    assert!(!text.contains(&missing), "{text}");
}

/// A plain message: a first edition, of which nothing is missing or corrected.
#[test]
fn a_message_leaves_out_what_there_is_not() {
    let mut results = edition();
    results.edition = 1;
    results.reason = None;
    results.corrections.clear();
    results.goal_changes.clear();
    results.departments.clear();
    results.brand = metas::plan::Brand::default();
    results.axes[0].title = "Vacío".to_owned();
    results.axes[0].goals.clear();
    let (text, html) = message(&results);
    for body in [&text, &html] {
        for absent in [
            "CORRECCIÓN",
            "Corrección",
            "orregidas",
            "ambiaron",
            "enviado",
            "Vacío",
            ">none",
            "undefined",
        ] {
            assert!(!body.contains(absent), "{absent}\n{body}");
        }
    }
    assert!(text.contains("se adjunta") && html.contains("se adjunta"));
}

/// Where each part of a document stands, from the outside in.
fn parts(value: &Value, place: String, found: &mut Vec<String>) {
    if !place.is_empty() {
        found.push(place.clone());
    }
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, inner)| parts(inner, format!("{place}/{key}"), found)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(n, inner)| parts(inner, format!("{place}/{n}"), found)),
        _ => {}
    }
}

/// Why a schema refuses a value, as far as `metas schema report` uses JSON Schema.
fn refused(root: &Value, schema: &Value, value: &Value) -> Option<String> {
    if schema.as_bool() == Some(true) {
        return None;
    }
    if let Some(name) = schema["$ref"].as_str() {
        let place = name.trim_start_matches('#');
        return refused(root, root.pointer(place).unwrap(), value);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let all: Option<Vec<String>> = choices.iter().map(|c| refused(root, c, value)).collect();
        return all.map(|all| all.join("; "));
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    if types != [Value::Null] && !types.iter().any(|name| is_a(name, value)) {
        return Some(format!("{value} is no {types:?}"));
    }
    if let Some(members) = schema["enum"].as_array()
        && !members.contains(value)
    {
        return Some(format!("{value} is none of {members:?}"));
    }
    if !schema["const"].is_null() && schema["const"].as_f64() != value.as_f64() {
        return Some(format!("{value} is not {}", schema["const"]));
    }
    let outside = |bound: &str, beyond: fn(f64, f64) -> bool| {
        Some(beyond(value.as_f64()?, schema[bound].as_f64()?))
    };
    if outside("minimum", |n, least| n < least) == Some(true)
        || outside("maximum", |n, most| n > most) == Some(true)
    {
        return Some(format!("{value} is out of bounds"));
    }
    match value {
        Value::Object(fields) => refused_fields(root, schema, fields),
        Value::Array(items) => items
            .iter()
            .find_map(|item| refused(root, &schema["items"], item)),
        _ => None,
    }
}

fn refused_fields(
    root: &Value,
    schema: &Value,
    fields: &serde_json::Map<String, Value>,
) -> Option<String> {
    let required = schema["required"].as_array().into_iter().flatten();
    for key in required.filter_map(Value::as_str) {
        if !fields.contains_key(key) {
            return Some(format!("{key} is missing"));
        }
    }
    // Tables keyed by periods or years have one pattern, which their keys follow.
    let keyed = schema["patternProperties"].as_object();
    let keyed = keyed.and_then(|patterns| patterns.values().next());
    fields.iter().find_map(|(key, inner)| {
        let known = schema["properties"].get(key).or(keyed);
        let known = known.or_else(|| schema.get("additionalProperties"))?;
        refused(root, known, inner).map(|why| format!("{key}: {why}"))
    })
}

fn is_a(name: &Value, value: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        other => panic!("{other} is no type of JSON"),
    }
}
