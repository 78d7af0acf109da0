//! One file a fault under `tests/definitions/invalid/`: a comment, a patch on
//! `tests/definitions/base.toml`, a blank line, and what is said of the patched plan.
//! `METAS_BLESS=1 cargo test definitions` writes what is said now.
//!
//! A patch is what `diff -u` writes, without numbers: `-` lines go, `+` lines come, lines that
//! begin with a space are there for context, `@@` parts one place from the next. In what is said,
//! line numbers are left out (the line itself is there), so that the base can grow by a key.

use std::fs;
use std::path::Path;

use metas::diagnostic::Diagnostic;

const BASE: &str = include_str!("../definitions/base.toml");

#[test]
fn every_fault_is_told_with_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions/invalid");
    let bless = std::env::var_os("METAS_BLESS").is_some();
    let mut wrong = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 100, "only {} cases", paths.len());
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let case = fs::read_to_string(&path).unwrap();
        let (head, expected) = case.split_once("\n\n").expect(name);
        let text = match patched(head) {
            Ok(text) => text,
            Err(why) => {
                wrong.push(format!("{name}: {why}"));
                continue;
            }
        };
        let said = said_of(&text);
        if !said.iter().any(Diagnostic::is_error) {
            wrong.push(format!("{name}: nothing is said to be wrong"));
        }
        let told = without_line_numbers(&metas::console::plain_text(&said), &text);
        if bless {
            fs::write(&path, format!("{head}\n\n{told}")).unwrap();
        } else if expected != told {
            wrong.push(format!("{name} now says:\n{told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_base_of_the_faults_has_none() {
    let said = said_of(BASE);
    assert!(!said.iter().any(Diagnostic::is_error), "{said:?}");
}

/// Everything that is said of a definition before any file is read.
fn said_of(text: &str) -> Vec<Diagnostic> {
    match metas::indicators::read_definition("base.toml", text) {
        Err(found) => found,
        Ok(plan) => plan.warnings,
    }
}

/// The base with a case's patch applied.
fn patched(head: &str) -> Result<String, String> {
    let patch: Vec<&str> = head.lines().filter(|line| !line.starts_with('#')).collect();
    let mut text = BASE.to_owned();
    for place in patch.split(|line| *line == "@@") {
        let side = |mark: char| -> String {
            let lines = place.iter().filter_map(|line| {
                let rest = line.strip_prefix([' ', mark])?;
                Some(format!("{rest}\n"))
            });
            lines.collect()
        };
        // The line break before it keeps a line's end from being taken for a line.
        let (old, new) = (format!("\n{}", side('-')), format!("\n{}", side('+')));
        match text.matches(&old).count() {
            1 => text = text.replacen(&old, &new, 1),
            times => return Err(format!("its patch fits {times} times:{old}")),
        }
    }
    Ok(text)
}

/// What is said, with each line number compared with the line that is shown and then left out.
fn without_line_numbers(told: &str, text: &str) -> String {
    let mut out = String::new();
    for line in told.lines() {
        let inner = line.trim_start();
        let (number, shown) =
            inner.split_at(inner.find(|c: char| !c.is_ascii_digit()).unwrap_or(0));
        if let Some(place) = inner.strip_prefix("┌─ base.toml:") {
            let column = place.split_once(':').unwrap().1;
            out.push_str(&format!("  ┌─ base.toml, column {column}\n"));
        } else if let (Ok(number), Some(shown)) =
            (number.parse::<usize>(), shown.strip_prefix(" │"))
        {
            let line = text.lines().nth(number - 1).unwrap();
            let shown = shown.strip_prefix(' ').unwrap_or(shown);
            let unprintable = |c: char| c.is_control() || ('\u{200b}'..='\u{2069}').contains(&c);
            assert!(
                shown == line || line.contains(unprintable),
                "{number}: {shown}"
            );
            out.push_str(&format!("  │ {shown}\n"));
        } else if inner.starts_with(['│', '=']) {
            out.push_str(&format!("  {inner}\n"));
        } else {
            out.push_str(&format!("{line}\n"));
        }
    }
    out
}

/// Who is to be told something and can't be, by what is added to or changed in the base.
#[test]
fn who_cannot_be_told_anything_is_a_warning() {
    const GETS: &str = "department `obras` has no liaison: nobody there gets ";
    let delivery = "\n[delivery]";
    let (off, schedule) = ("\nreceipts = false", "first_period = \"2026-T1\"");
    let receipts = format!("{GETS}receipts for its files");
    let reminders = format!("{GETS}reminders");
    let pages = format!("{GETS}the pages of its goals");
    let both = format!("{receipts}, reminders");
    let name = "name = \"Obras Públicas\"";
    let edit = |changes: &[(&str, &str)]| {
        changes.iter().fold(BASE.to_owned(), |text, (from, to)| {
            assert_eq!(text.matches(from).count(), 1, "{from}");
            text.replace(from, &format!("{from}{to}"))
        })
    };
    let before = |days| format!("\nremind_before_days = {days}");
    let (days, none) = (before("[3]"), before("[]"));
    let without = edit(&[]).split(delivery).next().unwrap().to_owned();
    for (text, said) in [
        (edit(&[]), vec![receipts.as_str()]),
        (edit(&[(delivery, off)]), vec![]),
        (
            edit(&[(delivery, off), (schedule, &days)]),
            vec![&reminders],
        ),
        (edit(&[(delivery, off), (schedule, &none)]), vec![]),
        (
            edit(&[(delivery, off), (schedule, "\nremind_after_days = [1]")]),
            vec![&reminders],
        ),
        (edit(&[(schedule, &days)]), vec![&both]),
        (
            edit(&[(delivery, "\nreceipts = false\nslices = true")]),
            vec![&pages],
        ),
        (edit(&[(name, "\nliaison = \"a@x.mx\"")]), vec![]),
        (
            edit(&[(name, "\n[department.otra]\nname = \"Otra\"")]),
            vec![&receipts],
        ),
        (without.clone(), vec![]),
        (
            without.replace(schedule, &format!("{schedule}{days}")),
            vec!["who is to be reminded hears nothing by mail: there is no [delivery]"],
        ),
        (
            format!("{without}\n[approval]\nby = [\"a@x.mx\"]"),
            vec!["who is to approve hears nothing by mail: there is no [delivery]"],
        ),
        (
            format!("{without}\n[operator]\nemail = [\"a@x.mx\"]"),
            vec!["the operator hears nothing by mail: there is no [delivery]"],
        ),
        (
            format!("{without}\n[operator]\nping = \"https://x.mx\""),
            vec![],
        ),
    ] {
        let plan = metas::plan::parse("base.toml", &text).unwrap();
        let warnings = plan.warnings.iter().filter(|w| w.code != "indicator-sheet");
        let messages: Vec<&str> = warnings.map(|w| w.message.as_str()).collect();
        assert_eq!(messages, said, "{text}");
    }
}

/// `auth`, `token_command`, `token_url`, `client_id` and `scope`, and what they come to.
#[test]
fn each_way_to_log_in_is_read() {
    use metas::plan::{Login, TokenSource};
    let user = || "a@x.mx".to_owned();
    let password = Login::Password { user: user() };
    let by = |token| Login::OAuth {
        user: user(),
        token,
    };
    let command = by(TokenSource::Command(vec!["token".into(), "a b".into()]));
    let service = |scope: Option<&str>| {
        by(TokenSource::Service {
            url: "https://login.x.mx/token".to_owned(),
            client_id: "metas".to_owned(),
            scope: scope.map(str::to_owned),
        })
    };
    let url = "token_url = \"https://login.x.mx/token\", client_id = \"metas\"";
    let xoauth2 =
        |keys: &str| format!("user = \"a@x.mx\"\nauth = \"xoauth2\"\noauth = {{ {keys} }}");
    for (keys, login) in [
        (String::new(), Login::Without),
        ("auth = \"none\"".to_owned(), Login::Without),
        ("user = \"a@x.mx\"".to_owned(), password.clone()),
        (
            "user = \"a@x.mx\"\nauth = \"password\"".to_owned(),
            password,
        ),
        (xoauth2("token_command = [\"token\", \"a b\"]"), command),
        (xoauth2(url), service(None)),
        (
            xoauth2(&format!("{url}, scope = \"mail\"")),
            service(Some("mail")),
        ),
    ] {
        let text = format!("{BASE}\n[delivery.smtp]\nhost = \"x.mx\"\n{keys}\n");
        let plan = metas::plan::parse("base.toml", &text).unwrap();
        assert_eq!(plan.delivery.unwrap().smtp.unwrap().login, login, "{keys}");
    }
}

#[test]
fn days_to_remind_on_are_in_order() {
    let first = "first_period = \"2026-T1\"";
    let days = "remind_before_days = [1, 10, 3]\nremind_after_days = [5, 1]";
    let plan = |text: &str| metas::plan::parse("base.toml", text).unwrap().schedule;
    let schedule = plan(&BASE.replace(first, &format!("{first}\n{days}")));
    assert_eq!(schedule.remind_before_days, [1, 3, 10]);
    assert_eq!(schedule.remind_after_days, [1, 5]);
    assert!(schedule.reminds() && !plan(BASE).reminds());
}

#[test]
fn no_text_makes_the_parser_panic() {
    let leon = include_str!("../../pipelines/pamga-2025-2027.toml");
    proptest::proptest!(|(at in 0..leon.len(), cut in 0usize..40, put in "[\\[\\]{}=\"'.,a0\\n#-]{0,6}")| {
        let start = (0..=at).rev().find(|i| leon.is_char_boundary(*i)).unwrap();
        let end = (start + cut..=leon.len()).find(|i| leon.is_char_boundary(*i)).unwrap_or(leon.len());
        let text = format!("{}{put}{}", &leon[..start], &leon[end.max(start)..]);
        if let Err(found) = metas::plan::parse("pamga-2025-2027.toml", &text) {
            proptest::prop_assert!(!found.is_empty());
            metas::plan::contacts("pamga-2025-2027.toml", &text);
            metas::console::plain_text(&found);
        }
    });
}
