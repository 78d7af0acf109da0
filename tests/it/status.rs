//! What `metas status` tells of files, periods and recipients.

use crate::home::TestHome;

const RUN: [&str; 6] = [
    "run",
    "plan-valle-verde-2026",
    "--period",
    "2026-T1",
    "--as-of",
    "2026-04-06T12:00",
];

#[test]
fn each_source_is_told_its_own_file_and_each_period_once() {
    let home = TestHome::named("valle-verde");
    home.metas(&RUN).ok();
    let said = home.metas(&["status"]).ok().stdout;
    let line = |start: &str| -> Vec<&str> {
        let lines = said.lines().map(str::trim);
        lines.filter(|line| line.starts_with(start)).collect()
    };
    assert_eq!(
        line("cloro ")[0]
            .split("  ")
            .map(str::trim)
            .find(|part| part.contains('/')),
        Some("agua/cloro.ods"),
        "{said}"
    );
    let over_time = line("Goals over time");
    assert_eq!(over_time.len(), 1);
    assert_eq!(over_time[0].matches("2026-T1").count(), 1, "{said}");
}

/// A delivery withdrawn because its recipient was struck is no delivery once they are back.
#[test]
fn a_recipient_struck_and_named_again_is_told_as_not_reached() {
    let home = TestHome::named("valle-verde");
    let plan = "pipelines/plan-valle-verde-2026.toml";
    let (both, one) = (
        r#"to = ["comite@example.mx", "contraloria@example.mx"]"#,
        r#"to = ["comite@example.mx"]"#,
    );
    home.metas(&[&RUN[..], &["--no-deliver"]].concat()).ok();
    home.replace(plan, both, one);
    home.metas(&RUN)
        .ok()
        .says(&["contraloria@example.mx  cancelled"]);
    home.replace(plan, one, both);
    home.metas(&RUN).says(&[
        "warning[not-delivered]",
        "metas deliver send plan-valle-verde-2026 2026-T1 --to contraloria@example.mx",
    ]);
}

/// Names of every length stand in columns, a time has no fraction of a second, and one is one.
#[test]
fn status_and_doctor_are_pages_that_line_up() {
    let home = TestHome::named("valle-verde");
    home.metas(&RUN).ok();
    let status = home.metas(&["status", "--as-of", "2026-04-07"]).ok().stdout;
    let of_period = status
        .lines()
        .skip_while(|line| !line.contains("2026-T1  due"));
    let sources: Vec<&str> = of_period
        .skip(1)
        .take_while(|line| line.starts_with("    "))
        .collect();
    assert!(sources.len() > 2, "{status}");
    let second = |line: &str| {
        let name = line
            .trim_start()
            .split("  ")
            .next()
            .unwrap()
            .chars()
            .count();
        let rest = line
            .chars()
            .skip(4 + name)
            .take_while(|c| *c == ' ')
            .count();
        4 + name + rest
    };
    let columns: std::collections::BTreeSet<usize> = sources.iter().map(|l| second(l)).collect();
    assert_eq!(columns.len(), 1, "{}", sources.join("\n"));
    let doctor = home.metas(&["doctor"]).stdout;
    assert!(doctor.contains("  1 edition\n"), "{doctor}");
    let clock = doctor.lines().find(|line| line.contains("clock")).unwrap();
    assert!(clock.ends_with(" UTC") && !clock.contains('.'), "{clock}");
    let starts: std::collections::BTreeSet<usize> = doctor
        .lines()
        .map(|line| {
            let after = line.trim_start().split_once("  ").unwrap().1.trim_start();
            let (_, what) = after.split_once("  ").unwrap();
            line.chars().count() - what.trim_start().chars().count()
        })
        .collect();
    assert_eq!(starts.len(), 1, "{doctor}");
    for line in doctor.lines() {
        assert!(
            !line.contains("1 editions") && !line.contains("1 files"),
            "{line}"
        );
    }
}
