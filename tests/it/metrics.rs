//! The figures for a monitoring system, read by a parser that forgives nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::bad_input;
use crate::cron::BACHES;
use crate::home::{TestHome, copy_tree};

/// A family as its lines say.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    unit: String,
    help: String,
    samples: Vec<(BTreeMap<String, String>, f64)>,
}

fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|c| c.is_ascii_lowercase())
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// What stands in quotes from the begin of `text` on, and what follows the closing one.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.strip_prefix('"').expect(text).char_indices();
    while let Some((at, c)) = letters.next() {
        match c {
            '"' => return (value, &text[at + 2..]),
            '\\' => value.push(match letters.next() {
                Some((_, 'n')) => '\n',
                Some((_, c @ ('\\' | '"'))) => c,
                other => panic!("{other:?} is no escape: {text}"),
            }),
            c => value.push(c),
        }
    }
    panic!("no closing quote: {text}");
}

fn labels(mut text: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    loop {
        let (name, rest) = text.split_once('=').expect(text);
        assert!(is_name(name), "{name}");
        let (value, rest) = quoted(rest);
        assert!(
            labels.insert(name.to_owned(), value).is_none(),
            "{name} twice"
        );
        match rest.strip_prefix(',') {
            Some(next) => text = next,
            None => return (labels, rest.strip_prefix("} ").expect(rest)),
        }
    }
}

/// OpenMetrics 1.0: metadata before samples, each once and in one block a family; names end in the
/// unit, counters' samples in `_total`; no labels twice; the end is marked, and nothing follows it.
fn parsed(text: &str) -> BTreeMap<String, Family> {
    let body = text.strip_suffix("# EOF\n").expect("the end is marked");
    assert!(!body.contains("# EOF") && !text.contains('\r'));
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    for line in body.lines() {
        assert!(!line.is_empty() && line == line.trim(), "{line:?}");
        if let Some(metadata) = line.strip_prefix("# ") {
            let mut words = metadata.splitn(3, ' ');
            let [what, name, rest] = [(); 3].map(|()| words.next().expect(line));
            assert!(is_name(name), "{name}");
            if what == "TYPE" {
                assert!(!families.contains_key(name), "{name} has two blocks");
                name.clone_into(&mut current);
            }
            assert_eq!(name, current, "{line}");
            let family = families.entry(current.clone()).or_default();
            assert!(family.samples.is_empty(), "metadata behind samples: {line}");
            let place = match what {
                "TYPE" => &mut family.kind,
                "UNIT" => &mut family.unit,
                "HELP" => &mut family.help,
                _ => panic!("{line}"),
            };
            assert!(place.is_empty() && !rest.is_empty(), "{line}");
            rest.clone_into(place);
            continue;
        }
        let (name, rest) = line.split_once('{').expect(line);
        let family = families.get_mut(&current).expect(line);
        let of = match family.kind.as_str() {
            "gauge" => name.to_owned(),
            "counter" => name.strip_suffix("_total").expect(line).to_owned(),
            kind => panic!("{kind}"),
        };
        assert_eq!(of, current, "{line}");
        let (labels, value) = labels(rest);
        let value: f64 = value.parse().unwrap_or_else(|e| panic!("{e}: {line}"));
        assert!(value.is_finite() && (family.kind != "counter" || value >= 0.0));
        assert!(
            family.samples.iter().all(|(other, _)| *other != labels),
            "twice: {line}"
        );
        family.samples.push((labels, value));
    }
    for (name, family) in &families {
        assert!(
            family.unit.is_empty() || name.ends_with(&format!("_{}", family.unit)),
            "{name}"
        );
        assert!(
            name.ends_with("_seconds") == (family.unit == "seconds"),
            "{name}"
        );
        assert!(
            !family.help.is_empty() && !family.help.contains('"'),
            "{name}"
        );
        assert!(!family.samples.is_empty(), "{name}");
    }
    families
}

/// The value of a family at labels of which some are given as `home/plan/period/state`.
fn value(families: &BTreeMap<String, Family>, name: &str, place: &str) -> Option<f64> {
    let keys = ["home", "plan", "period", "state"];
    let wanted: Vec<(&str, &str)> = keys.into_iter().zip(place.split('/')).collect();
    let fits = |labels: &BTreeMap<String, String>| {
        wanted
            .iter()
            .all(|(key, value)| labels.get(*key).map(String::as_str) == Some(*value))
    };
    let samples = &families.get(name)?.samples;
    samples
        .iter()
        .find(|(labels, _)| fits(labels))
        .map(|(_, value)| *value)
}

/// What the figures call a home: the name of its folder.
fn name_of(home: &TestHome) -> String {
    let folder = home.path().file_name().unwrap();
    folder.to_str().unwrap().to_owned()
}

