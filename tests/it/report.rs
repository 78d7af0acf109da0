//! The report: any plan's texts on the page, the same bytes for the same inputs, and a template
//! that sees nothing but what it is given.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use indexmap::IndexMap;
use metas::diagnostic::{Diagnostic, Location};
use metas::indicators::{self, Activity, History, ReportingPeriod};
use metas::plan;
use metas::report::{self, RenderRequest, Rendered};
use metas::results::{self, ReportData, Results};

const HEAD: &str = r##"
format = 1
[plan]
id = "prueba"
title = "Plan de prueba"
timezone = "America/Mexico_City"
[schedule]
every = "quarter"
first_period = "2025-T1"
[department.d]
name = "Dirección de Prueba"
[axis.a]
title = "Eje con metas"
[axis.b]
title = "Eje sin metas"
intro = "Sólo prosa."
[report]
brand = { name = "MUNICIPIO" }
"##;

fn goals(count: usize, statement: impl Fn(usize) -> String) -> String {
    (0..count)
        .map(|n| {
            let statement = statement(n);
            format!(
                "[goal.g{n}]\naxis = \"a\"\nstatement = \"{statement}\"\nindicator = \"% de casos\"\n\
                 kind = \"ratio\"\ndirection = \"ascending\"\nunit = \"%\"\ntarget = 80\n\
                 due = \"2026-12\"\nnote = \"Nota {n}.\"\nquery = \"SELECT {} AS numerator, \
                 60 AS denominator FROM (SELECT 1 AS uno) AS t\"\n",
                n % 60
            )
        })
        .collect()
}

fn results(goals: &str, activities: &[Activity]) -> Results {
    let pipeline = plan::parse("prueba.toml", &format!("{HEAD}{goals}"))
        .unwrap_or_else(|errors| panic!("{}", metas::console::plain_text(&errors)));
    let period = "2026-T1".parse().unwrap();
    let moment = ReportingPeriod::of(period, NaiveDate::from_ymd_opt(2026, 4, 6).unwrap());
    let history = History::default();
    let computed = indicators::compute(&pipeline, &moment, &IndexMap::default(), &history);
    let issued = chrono::DateTime::parse_from_rfc3339("2026-04-06T09:00:00-06:00").unwrap();
    results::document(&ReportData {
        pipeline: &pipeline,
        period,
        edition: 1,
        replaces: &[],
        cutoff: moment.cutoff,
        issued_at: issued.with_timezone(&pipeline.plan.timezone),
        preliminary: false,
        draft: false,
        goals: &computed.goals,
        activities,
        remarks: &IndexMap::default(),
        requests: &[],
        departments: &[],
        sources: &[],
        findings: &[],
        history: &history,
        corrects: None,
        removed: &[],
        past_submissions: &[],
        files_open: false,
    })
}

fn read_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            read_folder(&path, &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(path).unwrap());
        }
    }
}

fn request(entry: &str, results: &Results) -> RenderRequest {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("report-templates/informe");
    let mut files = BTreeMap::new();
    read_folder(&folder, "", &mut files);
    files.extend(results::open_data(results).unwrap());
    files.insert(
        "results.json".to_owned(),
        results.json().to_string().into_bytes(),
    );
    RenderRequest {
        entry: entry.to_owned(),
        folder: "report-templates/informe".to_owned(),
        ident: "prueba/2026-T1/v1".to_owned(),
        today: NaiveDate::from_ymd_opt(2026, 3, 31).unwrap(),
        strict: true,
        must_say: report::goal_texts(results),
        files,
    }
}

fn typeset(entry: &str, results: &Results) -> Rendered {
    report::render(request(entry, results))
        .unwrap_or_else(|errors| panic!("{}", metas::console::plain_text(&errors)))
}

fn both(results: &Results) {
    assert!(typeset("report.typ", results).pages >= 4);
    typeset("slides.typ", results);
}

