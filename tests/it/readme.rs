//! What the README says works: its commands are the binary's, its snippets are accepted.

use crate::home::{TestHome, commands_named};

const README: &str = include_str!("../../README.md");

/// Fenced blocks of a language, in order.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut inside: Option<Vec<&str>> = None;
    for line in README.lines() {
        match (&mut inside, line.strip_prefix("```")) {
            (None, Some(opened)) => {
                inside = Some(if opened == language {
                    vec![""]
                } else {
                    Vec::new()
                });
            }
            (Some(lines), Some(_)) => {
                if lines.first() == Some(&"") {
                    blocks.push(lines[1..].join("\n"));
                }
                inside = None;
            }
            (Some(lines), None) => {
                if !lines.is_empty() {
                    lines.push(line);
                }
            }
            (None, None) => {}
        }
    }
    blocks
}

#[test]
fn its_first_command_is_the_run_of_leon() {
    let first = blocks("sh").remove(0);
    let arguments = first
        .strip_prefix("cargo run -- ")
        .expect("the first command runs metas");
    let home = TestHome::leon();
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let ran = home.metas(&words).ok().says(&["edition 1 issued"]);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
    assert!(
        home.file("reports/pamga-2025-2027/2026-T1/v1/report.pdf")
            .is_file()
    );
    assert!(home.file("state/outbox").is_dir());
    home.metas(&words).ok().says(&["exists"]);
}

#[test]
fn its_second_command_is_the_tests() {
    assert_eq!(blocks("sh")[1], "cargo test");
}

#[test]
fn every_command_that_it_names_exists() {
    let named = commands_named(README, &[]);
    assert!(named > 8, "only {named} commands are named");
}

#[test]
fn its_goal_can_be_added_to_the_plan() {
    let mut shown = blocks("toml");
    let goal = shown.remove(0);
    let changed = shown.remove(0);
    let home = TestHome::leon();
    let plan = "pipelines/pamga-2025-2027.toml";
    let text = home
        .read(plan)
        .replace("[report]", &format!("{goal}\n{changed}\n\n[report]"));
    std::fs::write(home.file(plan), text).unwrap();
    home.metas(&["check", "--period", "2026-T1"]).ok();
    home.metas(&["explain", "sesiones-vecinales", "--period", "2026-T1"])
        .ok()
        .says(&["cumulative"]);
}

#[test]
fn its_mail_server_is_accepted() {
    let mut shown = blocks("toml").into_iter();
    let server = shown.find(|b| b.contains("[delivery.smtp]")).unwrap();
    let home = TestHome::leon();
    let plan = "pipelines/pamga-2025-2027.toml";
    std::fs::write(home.file(plan), format!("{}\n{server}\n", home.read(plan))).unwrap();
    home.metas(&["check", "--period", "2026-T1"]).ok();
}

#[test]
fn its_cron_line_is_what_the_command_prints() {
    let home = TestHome::leon();
    let line = home.metas(&["schedule", "--cron"]).ok().stdout;
    let line = line
        .replace(env!("CARGO_BIN_EXE_metas"), "/usr/local/bin/metas")
        .replace(
            &home.path().canonicalize().unwrap().display().to_string(),
            "/srv/metas",
        );
    let shown = blocks("")
        .into_iter()
        .find(|b| b.contains("* * * *"))
        .unwrap();
    assert_eq!(line.trim(), shown.trim());
}
