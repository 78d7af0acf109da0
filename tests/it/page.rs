//! The page for browsers: every goal is on it, texts of the data are text, and its template can
//! neither load nor run anything, nor run for ever.

use std::collections::BTreeMap;
use std::path::Path;

use metas::diagnostic::{Diagnostic, Location};
use metas::report::{PageRequest, page};
use metas::results::Results;

use crate::home::TestHome;

const EDITION: &str = "reports/pamga-2025-2027/2026-T1/v1";
const RUN: [&str; 5] = [
    "run",
    "pamga-2025-2027",
    "--period",
    "2026-T1",
    "--no-deliver",
];

fn sample() -> Results {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("report-templates/informe/results.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The template's own text, changed.
fn template(change: impl Fn(String) -> String) -> BTreeMap<String, Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("report-templates/informe/index.html");
    let text = change(std::fs::read_to_string(path).unwrap());
    BTreeMap::from([("index.html".to_owned(), text.into_bytes())])
}

fn made(results: &Results, given: &BTreeMap<String, Vec<u8>>) -> Result<String, Vec<Diagnostic>> {
    let documents = BTreeMap::from([
        ("report.pdf".to_owned(), b"%PDF".to_vec()),
        ("slices/obras.pdf".to_owned(), b"%PDF".to_vec()),
    ]);
    let made = page(&PageRequest {
        results,
        folder: "report-templates/prueba",
        given,
        documents: &documents,
    })?;
    Ok(String::from_utf8(made.unwrap()).unwrap())
}

fn refused(change: impl Fn(String) -> String) -> Vec<Diagnostic> {
    made(&sample(), &template(change)).unwrap_err()
}

/// The line of the template that a fault points at, and what it points at there.
fn pointed(fault: &Diagnostic) -> (usize, String) {
    let Location::Text { source, span } = &fault.location else {
        panic!("{fault:?} points nowhere");
    };
    let line = source.text[..span.start].matches('\n').count() + 1;
    (line, source.text[span.clone()].to_owned())
}

#[test]
fn the_edition_has_a_page_with_every_goal_and_every_file() {
    let home = TestHome::leon();
    home.metas(&RUN).ok();
    // Slashes of the data are escaped too.
    let html = home.read(&format!("{EDITION}/index.html"));
    let html = html.replace("&#x2f;", "/");
    let results = home.json(&format!("{EDITION}/results.json"));
    for goal in results["goals"].as_array().unwrap() {
        let anchor = format!("id=\"meta-{}\"", goal["id"].as_str().unwrap());
        assert_eq!(html.matches(&anchor).count(), 1, "{anchor}");
    }
    for name in ["report.pdf", "slides.pdf", "results.json", "data/goals.csv"] {
        assert!(html.contains(&format!("href=\"{name}\"")), "no {name}");
        let bytes = std::fs::read(home.file(&format!("{EDITION}/{name}"))).unwrap();
        assert!(html.contains(&metas::hash::sha256_hex(&bytes)), "{name}");
    }
    assert!(html.contains(results["folio"].as_str().unwrap()));
    let photos = results["activities"].as_array().unwrap().iter();
    let photos = photos.filter(|activity| !activity["photo"].is_null());
    assert_eq!(html.matches("data:image/").count(), photos.count());
    home.metas(&["verify", home.file(EDITION).to_str().unwrap()])
        .ok();
}

#[test]
fn a_department_finds_no_other_ones_extract_on_it() {
    let html = made(&sample(), &template(|text| text)).unwrap();
    assert!(html.contains("href=\"report.pdf\""));
    assert!(!html.contains("slices/"));
}

#[test]
fn a_template_without_a_page_gives_none() {
    let home = TestHome::leon();
    std::fs::remove_file(home.file("report-templates/informe/index.html")).unwrap();
    home.metas(&RUN).ok();
    assert!(!home.file(&format!("{EDITION}/index.html")).exists());
    assert!(home.file(&format!("{EDITION}/report.pdf")).exists());
}

#[test]
fn texts_of_the_data_are_text() {
    let mut results = sample();
    let text = "<script>alert(1)</script> & \"comillas\" {{ results }} javascript:x";
    results.goals[0].statement = text.to_owned();
    results.plan.title = "</title><iframe src=\"http://x\">".to_owned();
    let html = made(&results, &template(|text| text)).unwrap();
    assert!(!html.contains("<script"));
    assert!(!html.contains("<iframe"));
    assert!(html.contains("&lt;script&gt;alert(1)&lt;&#x2f;script&gt;"));
    assert!(html.contains("{{ results }}"));
}

#[test]
fn the_same_results_give_the_same_page() {
    let given = template(|text| text);
    assert_eq!(made(&sample(), &given), made(&sample(), &given));
}

#[test]
fn a_page_that_would_load_or_run_something_is_refused() {
    for (element, told) in [
        ("<script>x</script>", "<script"),
        (
            "<img src=\"https://example.mx/x.png\" alt=\"\">",
            "src=\"http",
        ),
        ("<LINK rel=stylesheet href=x.css>", "<link"),
        ("<a href=\"javascript:x\">x</a>", "javascript:"),
        ("<style>@import 'x.css';</style>", "@import"),
        (
            "<p style=\"background:url(https://example.mx)\">x</p>",
            "url(http",
        ),
    ] {
        let faults = refused(|text| text.replace("</body>", &format!("{element}</body>")));
        assert_eq!(faults[0].code, "page-not-self-contained", "{element}");
        assert!(faults[0].message.contains(told), "{faults:?}");
    }
}

#[test]
fn a_page_that_leaves_out_a_goal_is_refused() {
    let faults = refused(|_| "<!DOCTYPE html><html><body><p>Nada</p></body></html>".to_owned());
    let goals = sample().goals.len();
    assert_eq!(faults.len(), goals, "{faults:?}");
    assert!(faults[0].message.contains("the page"), "{faults:?}");
}

#[test]
fn a_name_that_the_data_does_not_have_is_told_with_its_line() {
    let faults = refused(|text| text.replace("<body>", "<body>\n{{ results.titulo.largo }}"));
    assert_eq!(faults.len(), 1);
    let (line, told) = (pointed(&faults[0]).0, &faults[0].message);
    let expected = std::str::from_utf8(&template(|text| text)["index.html"])
        .unwrap()
        .lines()
        .position(|line| line == "<body>");
    assert_eq!(line, expected.unwrap() + 2, "{faults:?}");
    assert!(told.contains("results.titulo"), "{told}");
}

#[test]
fn a_template_that_never_ends_is_stopped() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}\
                   {% endfor %}{% endfor %}{% endfor %}";
    let faults = refused(|text| text.replace("<body>", &format!("<body>{endless}")));
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].message.contains("fuel"), "{faults:?}");
}

