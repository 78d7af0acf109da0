//! The same workbook saved by LibreOffice and by libraries, in every format, gives the same values
//! or the same finding. `tests/tools/formats/make.py` makes the copies; `.ci/run` runs both.
//!
//! `METAS_FORMATS=FOLDER cargo test --test it -- --ignored formats`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use metas::diagnostic::{Location, Severity};
use metas::dropbox::expected;
use metas::ingest::{Reading, read_file};
use metas::plan::{Source, parse};
use serde_json::Value;

use crate::ingest::{cells_of, limits, source};

/// What the origin's source is: that of the fault workbooks, or the plan's that expects its name.
fn source_of(root: &Path, case: &Value) -> Option<Source> {
    let Some(plan) = case["plan"].as_str() else {
        return Some(source());
    };
    let text = std::fs::read_to_string(root.join(plan)).unwrap();
    let name = Path::new(plan).file_name().unwrap().to_string_lossy();
    let pipeline = parse(&name, &text).unwrap();
    let all = expected(&pipeline.sources);
    let found = all.iter().find(|e| e.is(case["name"].as_str().unwrap()));
    found.map(|e| e.source.clone())
}

fn read(path: &Path, source: &Source) -> Reading {
    read_file(
        &std::fs::read(path).unwrap(),
        "x",
        source,
        &limits(),
        &mut |_| {},
    )
}

fn values(reading: &Reading) -> Option<String> {
    let frame = reading.frame.as_ref()?;
    let rows = (0..frame.height()).map(|row| cells_of(frame, row) + "\n");
    Some(rows.collect())
}

/// Code and cell of each finding of a severity.
fn found(reading: &Reading, severity: Severity) -> BTreeSet<String> {
    let of = reading.findings.iter().filter(|f| f.severity == severity);
    of.map(|f| match &f.location {
        Location::Cells(place) => format!("{} {}", f.code, place.cell.as_deref().unwrap_or("-")),
        _ => f.code.clone(),
    })
    .collect()
}

/// What a program does not keep, by who wrote the copy, in which format (`*`: any), and the code of
/// the finding that comes or goes with it.
const NOT_KEPT: &[(&str, &str, &str)] = &[
    // LibreOffice calculates a formula again; Python's libraries are given values alone.
    ("*", "*", "formula-without-value"),
    ("openpyxl", "xlsx", "blank-cell"),
    ("xlsxwriter", "xlsx", "blank-cell"),
    ("xlwt", "xls", "blank-cell"),
    ("odfpy", "ods", "blank-cell"),
    // Text files have no sheets, merged cells, hidden rows, nor types: what was shown is left.
    ("lo", "csv", "hidden-sheet"),
    ("lo", "csv", "hidden-rows"),
    ("lo", "csv", "merged-cells"),
    ("lo", "csv", "swapped-dates"),
    ("lo", "csv", "long-number"),
    ("lo", "csv", "not-finite"),
    ("lo", "csv", "text-in-number"),
    ("lo", "csv", "mixed-decimal-signs"),
    ("lo", "csv", "year-in-date"),
    ("lo", "csv", "number-in-date"),
    ("lo", "csv", "time-without-date"),
    ("lo", "csv", "date-out-of-range"),
    ("lo", "csv", "time-in-date"),
    ("lo", "csv", "date-in-number"),
    ("lo", "csv", "date-in-text"),
    ("lo", "csv", "percent-in-number"),
    // A truth value in a cell with a date format becomes the number 1.
    ("lo", "*", "not-a-date"),
    ("lo", "ods", "date-out-of-range"),
    ("lo", "*", "number-in-date"),
    // A workbook whose only sheet is hidden is opened with that sheet shown.
    ("lo", "*", "hidden-sheet"),
    // No number formats in ods, no hidden rows in xls, no errors that Excel invented since.
    ("sheetjs", "ods", "ambiguous-percent"),
    ("sheetjs", "ods", "not-a-date"),
    ("sheetjs", "ods", "number-in-date"),
    ("sheetjs", "ods", "time-without-date"),
    ("sheetjs", "ods", "year-in-date"),
    ("sheetjs", "ods", "date-out-of-range"),
    ("sheetjs", "ods", "not-finite"),
    ("sheetjs", "ods", "below-minimum"),
    ("sheetjs", "ods", "swapped-dates"),
    ("sheetjs", "ods", "hidden-sheet"),
    ("sheetjs", "ods", "hidden-rows"),
    ("sheetjs", "xls", "hidden-rows"),
    ("sheetjs", "*", "error-cell"),
    ("sheetjs", "*", "blank-cell"),
    // Given values and number formats alone.
    ("openpyxl", "xlsx", "merged-cells"),
    ("openpyxl", "xlsx", "hidden-rows"),
    ("xlsxwriter", "xlsx", "merged-cells"),
    ("xlsxwriter", "xlsx", "hidden-rows"),
    ("xlwt", "xls", "merged-cells"),
    ("xlwt", "xls", "hidden-rows"),
    ("odfpy", "ods", "merged-cells"),
    ("odfpy", "ods", "hidden-rows"),
];

