//! A home whose plan describes workbooks that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::described::{Described, definition, literal, mark};
use super::starter::PLAN;
use super::{common, make};
use crate::console::Console;
use crate::diagnostic::visible;
use crate::dropbox::{INFER_SUBCOMMAND, InferenceError, infer};
use crate::edition::sources::machine_fault;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::ingest::{Doubt, sql_name};
use crate::period::{Frequency, Period};
use crate::plan::Limits;
use crate::spanish;
use crate::store::error::Doing;
use crate::store::regular;
use crate::worker;

/// Makes the home.
///
/// # Errors
/// A workbook cannot be read, or no row of it looks like headers; the folder cannot be written.
pub(super) fn init(
    console: &Console,
    dir: &Path,
    workbooks: &[PathBuf],
) -> Result<ExitStatus, CommandError> {
    let today = home::now(None, chrono_tz::America::Mexico_City)?.date_naive();
    let program = worker::this(INFER_SUBCOMMAND)
        .map_err(|failure| machine_fault("reading the workbooks", &failure.kind))?;
    let mut all = Vec::new();
    let mut copies = Vec::new();
    let mut ids = BTreeSet::new();
    for path in workbooks {
        let bytes = regular::read(path).doing("read", path)?;
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if all.iter().any(|one: &Described| one.name == name) {
            return Err(CommandError::usage(
                "same-name",
                format!("two workbooks are called {name}"),
                "rename one of them: they come into one folder",
            ));
        }
        let found =
            infer(&program, &bytes, &name, &Limits::default()).map_err(|why| match why {
                InferenceError::Unreadable(found) => {
                    CommandError::new(ExitStatus::Findings, *found)
                }
                InferenceError::NotRead(kind) => machine_fault(&format!("reading {name}"), &kind),
            })?;
        all.push(Described {
            id: source_id(&name, &mut ids),
            name: name.clone(),
            file: String::new(),
            guess: found,
        });
        copies.push((name, bytes));
    }
    let names: Vec<String> = all.iter().map(|one| one.name.clone()).collect();
    for one in &mut all {
        one.file = pattern(&one.name, &names);
    }
    let period = period_of(&all, today);
    let text = definition(PLAN, period, &all);
    let mut files = common();
    files.push((format!("pipelines/{PLAN}.toml"), text.into_bytes()));
    let folder = format!("inputs/{period}");
    files.extend(
        copies
            .into_iter()
            .map(|(name, bytes)| (format!("{folder}/{name}"), bytes)),
    );
    make(dir, &files)?;
    console.data(&document(dir, period, &all), &summary(dir, period, &all));
    for one in &all {
        console.diagnostics(&one.guess.findings);
    }
    Ok(ExitStatus::Done)
}

/// The period that a workbook says it reports; else the quarter of the last day that the workbooks speak of, not after today; else the last that has
/// ended.
fn period_of(all: &[Described], today: NaiveDate) -> Period {
    if let Some(stated) = all.iter().find_map(|one| one.guess.period) {
        return stated;
    }
    let last = all
        .iter()
        .filter_map(|one| one.guess.days.map(|(_, last)| last))
        .max();
    match last {
        Some(day) => Period::containing(day.min(today), Frequency::Quarter),
        None => Period::containing(today, Frequency::Quarter).previous(),
    }
}

/// A name in SQL from a file's: without what tells one period's file from another's.
fn source_id(name: &str, taken: &mut BTreeSet<String>) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let constant = constant_part(stem).unwrap_or(stem);
    let id = sql_name(constant, "datos");
    let mut unique = id.clone();
    let mut number = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{id}_{number}");
        number += 1;
    }
    unique
}

/// How else months and parts of a year are called in the names of files.
const PERIOD_WORDS: [&str; 10] = [
    "sept",
    "setiembre",
    "primer",
    "segundo",
    "tercer",
    "cuarto",
    "trim",
    "trimestre",
    "semestre",
    "anual",
];

/// Whether a word in lower case is a month, in full or by its first three letters, or a part of a
/// year.
fn is_a_period_word(word: &str) -> bool {
    let mut months = (1..=12).map(spanish::month);
    PERIOD_WORDS.contains(&word) || months.any(|name| word == name || name.get(..3) == Some(word))
}

/// What stands before the first number, month or quarter of a name, where that is enough to know
/// it by.
fn constant_part(stem: &str) -> Option<&str> {
    let at =
        word_places(stem).find_map(|(at, word)| names_a_period(word).map(|within| at + within));
    let part = stem[..at?].trim_end_matches(|c: char| !c.is_alphanumeric());
    (part.chars().count() >= 4).then_some(part)
}

/// The words of a text, each with the byte at which it begins.
fn word_places(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let between = |c: char| !c.is_alphanumeric();
    let mut next = 0;
    text.split_inclusive(between).map(move |piece| {
        let at = next;
        next += piece.len();
        (at, piece.trim_end_matches(between))
    })
}

