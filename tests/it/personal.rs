//! What a personal column holds is in nothing that is printed or written, the archive of what was
//! sent and the departments' own returned workbooks excepted.

use std::fmt::Write as _;
use std::io::Read;

use metas::plan::Plan;
use metas::workbook::{Entry, template};

use crate::home::TestHome;

/// No two share a part, so that a shortened one is found too.
const CANARIES: [&str; 5] = [
    "ZZCANARIOUNO",
    "QQCANARIODOS",
    "WWCANARIOTRES",
    "KKCANARIOCUATRO",
    "8675309421",
];
const PLAN: &str = "pipelines/pamga-2025-2027.toml";
const FILE: &str = "inputs/2026-T1/mi-barrio-habla 2025.xlsx";

fn home() -> TestHome {
    let home = TestHome::leon();
    home.replace(
        PLAN,
        "vecino  = { header = \"Nombre\", type = \"text\", personal = true, optional = true }",
        "vecino = { header = \"Nombre\", type = \"text\", personal = true, unique = true }\n\
         edad = { header = \"Edad\", type = \"integer\", personal = true, max = 120 }\n\
         alta = { header = \"Nacimiento\", type = \"date\", personal = true }\n\
         sexo = { header = \"Sexo\", type = \"category\", values = [\"M\", \"F\"], personal = true }\n\
         cuota = { header = \"Cuota\", type = \"percent\", personal = true, optional = true }",
    );
    home
}

/// Rows with canaries in each personal column, wrong in them and in the others.
fn rows(spoilt: bool) -> Vec<Vec<Entry>> {
    let text = |t: &str| Entry::Text(t.to_owned());
    let day = chrono::NaiveDate::from_ymd_opt(2025, 3, 4).unwrap();
    (0..30)
        .map(|i| {
            let bad = spoilt && i % 3 == 0;
            vec![
                text(&format!("F{}", if bad { 0 } else { i })),
                if bad { text("n/d") } else { Entry::Number(1.0) },
                if bad { text("pronto") } else { Entry::Day(day) },
                text(if bad { "Concluida" } else { "Concluido" }),
                if bad {
                    text(CANARIES[0])
                } else {
                    text(&format!("{} {i}", CANARIES[0]))
                },
                if bad {
                    text(CANARIES[1])
                } else if spoilt {
                    Entry::Number(8_675_309_421.0)
                } else {
                    Entry::Number(40.0)
                },
                if bad {
                    text(CANARIES[2])
                } else {
                    Entry::Day(day)
                },
                text(if bad { CANARIES[3] } else { "M" }),
                if bad { text(CANARIES[1]) } else { Entry::Blank },
            ]
        })
        .collect()
}

fn csv(plan: &Plan, rows: &[Vec<Entry>]) -> Vec<u8> {
    let headers: Vec<&str> = plan.sources["acuerdos"]
        .columns
        .values()
        .map(|c| c.headers[0].as_str())
        .collect();
    let mut out = headers.join(";") + "\n";
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| match cell {
                Entry::Blank => String::new(),
                Entry::Text(t) => t.clone(),
                Entry::Number(n) => n.to_string(),
                Entry::Day(d) => d.format("%d/%m/%Y").to_string(),
            })
            .collect();
        writeln!(out, "{}", cells.join(";")).unwrap();
    }
    out.into_bytes()
}

/// The bytes, and what a zip among them holds.
fn contents(bytes: &[u8]) -> String {
    let mut out = String::from_utf8_lossy(bytes).into_owned();
    if let Ok(mut zip) = zip::ZipArchive::new(std::io::Cursor::new(bytes)) {
        for index in 0..zip.len() {
            let mut part = Vec::new();
            zip.by_index(index).unwrap().read_to_end(&mut part).unwrap();
            out.push_str(&String::from_utf8_lossy(&part));
        }
    }
    out
}

fn commands(home: &TestHome) {
    let period = ["--period", "2026-T1", "--as-of", "2026-04-06T09:00"];
    let runs: [&[&str]; 8] = [
        &["check"],
        &["check", "--json", "-vv"],
        &["check", "-vv", "--log-format", "json"],
        &["run", "pamga-2025-2027", "-vv"],
        &[
            "run",
            "pamga-2025-2027",
            "--json",
            "-vv",
            "--new-edition",
            "--reason",
            "x",
        ],
        &["explain", "acuerdos-atendidos", "-vv"],
        &["explain", "acuerdos-atendidos", "--json"],
        &["status", "--json", "-vv"],
    ];
    for arguments in runs {
        let timed = arguments[0] != "status";
        let all: Vec<&str> = arguments
            .iter()
            .chain(period.iter().filter(|_| timed))
            .copied()
            .collect();
        let ran = home.metas(&all);
        assert_ne!(ran.code, 70, "{all:?}: {}", ran.stderr);
        for canary in CANARIES {
            let told = ran.stdout.contains(canary) || ran.stderr.contains(canary);
            assert!(
                !told,
                "{all:?} tells {canary}:\n{}\n{}",
                ran.stdout, ran.stderr
            );
        }
    }
}

fn files(home: &TestHome) {
    let mut ledger = home.snapshot();
    for name in ["state/ledger.db", "state/ledger.db-wal"] {
        if let Ok(bytes) = std::fs::read(home.file(name)) {
            ledger.insert(name.to_owned(), bytes);
        }
    }
    let mut searched = 0;
    for (name, bytes) in ledger {
        let theirs = ["inputs/", "state/archive/", "state/returned/"];
        if theirs.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        searched += 1;
        let text = contents(&bytes);
        for canary in CANARIES {
            assert!(!text.contains(canary), "{name} holds {canary}");
        }
    }
    assert!(searched > 10, "{searched}");
}

#[test]
fn personal_content_is_nowhere() {
    for (spoilt, as_csv) in [(true, false), (true, true), (false, false)] {
        let home = home();
        let plan = metas::plan::parse("pamga-2025-2027.toml", &home.read(PLAN)).unwrap();
        let rows = rows(spoilt);
        let source = &plan.sources["acuerdos"];
        let bytes = if as_csv {
            csv(&plan, &rows)
        } else {
            template(&plan, source, "desarrollo-social", &rows)
                .unwrap()
                .bytes
        };
        std::fs::write(home.file(FILE), bytes).unwrap();
        let found = home.metas(&["check", "--json", "--period", "2026-T1"]);
        assert_eq!(found.stdout.contains("Nombre"), spoilt, "{}", found.stdout);
        commands(&home);
        files(&home);
    }
}
