//! What messages say. `tests/letters/` holds one of each kind as its reader sees it, subject and
//! text; the HTML forms are written where `tests/tools/letters/look.mjs` looks at them in a browser.
//! `METAS_BLESS=1` writes the texts anew.

mod cases;
mod hostile;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use metas::correspondence::*;
use metas::diagnostic::{CellLocation, Diagnostic};

use cases::{Case, cases, day, moment, period, received, sender};

fn all() -> Vec<Case> {
    [cases(), hostile::cases()].concat()
}

#[test]
fn messages_say_what_their_readers_find_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/letters");
    let bless = std::env::var_os("METAS_BLESS").is_some();
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, letter) in cases() {
        let file = format!("{name}.txt");
        let text = format!("Asunto: {}\n\n{}", letter.subject, letter.text);
        let path = folder.join(&file);
        if bless {
            fs::write(&path, &text).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != text {
            wrong.push(format!("{file} says now:\n{text}"));
        }
        names.insert(file);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let there: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, names, "texts without a message");
}

/// For the browser.
#[test]
fn the_html_forms_are_kept_to_be_looked_at() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("letters");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    for (name, letter) in all() {
        fs::write(folder.join(format!("{name}.html")), letter.html).unwrap();
    }
}

/// A subject is one line that names its occasion; a text's lines are no longer than 76 columns
/// unless a single word is.
#[test]
fn no_name_breaks_a_subject_or_a_line() {
    let occasions = [
        ("receipt", "Acuse: "),
        ("reminder", "Recordatorio: "),
        ("approval", "Por autorizar: "),
        ("alert-resolved", "Resuelto: "),
        ("alert", "Alerta: "),
        ("slice", "Sus metas: "),
    ];
    for (name, letter) in all() {
        let kind = name.trim_start_matches("hostile-");
        if let Some((_, says)) = occasions.iter().find(|(kept, _)| kind.starts_with(kept)) {
            assert!(
                letter.subject.starts_with(says),
                "{name}: {}",
                letter.subject
            );
        }
        assert!(letter.subject.chars().count() <= 250, "{name}");
        for (form, text) in [("subject", &letter.subject), ("text", &letter.text)] {
            let odd = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{2066}\r".contains(c);
            assert!(!text.contains(odd), "{name}: {form}\n{text}");
        }
        assert!(!letter.subject.contains('\n'), "{name}");
        // A command is copied whole; it stands indented.
        for line in letter
            .text
            .lines()
            .filter(|line| !line.starts_with("    metas "))
        {
            let words = line.split_whitespace().filter(|word| *word != "-").count();
            let columns = line.chars().filter(|c| *c != '\u{200d}').count();
            assert!(columns <= 76 || words <= 1, "{name}: {line}");
        }
        assert!(!letter.text.contains("\n\n\n"), "{name}: two empty lines");
    }
}

/// What others have written is text, and nothing else.
#[test]
fn what_others_wrote_is_never_markup() {
    for (name, letter) in hostile::cases() {
        for markup in ["<script", "url(x)", "'simples'"] {
            let found = letter.html.contains(markup);
            assert!(!found, "{name}: {markup}\n{}", letter.html);
        }
        assert!(letter.html.contains("&lt;script&gt;"), "{name}");
        assert!(
            letter.html.contains("{{ 7*7 }}"),
            "{name}: a template was rendered"
        );
        assert!(letter.text.contains("<script>"), "{name}");
        assert!(letter.text.contains("\\u{202e}"), "{name}");
    }
}

/// What stands in a cell is told where the finding has it; a finding about a personal column has
/// none, and then no other part of the message says it either.
#[test]
fn a_receipt_quotes_a_cell_only_where_its_finding_does() {
    let place = |raw: Option<&str>| CellLocation {
        file: "vecinos.xlsx".to_owned(),
        cell: Some("B7".to_owned()),
        header: Some("Nombre".to_owned()),
        raw: raw.map(str::to_owned),
        ..CellLocation::default()
    };
    let said = |raw: Option<&str>| {
        let finding = Diagnostic::error("blank-cell", "No es válido.").in_cells(place(raw));
        let file = received("vecinos.xlsx", FileOutcome::Unusable, vec![finding]);
        let letter = receipt(&Receipt {
            sender: &sender(),
            plan: "Plan",
            period: period(),
            department: "Obras",
            files: &[file],
            goals: &[],
            new_version: NewVersion::InTime {
                until: day("2026-07-03"),
            },
        });
        let letter = letter.unwrap();
        [letter.subject, letter.text, letter.html].join("\n")
    };
    assert!(said(Some("ZZCANARIO")).contains("Dice «ZZCANARIO». No es válido."));
    assert!(!said(None).contains("Dice"));
}

/// The operator's mailbox is not a place for what departments' cells hold.
#[test]
fn an_alert_quotes_no_cell() {
    let finding = Diagnostic::error("unknown-category", "wrong").in_cells(CellLocation {
        raw: Some("ZZCANARIO".to_owned()),
        ..CellLocation::default()
    });
    let letter = alert(&Alert {
        sender: &sender(),
        kind: AlertCause::SourceBlocked,
        plan: None,
        period: None,
        diagnostics: &[finding],
        exit_status: None,
        since: moment("2026-07-05 00:10"),
        now: moment("2026-07-05 00:10"),
        stage: AlertStage::New,
    })
    .unwrap();
    assert!(!letter.text.contains("CANARIO") && !letter.html.contains("CANARIO"));
}

/// A storm of files or findings is one message that can be read.
#[test]
fn no_message_grows_with_what_it_is_about() {
    for (name, letter) in all() {
        let lines = letter.text.lines().count();
        assert!(
            lines < 900 && letter.html.len() < 250_000,
            "{name}: {lines} lines"
        );
    }
}