/// From which byte on a word of a file's name tells its period: `T1` whole, of `baches2026` the
/// number.
fn names_a_period(word: &str) -> Option<usize> {
    if is_a_period_word(&word.to_lowercase()) {
        return Some(0);
    }
    let digit = word.find(|c: char| c.is_ascii_digit())?;
    let begins = word[..digit].chars().count() >= 4;
    Some(if begins { digit } else { 0 })
}

/// The pattern of a file that also takes the next period's, unless it took another's then.
fn pattern(name: &str, names: &[String]) -> String {
    let whole = literal(name);
    let Some((stem, extension)) = name.rsplit_once('.') else {
        return whole;
    };
    let Some(part) = constant_part(stem) else {
        return whole;
    };
    let others = names.iter().filter(|other| *other != name);
    let takes = |other: &String| other.to_lowercase().starts_with(&part.to_lowercase());
    if others.into_iter().any(takes) {
        return whole;
    }
    format!("{}*.{}", literal(part), literal(extension))
}

fn document(dir: &Path, period: Period, all: &[Described]) -> Value {
    let column = |one: &Described, name: &String, header: &str| {
        let doubts = one.guess.doubts.get(name).map_or(&[][..], Vec::as_slice);
        json!({
            "name": name,
            "header": header,
            "doubts": doubts.iter().map(|doubt| mark(&one.guess, name, *doubt)).collect::<Vec<_>>(),
        })
    };
    let source = |one: &Described| {
        let columns = one.guess.columns.iter();
        json!({
            "source": one.id,
            "file": one.name,
            "sheet": one.guess.sheet,
            "header_row": one.guess.header_row,
            "rows": one.guess.rows,
            "columns": columns.map(|(name, c)| column(one, name, &c.headers[0])).collect::<Vec<_>>(),
            "left_out": one.guess.left_out,
        })
    };
    json!({
        "home": dir,
        "plans": [PLAN],
        "period": period,
        "sources": all.iter().map(source).collect::<Vec<_>>(),
    })
}

fn summary(dir: &Path, period: Period, all: &[Described]) -> String {
    let shown = dir.display();
    let mut text = format!("{shown} is a home folder now; its plan describes:\n");
    for one in all {
        let guess = &one.guess;
        let sheet = guess
            .sheet
            .as_deref()
            .map(|s| format!(", sheet {}", visible(s)));
        text.push_str(&format!(
            "  {}: {}{}, headers in row {}, {} columns, {} rows\n",
            one.id,
            visible(&one.name),
            sheet.unwrap_or_default(),
            guess.header_row,
            guess.columns.len(),
            guess.rows
        ));
        for (name, doubts) in &guess.doubts {
            for doubt in doubts.iter().filter(|doubt| **doubt != Doubt::Choices) {
                text.push_str(&format!("    {name}: {}\n", mark(guess, name, *doubt)));
            }
        }
        if !guess.left_out.is_empty() {
            let headers = visible(&guess.left_out.join(", ")).into_owned();
            text.push_str(&format!(
                "    left out, written twice or faulty: {headers}\n"
            ));
        }
    }
    text.push_str(&format!(
        "They were copied to {shown}/inputs/{period}/. What is doubtful is marked CHECK in {shown}/pipelines/{PLAN}.toml.\n\
         Next: metas check --home {shown} --period {period}\n"
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_the_next_periods_file_and_no_others() {
        let names: Vec<String> = [
            "baches 2026-T1.xlsx",
            "agua.ods",
            "agua potable 3.ods",
            "T1.csv",
        ]
        .map(str::to_owned)
        .into();
        let patterns: Vec<String> = names.iter().map(|name| pattern(name, &names)).collect();
        assert_eq!(
            patterns,
            ["baches*.xlsx", "agua.ods", "agua potable*.ods", "T1.csv"]
        );
        assert_eq!(literal("a[1]*.xlsx"), "a?1??.xlsx");
    }

    #[test]
    fn a_source_is_called_as_its_file_without_the_period() {
        let mut taken = BTreeSet::new();
        for (name, id) in [
            ("Reporte de baches 1er trim.xlsx", "reporte_de_baches"),
            ("Reporte de baches 2026.xlsx", "reporte_de_baches_2"),
            ("luminarias SP ene-mar.xlsx", "luminarias_sp"),
            ("Talleres INMUJER T1.xlsx", "talleres_inmujer"),
            ("Quejas Segundo Trimestre.ods", "quejas"),
            ("quejas2026.ods", "quejas_2"),
            ("Marzo.xlsx", "marzo"),
            ("Talleres marítimos.xlsx", "talleres_maritimos"),
            ("2026.csv", "c_2026"),
            ("¿?.csv", "datos"),
        ] {
            assert_eq!(source_id(name, &mut taken), id);
        }
    }
}