#[test]
fn check_finds_what_cannot_be_read_of_the_page() {
    let home = TestHome::leon();
    home.replace(
        "report-templates/informe/index.html",
        "<body>",
        "<body>{% if %}",
    );
    home.metas(&["check", "pamga-2025-2027", "--period", "2026-T1"])
        .code(78)
        .says(&["index.html", "{% if %}"]);
}

#[test]
fn the_message_links_to_the_published_page() {
    let home = TestHome::leon();
    let plan = "pipelines/pamga-2025-2027.toml";
    let address = "https://www.example.mx/{plan}/{period}/v{edition}/index.html";
    let key = format!("[report]\npublic_url = \"{address}\"");
    home.replace(plan, "[report]", &key);
    home.metas(&RUN).ok();
    let message = std::fs::read(home.file(&format!("{EDITION}/message.eml"))).unwrap();
    let message = mail_text(&message);
    let expected = "https://www.example.mx/pamga-2025-2027/2026-T1/v1/index.html";
    assert!(message.contains(expected), "{message}");

    home.replace(plan, "https://www.example.mx", "ftp://x");
    home.metas(&["check", "pamga-2025-2027", "--period", "2026-T1"])
        .code(78)
        .says(&["invalid-url", "public_url"]);
}

/// A message's text, its soft line breaks undone.
fn mail_text(message: &[u8]) -> String {
    String::from_utf8_lossy(message)
        .replace("=\r\n", "")
        .replace("=3D", "=")
}

