//! Every option of every command does something: the command line is walked, and each option names
//! the test that shows it.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::CommandFactory;
use serde_json::Value;

use crate::bad_input::home;
use crate::home::TestHome;
use crate::keys::named;

/// Command, option, and the test that shows what the option does there.
#[rustfmt::skip]
const OPTIONS: &[(&str, &str, &str)] = &[
    ("", "--home", "the_home_is_the_one_named"),
    ("", "--json", "each_command_prints_one_document_and_logs_its_end"),
    ("", "--log-format", "each_command_prints_one_document_and_logs_its_end"),
    ("", "--verbose", "each_command_prints_one_document_and_logs_its_end"),
    ("", "--quiet", "quiet_keeps_errors_only"),
    ("", "--color", "colour_is_as_asked_in_messages_and_in_the_log"),
    ("run", "--period", "a_published_figure_that_would_change_is_told"),
    ("run", "--as-of", "an_unattended_run_knows_what_is_due"),
    ("run", "--inputs", "another_folder_is_read"),
    ("run", "--out", "reports_elsewhere_are_written_and_adopted_there"),
    ("run", "--dry-run", "check_and_dry_run_write_nothing"),
    ("run", "--no-deliver", "an_edition_is_sent_to_addresses_of_the_definition_only_and_once"),
    ("run", "--new-edition", "a_correction_is_a_new_edition_with_its_reason"),
    ("run", "--reason", "a_correction_is_a_new_edition_with_its_reason"),
    ("run", "--homes", "no_home_stops_another"),
    ("run", "--jobs", "a_killed_command_leaves_no_home_at_work"),
    ("run", "--part", "what_homes_print_stands_together_in_the_order_of_the_list"),
    ("run", "--home-seconds", "a_home_that_hangs_is_ended_and_told"),
    ("check", "--period", "moments_and_periods_are_the_ones_asked_for"),
    ("check", "--as-of", "moments_and_periods_are_the_ones_asked_for"),
    ("check", "--inputs", "another_folder_is_read"),
    ("check", "--return", "workbooks_are_returned_and_kept_private"),
    ("preview", "--period", "moments_and_periods_are_the_ones_asked_for"),
    ("preview", "--as-of", "moments_and_periods_are_the_ones_asked_for"),
    ("preview", "--inputs", "another_folder_is_read"),
    ("preview", "--out", "a_preview_follows_no_link"),
    ("preview", "--to", "tests_of_the_messages_reach_the_operator_alone"),
    ("preview", "--watch", "a_watched_preview_is_made_again"),
    ("status", "--as-of", "moments_and_periods_are_the_ones_asked_for"),
    ("status", "--homes", "the_status_of_many_homes_is_a_page_and_a_whole_document"),
    ("status", "--jobs", "a_killed_command_leaves_no_home_at_work"),
    ("status", "--part", "what_homes_print_stands_together_in_the_order_of_the_list"),
    ("status", "--home-seconds", "a_home_that_hangs_is_ended_and_told"),
    ("explain", "--plan", "moments_and_periods_are_the_ones_asked_for"),
    ("explain", "--period", "moments_and_periods_are_the_ones_asked_for"),
    ("explain", "--as-of", "moments_and_periods_are_the_ones_asked_for"),
    ("explain", "--inputs", "another_folder_is_read"),
    ("approve", "--by", "nothing_is_released_to_who_may_not_or_for_another_pdf"),
    ("approve", "--sha256", "nothing_is_released_to_who_may_not_or_for_another_pdf"),
    ("approve", "--yes", "a_terminal_asks_before_anything_is_released"),
    ("approve", "--as-of", "approving_issues_exactly_the_bytes_that_were_asked_for"),
    ("deliver resolve", "--sent", "a_refusal_is_settled_by_trying_again_or_by_a_persons_word"),
    ("deliver resolve", "--resend", "what_waited_in_a_backup_is_not_sent_again_in_silence"),
    ("deliver send", "--to", "an_edition_is_sent_to_addresses_of_the_definition_only_and_once"),
    ("deliver send", "--again", "an_edition_is_sent_to_addresses_of_the_definition_only_and_once"),
    ("restore", "--missing", "what_is_gone_or_damaged_is_put_back_alone"),
    ("store copy", "--back", "a_home_leaves_its_store_with_all_its_files"),
    ("adopt", "--out", "reports_elsewhere_are_written_and_adopted_there"),
    ("init", "--example", "leons_home_is_made_by_its_name"),
    ("init", "--from-workbook", "what_describes_the_sample_workbooks_passes_on_them"),
    ("skip", "--reason", "an_unattended_run_knows_what_is_due"),
    ("template", "--department", "templates_are_written_where_asked"),
    ("template", "--period", "moments_and_periods_are_the_ones_asked_for"),
    ("template", "--as-of", "moments_and_periods_are_the_ones_asked_for"),
    ("template", "--out", "templates_are_written_where_asked"),
    ("man", "--out", "every_command_has_a_page_with_its_exit_status"),
    ("metrics", "--out", "figures_of_many_homes_are_one_text_and_a_file_that_appears_whole"),
    ("metrics", "--as-of", "a_quarter_in_figures"),
    ("metrics", "--homes", "figures_of_many_homes_are_one_text_and_a_file_that_appears_whole"),
    ("metrics", "--jobs", "a_killed_command_leaves_no_home_at_work"),
    ("metrics", "--part", "what_homes_print_stands_together_in_the_order_of_the_list"),
    ("metrics", "--home-seconds", "a_home_that_hangs_is_ended_and_told"),
    ("schedule", "--systemd", "the_unit_takes_what_is_held_or_put_off_for_no_failure"),
    ("schedule", "--cron", "the_cron_line_works_in_a_home_without_state_and_lets_cron_mail_what_must_be_heard"),
];

