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
        line("cloro ")[0].split("  ").nth(7).map(str::trim),
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