/// The second template folder, of which its guide says how such a folder is made.
#[test]
fn a_second_template_folder_says_all() {
    let document = results(
        &goals(9, |n| format!("Atender lo que pide la meta {n}.")),
        &[],
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates/sobrio");
    for entry in ["report.typ", "slides.typ"] {
        let mut request = request(entry, &document);
        request.files.retain(|name, _| !name.ends_with(".typ"));
        read_folder(&folder, "", &mut request.files);
        if let Err(errors) = report::render(request) {
            panic!("{entry}: {}", metas::console::plain_text(&errors));
        }
    }
}

/// A template of one file.
fn alone(template: &str) -> Result<Rendered, Vec<Diagnostic>> {
    let head = "#set document(title: \"t\", date: datetime.today())\n#set text(lang: \"es\")\n";
    let mut request = request(
        "report.typ",
        &results(&goals(1, |_| "Meta.".to_owned()), &[]),
    );
    request.must_say.clear();
    let text = format!("{head}{template}");
    request
        .files
        .insert("report.typ".to_owned(), text.into_bytes());
    report::render(request)
}

#[test]
fn any_number_of_goals_fits() {
    for count in [1, 60] {
        both(&results(
            &goals(count, |n| format!("Atender lo que pide la meta {n}.")),
            &[],
        ));
    }
}

/// A correction's page says each figure before and after, and which goals the plan has changed.
#[test]
fn what_is_corrected_is_printed_before_and_after() {
    let document = results(&goals(2, |n| format!("Meta número {n}.")), &[]);
    let entry = |what: &str, before: &str, after: &str| {
        serde_json::json!({
            "goal": "g1", "statement": "Meta número 1.", "what": "actual_value", "before": 1, "after": 2,
            "reason": "r", "shown": { "what": what, "before": before, "after": after },
        })
    };
    let mut written = document.json();
    written["edition"] = 2.into();
    written["reason"] = "Se contó dos veces".into();
    written["replaces"] = serde_json::json!([{ "edition": 1, "issued_at": "2026-04-06",
        "preliminary": false, "reason": "Se contó dos veces", "shown": "6 de abril de 2026" }]);
    written["corrections"] = serde_json::json!([
        entry("Valor", "79.25%", "81.5%"),
        entry("Estatus", "No cumplida", "Cumplida")
    ]);
    written["goal_changes"] = serde_json::json!([{
        "goal": "g0", "statement": "Meta número 0.", "key": "due", "before": "2026-03", "after": "2026-12",
        "period": "2025-T4", "edition": 1, "authorised": false, "decided": null, "held": true,
        "shown": { "key": "Fecha establecida de cumplimiento", "before": "Marzo 2026",
            "after": "Diciembre 2027", "since": "Edición 1 del cuarto trimestre de 2025", "decided": null },
    }]);
    let document = Results::parse(&written.to_string()).unwrap();
    let mut request = request("report.typ", &document);
    let says = |after: &str, value: &str, status: &str| report::GoalText {
        statement: after.to_owned(),
        values: vec![value.to_owned()],
        status: status.to_owned(),
    };
    request.must_say = vec![
        says("Qué se corrigió", "Motivo", "Se contó dos veces"),
        says("Cifras corregidas", "79.25%", "81.5%"),
        says("Metas que cambiaron", "Marzo 2026", "Diciembre 2027"),
    ];
    if let Err(errors) = report::render(request) {
        panic!("{}", metas::console::plain_text(&errors));
    }
}

#[test]
fn hostile_texts_are_text() {
    let long = "supercalifragilístico".repeat(20);
    let texts = [
        "#eval(\"1 + 1\") *negritas* _cursivas_ $x^2$ `código` @ref <etiqueta> // /* [a](b)",
        "= Encabezado\n\n- lista\n+ otra\n/ término: nada \\ #pagebreak() #{ while true {} }",
        "Fiesta \u{1f389}\u{1f1f2}\u{1f1fd} y familia \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "Al \u{202e}revés\u{202c} y \u{2066}aislado\u{2069}, \u{feff}marca, nulo\u{1} y \u{7f}fin",
        "Marcas x\u{302}\u{334}\u{489} y privadas \u{e000}\u{f0000} y raras ✕☇⚰ ꙮ 漢字 שלום مرحبا",
        &long,
        &"palabra ".repeat(900),
    ];
    let activity = |text: &str| Activity {
        axis: "b".to_owned(),
        goal: None,
        date: None,
        title: text.to_owned(),
        text: Some(text.to_owned()),
        photo: None,
        alt: None,
        photo_note: None,
    };
    let activities: Vec<Activity> = texts.iter().map(|text| activity(text)).collect();
    // A definition with such texts is refused; what a department writes is not.
    let mut dirty = results(&goals(texts.len(), |n| format!("Meta {n}.")), &activities);
    for (n, text) in texts.iter().enumerate() {
        // A thousand letters are what a definition lets pass.
        dirty.goals[n].statement = text.chars().take(1_000).collect();
    }
    let (clean, found) = report::clean(&dirty).unwrap();
    assert!(found.iter().all(|f| !f.is_error()) && found.len() >= 3);
    both(&clean);
}

#[test]
fn same_inputs_same_bytes() {
    let results = results(&goals(7, |n| format!("Meta número {n}.")), &[]);
    let (one, two) = (
        typeset("report.typ", &results),
        typeset("report.typ", &results),
    );
    assert!(one.pdf == two.pdf, "two runs differ");
    let bytes = report::encode_request(&request("report.typ", &results));
    let other = std::thread::spawn(move || report::answer(&bytes))
        .join()
        .unwrap();
    assert!(report::decode_answer(&other).unwrap().pdf == one.pdf);
}

#[test]
fn templates_see_nothing_else() {
    for (template, says) in [
        ("#eval(\"1\")", "unknown variable: eval"),
        ("#std.eval(\"1\")", "does not contain `eval`"),
        ("#plugin(\"p.wasm\")", "unknown variable: plugin"),
        ("#read(\"/etc/passwd\")", "file not found"),
        ("#read(\"../../../etc/passwd\")", ""),
        ("#import \"@preview/cetz:0.3.0\": canvas", ""),
        ("#image(\"otra.png\", alt: \"x\")", "file not found"),
    ] {
        let errors = alone(template).unwrap_err();
        let first = &errors[0];
        assert!(first.message.contains(says), "{template}: {first:?}");
        let Location::Text { source, span } = &first.location else {
            panic!("{template}: no place: {first:?}");
        };
        assert_eq!(source.name, "report-templates/informe/report.typ");
        assert!(source.text[span.clone()].len() <= template.len());
    }
}

/// A font that is not there was told once for each text set in it.
#[test]
fn a_wrong_font_name_is_told_once() {
    let template = "#set text(font: \"Archivoo\")\nUno\n\n#text(size: 9pt)[Dos]\n\n#text(size: 8pt)[Tres]\n\n#strong[Cuatro]";
    let errors = alone(template).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let told = metas::console::plain_text(&errors);
    assert!(
        told.contains("archivoo") && told.contains("report.typ:3"),
        "{told}"
    );
}

#[test]
fn a_page_that_says_nothing_is_refused() {
    let errors = alone("Uno #pagebreak() #pagebreak() tres").unwrap_err();
    assert_eq!(errors[0].code, "blank-page");
    let errors = alone("#set page(header: [Siempre])\nUno #pagebreak() #pagebreak() tres");
    assert_eq!(errors.unwrap_err()[0].code, "blank-page");
}

#[test]
fn a_template_that_leaves_a_goal_out_is_refused() {
    let results = results(&goals(2, |n| format!("Meta número {n}.")), &[]);
    let mut request = request("report.typ", &results);
    let first = &results.goals[0].shown;
    let told = format!(
        "#set document(title: \"t\", date: datetime.today())\n#set text(lang: \"es\")\nMeta número 0. \
         {} {} #set page(footer: [Meta número 1.])",
        first.actual_value.as_deref().unwrap(),
        first.status
    );
    request
        .files
        .insert("report.typ".to_owned(), told.into_bytes());
    let errors = report::render(request).unwrap_err();
    let said: Vec<&str> = errors.iter().map(|e| e.message.as_str()).collect();
    assert_eq!(said, ["the report does not say \"Meta número 1.\""]);
}

/// Firefox leaves out each letter that a font's map gives together with a character that nobody
/// sees; some glyphs make other readers find a letter twice.
#[test]
fn a_letter_that_readers_would_lose_or_add_is_refused() {
    for (template, code, says) in [
        (
            "#\"palabra larga\".clusters().join(sym.zws)",
            "template",
            "U+200B",
        ),
        ("pala\u{ad}bra", "template", "U+00AD"),
        ("pala\u{2060}bra", "template", "U+2060"),
        ("Un acento sobre x\u{302}\u{331} solo", "letters-lost", "x"),
    ] {
        let errors = alone(template).unwrap_err();
        assert_eq!(errors[0].code, code, "{template}: {errors:?}");
        assert!(errors[0].message.contains(says), "{template}: {errors:?}");
    }
    for template in [
        "#\"palabra larga\".clusters().join(h(0.001pt))",
        "#set par(justify: true)\n#set text(hyphenate: true)\n#set page(width: 4cm)\nReconocimiento \
         extraordinario de responsabilidades institucionales 2025-2026 físicas, oficiales y fluviales.",
        "Un µ y un μ, ¹ y 1, Ð y Đ, ﬁ y fi",
        "#outline()\n= Uno\n#box(width: 1fr, repeat[.])~x #text(font: \"DejaVu Sans Mono\")[código]",
    ] {
        if let Err(errors) = alone(template) {
            panic!("{template}: {}", metas::console::plain_text(&errors));
        }
    }
}

#[test]
fn a_template_that_leaves_out_a_value_or_a_status_is_refused() {
    let results = results(&goals(2, |n| format!("Meta número {n}.")), &[]);
    let value = |n: usize| results.goals[n].shown.actual_value.as_deref().unwrap();
    let status = |n: usize| results.goals[n].shown.status.as_str();
    let told = |n: usize| format!("Meta número {n}. {} {}\n\n", value(n), status(n));
    let whole = told(0) + &told(1);
    let head = "#set document(title: \"t\", date: datetime.today())\n#set text(lang: \"es\")\n";
    for (entry, text, missing) in [
        ("report.typ", whole.clone(), None),
        ("slides.typ", whole.clone(), None),
        (
            "report.typ",
            whole.replace(value(1), ""),
            Some("the report does not say the value"),
        ),
        (
            "slides.typ",
            whole.replacen(status(1), "", 1),
            Some("slides.typ does not say the status"),
        ),
    ] {
        let mut request = request(entry, &results);
        request
            .files
            .insert(entry.to_owned(), format!("{head}{text}").into_bytes());
        match (report::render(request), missing) {
            (Ok(_), None) => {}
            (Err(errors), Some(missing)) => {
                assert_eq!(errors[0].code, "not-in-report");
                assert!(errors[0].message.starts_with(missing), "{errors:?}");
            }
            (other, _) => panic!("{entry}: {other:?}"),
        }
    }
}

#[test]
fn what_a_camera_writes_never_passes() {
    let picture =
        image::RgbaImage::from_fn(60, 40, |x, _| image::Rgba([200, 30, 30, (x * 4) as u8]));
    let mut png = Vec::new();
    image::DynamicImage::from(picture)
        .write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png)
        .unwrap();
    let jpeg = report::prepare_photo(&png).unwrap();
    let first = image::load_from_memory(&jpeg).unwrap().to_rgb8();
    assert!(first.get_pixel(0, 0).0.iter().all(|c| *c > 235), "on white");

    // An APP1 segment with a canary where a camera writes its position.
    let canary = b"Exif\0\0MM\0*GPS-19.4326-99.1332";
    let mut camera = jpeg[..2].to_vec();
    camera.extend([0xff, 0xe1]);
    camera.extend(u16::try_from(canary.len() + 2).unwrap().to_be_bytes());
    camera.extend(canary);
    camera.extend(&jpeg[2..]);
    let prepared = report::prepare_photo(&camera).unwrap();
    assert!(!prepared.windows(9).any(|part| part == b"GPS-19.43"));
    for wrong in [&b"GIF89a"[..], &jpeg[..jpeg.len() / 3], b""] {
        assert!(report::prepare_photo(wrong).is_err());
    }
}