/// Every command that does something, with words that it can be called with; `OUT` is a new name.
const CALLS: &[&[&str]] = &[
    &["check", "--period", "2026-T1"],
    &["status"],
    &["explain", "reparados", "--period", "2026-T1"],
    &["verify", "reports/baches/2026-T1/v1"],
    &["approve", "baches", "2026-T1", "--by", "a@example.mx"],
    &["deliver", "list"],
    &["deliver", "show", "1"],
    &["deliver", "retry"],
    &["deliver", "resolve", "1", "--sent"],
    &["deliver", "bounce", "nothing.eml"],
    &[
        "deliver",
        "send",
        "baches",
        "2026-T1",
        "--to",
        "a@example.mx",
    ],
    &["backup", "OUT"],
    &["restore", "nothing.tar"],
    &["adopt", "baches", "2026-T1"],
    #[cfg(feature = "postgres")]
    &["ledger", "copy"],
    &["store", "copy"],
    &["skip", "baches", "2026-T1", "--reason", "Sin datos"],
    &["template", "-o", "OUT"],
    &["metrics"],
    &["schedule", "--cron"],
    &["doctor"],
    &["explain-code", "sql"],
    &["init", "OUT"],
    &["schema", "pipeline"],
    &["completions", "bash"],
    &["man"],
];

/// Commands that typeset, or all that can be asked of a command.
const SLOW: [&str; 2] = ["run", "preview"];

fn commands(of: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
    for command in of.get_subcommands().filter(|c| !c.is_hide_set()) {
        let path = format!("{path} {}", command.get_name()).trim().to_owned();
        commands(command, &path, found);
        found.push((path, command.clone()));
    }
}

fn all() -> Vec<(String, clap::Command)> {
    let root = metas::cli::arguments::Cli::command();
    let mut found = vec![(String::new(), root.clone())];
    commands(&root, "", &mut found);
    found
}