/// León's results with something changed.
fn changed(change: impl Fn(&mut serde_json::Value)) -> Results {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("report-templates/informe/results.json");
    let mut document = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    change(&mut document);
    serde_json::from_value(document).unwrap()
}

fn as_it_is(results: &Results) -> String {
    made(results, &template(|text| text)).unwrap()
}

#[test]
fn a_figure_has_the_form_of_its_headline_wherever_it_stands() {
    let html = as_it_is(&changed(|document| {
        let goal = &mut document["goals"][0];
        goal["attention"] = 1.into();
        for (key, text) in [
            ("number", "83"),
            ("actual_value", "82.9%"),
            ("actual_value_exact", "83.00%"),
        ] {
            goal["shown"][key] = text.into();
        }
    }));
    assert!(html.contains("Va en 83%."), "{html}");
    for other in ["82.9%", "83.00%"] {
        assert!(!html.contains(other), "{other} beside 83%");
    }
}

#[test]
fn a_figure_stands_apart_from_its_unit_for_who_listens() {
    let html = as_it_is(&changed(|document| {
        document["goals"][0]["shown"]["number_unit"] = "talleres".into();
    }));
    assert!(html.contains("89.98<span class=\"unit\">&nbsp;talleres</span>"));
}

#[test]
fn a_band_ends_in_whole_numbers_where_it_does() {
    let html = as_it_is(&changed(|document| {
        document["goals"][0]["band"] = serde_json::json!({ "low": 95.0, "high": 105.5 });
    }));
    assert!(html.contains("rango entre 95 y 105.5"));
}

#[test]
fn what_is_done_or_not_is_not_missing_a_value() {
    let html = as_it_is(&sample());
    assert!(!html.contains("Sin dato"), "{html}");
}

#[test]
fn what_was_received_is_told_in_numbers_that_agree() {
    for (expected, received, late, rejected, missing, said) in [
        (0, 0, 0, 0, 0, "No se esperaba ningún archivo."),
        (
            1,
            1,
            0,
            0,
            0,
            "Se recibió y usó el único archivo esperado, a tiempo.",
        ),
        (
            1,
            0,
            0,
            1,
            0,
            "De 1&nbsp;archivo esperado no se pudo usar ninguno; se rechazó&nbsp;1.",
        ),
        (
            5,
            5,
            0,
            0,
            0,
            "Se recibieron y usaron los 5&nbsp;archivos esperados, todos a tiempo.",
        ),
        (
            5,
            5,
            2,
            0,
            0,
            "Se recibieron y usaron los 5&nbsp;archivos esperados, 2 de ellos después de la fecha límite.",
        ),
        (
            5,
            2,
            2,
            2,
            1,
            "De 5&nbsp;archivos esperados se recibieron y usaron 2, todos después de la fecha límite; se rechazaron&nbsp;2 y faltó&nbsp;1.",
        ),
    ] {
        let html = as_it_is(&changed(|document| {
            let summary = &mut document["findings_summary"];
            for (key, count) in [
                ("expected", expected),
                ("received", received),
                ("late", late),
                ("rejected", rejected),
                ("missing", missing),
            ] {
                summary[key] = count.into();
            }
        }));
        assert!(html.contains(&format!("<p>{said}</p>")), "{said}");
    }
}

#[test]
fn a_file_is_named_by_what_it_is() {
    let home = TestHome::leon();
    home.metas(&RUN).ok();
    let html = home.read(&format!("{EDITION}/index.html"));
    let html = html.replace("&#x2f;", "/");
    let links = html.split("<a href=\"").skip(1);
    for (address, rest) in links.filter_map(|link| link.split_once("\">")) {
        let name = rest.split('<').next().unwrap();
        assert_ne!(name, address, "a link says its address only");
    }
}