/// A page on which something can't be seen, or stands apart from what it belongs to, is never
/// published. Each folder below `tests/layouts/` holds a template with one such fault, and in a
/// comment on its first line what is said of it.
#[test]
fn a_page_on_which_something_is_misplaced_is_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layouts");
    let mut cases: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    cases.sort();
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(case.join("report.typ")).unwrap();
        let expected = text.lines().next().unwrap().trim_start_matches("// ");
        let mut request = request(
            "report.typ",
            &results(&goals(1, |_| "Meta.".to_owned()), &[]),
        );
        request.must_say.clear();
        request
            .files
            .insert("report.typ".to_owned(), text.clone().into_bytes());
        let said = match report::render(request) {
            Ok(_) => "nothing".to_owned(),
            Err(errors) => metas::console::plain_text(&errors),
        };
        let told = said.contains(expected) || (expected == "nothing" && said == "nothing");
        if !told {
            wrong.push(format!("{name}: {expected}\n{said}"));
        }
    }
    assert!(cases.len() >= 12, "{} cases", cases.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Eight digits are read in millions, with the figure in full beside it; number and unit can be set
/// apart and never part.
#[test]
fn a_figure_of_eight_digits_is_told_in_millions() {
    let goal = "[goal.g]\naxis = \"a\"\nstatement = \"S\"\nkind = \"stock\"\nunit = \"pesos\"\n\
                target = 9000\ndue = \"2026-12\"\nquery = \"SELECT 987654321.5 AS value FROM (SELECT \
                1 AS uno) AS t\"\n";
    let document = results(goal, &[]);
    let shown = &document.goals[0].shown;
    assert_eq!(shown.number.as_deref(), Some("987.7\u{a0}millones"));
    assert_eq!(shown.number_unit.as_deref(), Some("de pesos"));
    assert_eq!(
        shown.number_exact.as_deref(),
        Some("987,654,321.50\u{a0}pesos")
    );
    assert_eq!(shown.target.as_deref(), Some("9,000\u{a0}pesos"));
    assert_eq!(
        shown.attainment_pct.as_deref(),
        Some("109,739\u{a0}veces la meta"),
        "no percentage of eight digits"
    );
}