#[test]
fn every_option_has_a_test_and_every_row_its_option() {
    let mut known = BTreeSet::new();
    for (path, command) in all() {
        let options = command.get_arguments().filter_map(|a| a.get_long());
        known.extend(options.map(|long| (path.clone(), format!("--{long}"))));
    }
    let told = OPTIONS
        .iter()
        .map(|(path, option, _)| ((*path).to_owned(), (*option).to_owned()));
    let told: BTreeSet<(String, String)> = told.collect();
    // What needs a server is shown by tests/tools/postgres.py.
    known.remove(&("ledger copy".to_owned(), "--back".to_owned()));
    let missing: Vec<_> = known.difference(&told).collect();
    let extra: Vec<_> = told.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "nothing shows that these act: {missing:?}"
    );
    assert!(extra.is_empty(), "there are no such options: {extra:?}");
    let wrong: Vec<String> = OPTIONS
        .iter()
        .filter_map(|(_, option, test)| named(test, option).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn called(home: &TestHome, words: &[&str], number: usize, options: &[&str]) -> crate::home::Ran {
    let out = home.file(&format!("out-{number}"));
    let out = out.to_str().unwrap();
    let words = words.iter().map(|w| if *w == "OUT" { out } else { w });
    let words: Vec<&str> = words.chain(options.iter().copied()).collect();
    home.metas(&words)
}

#[test]
fn each_command_prints_one_document_and_logs_its_end() {
    let called_here: BTreeSet<String> = CALLS
        .iter()
        .map(|words| match words[0] {
            "deliver" | "ledger" | "store" => words[..2].join(" "),
            first => first.to_owned(),
        })
        .chain(SLOW.map(str::to_owned))
        .collect();
    for (path, command) in all() {
        let does = !path.is_empty() && !command.has_subcommands();
        assert!(!does || called_here.contains(&path), "{path} is not called");
    }
    let home = home();
    for (number, words) in CALLS.iter().enumerate() {
        let options = ["--json", "--verbose", "--log-format", "json"];
        let ran = called(&home, words, number, &options);
        let document: Result<Value, _> = serde_json::from_str(&ran.stdout);
        assert!(document.is_ok(), "{words:?}: {}", ran.stdout);
        let lines: Vec<Value> = ran
            .stderr
            .lines()
            .map(|line| {
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{words:?}: {e}: {line}"))
            })
            .collect();
        let last = lines.last().map(|line| &line["fields"]);
        let last = last.unwrap_or_else(|| panic!("{words:?} logs nothing"));
        assert_eq!(last["message"], "command ended", "{words:?}");
        assert_eq!(last["exit_status"], ran.code, "{words:?}");
    }
}

#[test]
fn quiet_keeps_errors_only() {
    let home = home();
    // A plan that writes to nobody is told of it, however quiet.
    let delivery = "[delivery]\nfrom = \"a@example.mx\"\nto = [\"a@example.mx\"]\n[limits]";
    home.replace("pipelines/baches.toml", "[limits]", delivery);
    // What is asked for as a text is printed all the same.
    let texts = ["metrics", "schedule", "schema", "completions", "man"];
    for (number, words) in CALLS.iter().enumerate() {
        let ran = called(&home, words, number, &["--quiet"]);
        assert_eq!(
            ran.stdout.is_empty(),
            !texts.contains(&words[0]),
            "{words:?}"
        );
        assert!(
            !ran.stderr.contains("warning["),
            "{words:?}: {}",
            ran.stderr
        );
    }
    let check = ["check", "--period", "2026-T1"];
    home.metas(&check)
        .says(&["warning[indicator-sheet]", "avisos"]);
    home.replace("inputs/2026-T1/baches.csv", "Pendiente", "Quizá");
    home.metas(&["check", "--period", "2026-T1", "--quiet"])
        .code(65)
        .says(&["error[unknown-category]"]);
}

#[test]
fn colour_is_as_asked_in_messages_and_in_the_log() {
    let home = home();
    for (wanted, coloured) in [("always", true), ("never", false), ("auto", false)] {
        let ran = home.metas(&["check", "--period", "2026-T1", "-v", "--color", wanted]);
        for said in ["indicator-sheet", "command ended"] {
            let line = ran.stderr.lines().find(|line| line.contains(said));
            let line = line.unwrap_or_else(|| panic!("no {said}: {}", ran.stderr));
            assert_eq!(line.contains('\u{1b}'), coloured, "{wanted}: {line:?}");
        }
    }
}

#[test]
fn the_home_is_the_one_named() {
    let (one, other) = (home(), TestHome::named("ribera"));
    one.metas(&["status"]).ok().says(&["baches"]);
    // `metas` of the test home gives --home.
    other.metas(&["status"]).ok().says(&["servicios"]);
    TestHome::empty()
        .metas(&["status"])
        .code(78)
        .says(&["no-home"]);
}

#[test]
fn another_folder_is_read() {
    let home = home();
    let other = home.file("other");
    fs::create_dir_all(&other).unwrap();
    let rows = "Folio,Fecha,Costo,Estatus\nB1,15/01/2026,100,Reparado\n";
    fs::write(other.join("baches.csv"), rows).unwrap();
    let other = other.to_str().unwrap();
    let given = |words: &[&str]| {
        let more = ["--period", "2026-T1", "--json"];
        let own = home.metas(&[words, &more].concat()).json();
        let theirs = home.metas(&[words, &more, &["--inputs", other]].concat());
        (own, theirs.json())
    };
    let (own, theirs) = given(&["check"]);
    assert_eq!(own["sources"][0]["rows"], 2, "{own}");
    assert_eq!(theirs["sources"][0]["rows"], 1, "{theirs}");
    let (own, theirs) = given(&["explain", "reparados"]);
    assert_eq!(own["goal"]["actual_value"], 50.0);
    assert_eq!(theirs["goal"]["actual_value"], 100.0);
    for words in [&["preview"][..], &["run", "--dry-run"]] {
        let more = ["--period", "2026-T1", "--json", "--inputs", other];
        let told = home.metas(&[words, &more].concat()).json().to_string();
        assert!(told.contains("\"actual_value\":100.0"), "{words:?}: {told}");
    }
}

#[test]
fn reports_elsewhere_are_written_and_adopted_there() {
    let home = home();
    let out = home.file("elsewhere");
    let out = out.to_str().unwrap();
    home.metas(&["run", "--period", "2026-T1", "--out", out])
        .ok();
    assert!(
        home.file("elsewhere/baches/2026-T1/v1/report.pdf")
            .is_file()
    );
    assert!(!home.file("reports").join("baches/2026-T1/v1").exists());
    fs::remove_dir_all(home.file("state")).unwrap();
    let adopt = ["adopt", "baches", "2026-T1"];
    assert_ne!(home.metas(&adopt).code, 0);
    home.metas(&[&adopt[..], &["--out", out]].concat())
        .ok()
        .says(&["v1 (final)"]);
}

#[test]
fn moments_and_periods_are_the_ones_asked_for() {
    let home = home();
    let explain = ["explain", "reparados", "--json", "--period", "2026-T1"];
    let at = |moment: &str| {
        let told = home.metas(&[&explain[..], &["--as-of", moment]].concat());
        told.json()["cutoff"].as_str().unwrap().to_owned()
    };
    assert_eq!(at("2026-02-10"), "2026-02-10");
    assert_eq!(at("2026-04-10"), "2026-03-31");
    home.metas(&["explain", "reparados", "--plan", "otro"])
        .code(2)
        .says(&["unknown-plan"]);
    for command in [&["check"][..], &["preview"], &["explain", "reparados"]] {
        let too_early = ["--period", "2026-T2", "--as-of", "2026-03-01"];
        home.metas(&[command, &too_early].concat())
            .code(2)
            .says(&["2026-T2 has not begun: today is 2026-03-01"]);
    }
    let check = ["check", "--json", "--as-of", "2026-08-01"];
    assert_eq!(home.metas(&check).json()["period"], "2026-T2");
    let earlier = [&check[..], &["--period", "2026-T1"]].concat();
    assert_eq!(home.metas(&earlier).json()["period"], "2026-T1");
    let out = home.file("blank");
    let blank = ["template", "--json", "--out", out.to_str().unwrap()];
    let blank = |more: &[&str]| home.metas(&[&blank[..], more].concat()).json()["period"].clone();
    assert_eq!(blank(&["--as-of", "2026-05-01"]), "2026-T2");
    assert_eq!(
        blank(&["--as-of", "2026-05-01", "--period", "2026-T1"]),
        "2026-T1"
    );
    let status = |moment| home.metas(&["status", "--as-of", moment]).ok();
    status("2026-04-04").says(&["not due yet"]);
    status("2026-04-06").says(&["due, not issued"]);
}

#[test]
fn a_watched_preview_is_made_again() {
    let home = home();
    let plan = home.read("pipelines/baches.toml");
    let broken = |what: &str| fs::write(home.file("pipelines/baches.toml"), what).unwrap();
    broken(&plan.replace("format = 1", "format = 2"));
    let log = home.file("log");
    let mut watching = Command::new(env!("CARGO_BIN_EXE_metas"))
        .args(["preview", "--watch", "--period", "2026-T1", "--home"])
        .arg(home.path())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let hears = |said: &str| {
        let end = Instant::now() + Duration::from_secs(60);
        while Instant::now() < end {
            if home.read("log").contains(said) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    };
    let first = hears("must be");
    broken(&plan.replace("axis = \"calles\"", "axis = \"parques\""));
    let second = hears("unknown-axis");
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert!(first && second, "{}", home.read("log"));
}
