//! What `metas status` tells of files, periods and recipients.

use crate::cron::{BACHES, CONSULTAS};
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

/// The matrix that `metas status` prints at a moment, a line a department.
fn matrix(home: &TestHome, moment: &str) -> Vec<String> {
    let said = home.metas(&["status", "--as-of", moment]).ok().stdout;
    let from = said.find("  Submissions").unwrap();
    let lines = said[from..].lines().take(4);
    let lines = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect()
}

/// A department that is always late, one that never is, one whose file is no use, and one that
/// sends nothing: over a quarter with a report, one skipped, and the one that runs.
fn three_quarters() -> TestHome {
    let home = TestHome::named("ribera");
    let run = |moment: &str| home.metas(&["run", "--quiet", "--as-of", moment]);
    let put = |period: &str, name: &str, text: &str| {
        let file = home.file(&format!("inputs/{period}")).join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    };
    put("2026-T1", "baches.csv", BACHES);
    put("2026-T1", "torneos.csv", "Torneo\nsin fecha\n");
    // Until the deadline nothing is missing.
    run("2026-03-01T06:00").ok();
    assert_eq!(
        matrix(&home, "2026-03-01T07:00")[..3],
        ["Submissions 2026-T1", "obras on time", "salud awaited"]
    );
    run("2026-04-04T06:00").ok();
    put("2026-T1", "consultas.csv", CONSULTAS);
    run("2026-04-04T12:00").ok();
    run("2026-04-05T00:17");
    let first = [
        "Submissions 2026-T1 2026-T2",
        "obras on time awaited",
        "salud late 1d awaited",
        "deporte unusable awaited",
    ];
    assert_eq!(matrix(&home, "2026-04-06"), first);
    home.metas(&["skip", "servicios", "2026-T2", "--reason", "Veda"])
        .ok();
    put("2026-T3", "baches.csv", BACHES);
    run("2026-10-04T06:00");
    put("2026-T3", "consultas.csv", CONSULTAS);
    home.metas(&["run", "--period", "2026-T3", "--as-of", "2026-10-13T12:00"]);
    home
}

#[test]
fn who_is_late_who_never_is_and_whose_file_is_no_use_stands_in_one_table_on_all_faces() {
    let home = three_quarters();
    assert_eq!(
        matrix(&home, "2026-10-14"),
        [
            "Submissions 2026-T1 2026-T2 2026-T3 2026-T4",
            "obras on time skipped on time awaited",
            "salud late 1d skipped late 10d awaited",
            "deporte unusable skipped missing awaited",
        ]
    );
    let told = home.metas(&["status", "--as-of", "2026-10-14", "--json"]);
    let told = told.ok().json()["plans"][0]["submissions"].clone();
    let edition = home.file("reports/servicios/2026-T3/v1");
    let published = home.json("reports/servicios/2026-T3/v1/results.json");
    let published = &published["submissions"];
    for (n, department) in published["departments"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        let cells = department["cells"].as_array().unwrap();
        assert_eq!(
            cells[..],
            told["departments"][n]["cells"].as_array().unwrap()[..3]
        );
    }
    assert_eq!(
        published["departments"][1]["cells"][2]["shown"],
        "10 días tarde"
    );
    let csv = home.read("reports/servicios/2026-T3/v1/data/submissions.csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[1..6],
        [
            "obras,Dirección de Obras,2026-T1,1,1,0,,0,0,on-time",
            "obras,Dirección de Obras,2026-T2,,,,,,,not-reported",
            "obras,Dirección de Obras,2026-T3,1,1,0,,0,0,on-time",
            "salud,Dirección de Salud,2026-T1,1,1,1,1,0,0,late",
            "salud,Dirección de Salud,2026-T2,,,,,,,not-reported",
        ]
    );
    let package = home.json("reports/servicios/2026-T3/v1/data/datapackage.json");
    let resources = package["resources"].as_array().unwrap();
    let own = resources
        .iter()
        .find(|one| one["path"].as_str().unwrap().contains("submissions.csv"));
    let fields = own.unwrap()["schema"]["fields"].as_array().unwrap();
    let header: Vec<&str> = fields.iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(lines[0].trim_start_matches('\u{feff}'), header.join(","));
    // How late a file was is told again from what the edition was made of.
    home.metas(&["verify", edition.to_str().unwrap()]).ok();
}

#[test]
fn a_department_added_later_was_not_asked_before() {
    let home = TestHome::named("ribera");
    let plan = "pipelines/servicios.toml";
    let text = home.read(plan);
    let with = text
        .replace(
            "[department.deporte]",
            "[department.cultura]\nname = \"Dirección de Cultura\"\n[department.deporte]",
        )
        .replace(
            "[source.torneos]",
            "[source.ferias]\ndepartment = \"cultura\"\nfile = \"ferias*.csv\"\nrequired = false\n\
             [source.ferias.columns]\nferia = { header = \"Feria\", type = \"text\" }\n[source.torneos]",
        );
    for period in ["2026-T1", "2026-T2"] {
        std::fs::create_dir_all(home.file(&format!("inputs/{period}"))).unwrap();
        let file = home.file(&format!("inputs/{period}/baches.csv"));
        std::fs::write(file, BACHES).unwrap();
    }
    home.metas(&["run", "--period", "2026-T1", "--as-of", "2026-04-06"]);
    std::fs::write(home.file(plan), with).unwrap();
    let said = home.metas(&["status", "--as-of", "2026-05-01"]).ok().stdout;
    let line = said.lines().find(|line| line.trim().starts_with("cultura"));
    let line = line
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert_eq!(line, "cultura not asked awaited", "{said}");
}