/// Copies that say something else than their origin, and why.
const SAYS_ELSE: &[(&str, &str, &str)] = &[
    (
        "row-in-pieces.xlsx",
        "*",
        "a row in two pieces loses its first piece",
    ),
    (
        "inline-rich-text.xlsx",
        "*",
        "_x0041_ is Excel's way to write A; others keep it as it is",
    ),
    (
        "control-characters.xlsx",
        "*",
        "_x0001_ is kept as it is written, or left out",
    ),
    (
        "control-character-in-category.xlsx",
        "*",
        "_x0007_ is kept as it is written, or left out",
    ),
    (
        "control-character-in-date.xlsx",
        "*",
        "_x0007_ is kept as it is written, or left out",
    ),
    (
        "control-character-in-duplicate.xlsx",
        "*",
        "_x0007_ is kept as it is written, or left out",
    ),
    (
        "wrong-kind-of-cell.xlsx",
        "sheetjs.ods",
        "dates and percents become numbers",
    ),
    (
        "epoch-1904.xlsx",
        "sheetjs.xlsb",
        "the mark of 1904 is not written",
    ),
    (
        "epoch-1904-with-extension.xlsx",
        "sheetjs.xlsb",
        "the mark of 1904 is not written",
    ),
    ("sheet-misplaced.xls", "sheetjs", "the sheet is not found"),
];

/// What other programs repair, or do not open at all.
const BROKEN: [&str; 5] = [
    "damaged-file",
    "not-a-spreadsheet",
    "file-too-big",
    "no-sheets",
    "password-protected",
];

fn is(pattern: &str, what: &str) -> bool {
    pattern == "*" || pattern == what
}

/// What is wrong with a copy's reading, held against its origin's.
fn fault(
    origin: &str,
    (by, format): (&str, &str),
    (own, copy): (&Reading, &Reading),
    used: &mut BTreeSet<usize>,
) -> Option<String> {
    let program = format!("{by}.{format}");
    let says_else = SAYS_ELSE.iter().any(|(file, who, _)| {
        origin.ends_with(&format!("/{file}")) && (is(who, by) || *who == program)
    });
    if says_else
        || own
            .findings
            .iter()
            .any(|f| BROKEN.contains(&f.code.as_str()))
    {
        return (copy.frame.is_none() && !copy.is_blocked()).then(|| "nothing is said".to_owned());
    }
    let all = |r: &Reading| -> BTreeSet<String> {
        [Severity::Error, Severity::Warning]
            .iter()
            .flat_map(|s| found(r, *s))
            .collect()
    };
    let (own_found, copy_found) = (all(own), all(copy));
    let mut strange = false;
    for finding in own_found.symmetric_difference(&copy_found) {
        let code = finding.split(' ').next().unwrap();
        let known = NOT_KEPT
            .iter()
            .position(|(who, what, c)| is(who, by) && is(what, format) && *c == code);
        strange |= known.is_none();
        used.extend(known);
    }
    if strange {
        return Some(format!("findings {own_found:?}\n    became {copy_found:?}"));
    }
    match (values(own), values(copy)) {
        (Some(a), Some(b)) if a != b => Some(format!("values\n{a}    became\n{b}")),
        _ => None,
    }
}

#[test]
#[ignore = "needs METAS_FORMATS, made by tests/tools/formats/make.py"]
fn formats_give_the_same_values_or_the_same_finding() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = PathBuf::from(std::env::var_os("METAS_FORMATS").unwrap());
    let cases = std::fs::read(folder.join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&cases).unwrap();
    let mut wrong = Vec::new();
    let (mut compared, mut with_values) = (0, 0);
    let mut used = BTreeSet::new();
    for case in &cases {
        let origin = case["origin"].as_str().unwrap();
        let Some(source) = source_of(root, case) else {
            continue;
        };
        let own = read(&root.join(origin), &source);
        for copy in case["copies"].as_array().unwrap() {
            let text = |key: &str| copy[key].as_str();
            let sheet = source.sheet.as_deref().or(own.sheet.as_deref());
            if text("sheet").is_some_and(|s| sheet.is_some_and(|own| own != s)) {
                continue;
            }
            let (path, by, format) = (
                text("path").unwrap(),
                text("by").unwrap(),
                text("format").unwrap(),
            );
            let reading = read(Path::new(path), &source);
            compared += 1;
            with_values += usize::from(reading.frame.is_some());
            if let Some(fault) = fault(origin, (by, format), (&own, &reading), &mut used) {
                wrong.push(format!(
                    "{origin} by {by} in {format} ({path})\n    {fault}"
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {compared}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(
        with_values > 400,
        "only {with_values} of {compared} copies were read"
    );
    let unused: Vec<_> = (0..NOT_KEPT.len())
        .filter(|n| !used.contains(n))
        .map(|n| NOT_KEPT[n])
        .collect();
    assert!(unused.is_empty(), "allowed for nothing: {unused:?}");
    eprintln!("{compared} copies, {with_values} of them with values");
}