#[test]
fn a_quarter_in_figures() {
    let home = TestHome::named("ribera");
    let put = |name: &str, text: &str| {
        let path = home.file("inputs/2026-T1").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let name = name_of(&home);
    let at = |moment: &str| parsed(&home.metas(&["metrics", "--as-of", moment]).ok().stdout);
    let first = format!("{name}/servicios/2026-T1");
    // Before the first run: no edition, no archive, no run.
    let figures = at("2026-02-01");
    assert_eq!(value(&figures, "metas_home_up", &name), Some(1.0));
    assert_eq!(value(&figures, "metas_files_missing", &first), Some(3.0));
    assert_eq!(
        value(&figures, "metas_period_until_due_days", &first),
        Some(63.0)
    );
    for absent in [
        "metas_last_run_exit_code",
        "metas_archive_bytes",
        "metas_edition_number",
    ] {
        assert!(!figures.contains_key(absent), "{absent}");
    }
    put("baches.csv", BACHES);
    put("torneos.csv", "Torneo\nsin fecha\n");
    home.metas(&["run", "--quiet", "--as-of", "2026-04-05T06:00:00-06:00"]);
    let figures = at("2026-04-07");
    for (family, expected) in [
        ("metas_files_expected", Some(3.0)),
        ("metas_files_received", Some(1.0)),
        ("metas_files_refused", Some(1.0)),
        ("metas_files_missing", Some(1.0)),
        ("metas_files_late", Some(0.0)),
        ("metas_edition_number", Some(1.0)),
        ("metas_period_open", Some(0.0)),
        ("metas_period_until_due_days", Some(-2.0)),
        // 2026-04-05 at 0:00 UTC, and the midnight after 2026-04-03 in Mexico City.
        ("metas_period_due_timestamp_seconds", Some(1_775_347_200.0)),
        (
            "metas_period_files_due_timestamp_seconds",
            Some(1_775_282_400.0),
        ),
        // 2026-04-05T06:00 in Mexico City.
        (
            "metas_edition_issued_timestamp_seconds",
            Some(1_775_390_400.0),
        ),
        ("metas_period_held_since_timestamp_seconds", None),
    ] {
        assert_eq!(value(&figures, family, &first), expected, "{family}");
    }
    let sent = format!("{first}/accepted");
    assert_eq!(value(&figures, "metas_deliveries", &sent), Some(1.0));
    let run = "metas_last_run_timestamp_seconds";
    assert_eq!(value(&figures, run, &name), Some(1_775_390_400.0));
    assert!(value(&figures, "metas_archive_bytes", &name) > Some(0.0));
    let issued = value(
        &figures,
        "metas_editions_issued",
        &format!("{name}/servicios"),
    );
    assert_eq!(issued, Some(1.0));
}

#[test]
fn a_report_that_is_too_late_is_held_since_a_moment() {
    let home = TestHome::named("ribera");
    let name = name_of(&home);
    let told = home.metas(&["metrics", "--as-of", "2026-07-27"]).ok();
    let figures = parsed(&told.stdout);
    // Twenty days after its day.
    let second = format!("{name}/servicios/2026-T2");
    let since = value(
        &figures,
        "metas_period_held_since_timestamp_seconds",
        &second,
    );
    // 2026-07-26 in Mexico City.
    assert_eq!(since, Some(1_785_045_600.0));
    assert_eq!(value(&figures, "metas_period_open", &second), Some(1.0));
}

/// Nobody's name or address is a label.
#[test]
fn labels_name_nobody() {
    let home = TestHome::named("ribera");
    home.metas(&["run", "--quiet", "--as-of", "2026-04-05T06:00"]);
    let text = home
        .metas(&["metrics", "--as-of", "2026-04-07"])
        .ok()
        .stdout;
    assert!(!text.contains('@') && !text.contains("Direcci"), "{text}");
    let labels: BTreeSet<String> = parsed(&text)
        .into_values()
        .flat_map(|family| family.samples)
        .flat_map(|(labels, _)| labels.into_keys())
        .collect();
    let known = ["home", "period", "plan", "state"].map(str::to_owned);
    assert_eq!(labels, BTreeSet::from(known));
}

/// Many homes are one text; one that cannot be read is a figure, and the others are told.
#[test]
fn figures_of_many_homes_are_one_text_and_a_file_that_appears_whole() {
    let homes = TestHome::empty();
    for name in ["a", "b \"ñ\"\\", "c"] {
        copy_tree(bad_input::home().path(), &homes.file(name));
    }
    homes.replace("c/pipelines/baches.toml", "format = 1", "format = 9");
    std::os::unix::fs::symlink(homes.file("a"), homes.file("d")).unwrap();
    let metas = |words: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_metas"))
            .args(words)
            .current_dir(homes.path())
            .env_remove("METAS_HOME")
            .output();
        crate::home::Ran::of(output.unwrap())
    };
    let all = ["metrics", "--homes", ".", "--as-of", "2026-04-07"];
    let ran = metas(&all).ok().says(&["c | error["]);
    let figures = parsed(&ran.stdout);
    for (home, up) in [
        ("a", Some(1.0)),
        ("b \"ñ\"\\", Some(1.0)),
        ("c", Some(0.0)),
        ("d", None),
    ] {
        assert_eq!(value(&figures, "metas_home_up", home), up, "{home}");
    }
    let file = homes.file("metas.prom");
    fs::write(&file, "old").unwrap();
    metas(&[&all[..], &["--out", "metas.prom"]].concat())
        .ok()
        .says(&["figures in metas.prom"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), ran.stdout);
    let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o644, "the collector is another user");
    let document = metas(&[&all[..], &["--json"]].concat()).ok().json();
    assert_eq!(document["text"], ran.stdout);
    for (out, said) in [("a", "error[io]"), ("none/metas.prom", "error[io]")] {
        metas(&[&all[..], &["--out", out]].concat())
            .code(78)
            .says(&[said]);
    }
    // Nothing but the file is left behind.
    let rest: Vec<_> = fs::read_dir(homes.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(rest.len(), 5, "{rest:?}");
    // One home alone whose plan is wrong is a figure, too.
    let alone = metas(&["metrics", "--home", "c"]).ok();
    assert_eq!(
        value(&parsed(&alone.stdout), "metas_home_up", "c"),
        Some(0.0)
    );
}
