//! Cells of a department's file in, typed columns and findings out.
//!
//! The way of a file: `crate::spreadsheet` streams its cells, first to find sheet and header row
//! (`sheets`, `header`), then to keep the declared columns (`gather`); rows that are no data are
//! told (`rows`), and each column's cells become values of its type (`typing`). What is wrong on
//! the way becomes a finding; nothing that is wrong becomes a number.

mod checks;
mod days;
mod findings;
mod fold;
mod frame;
mod gather;
mod guess;
mod guess_names;
mod guess_request;
mod header;
mod header_findings;
mod mark;
mod merged;
mod month;
pub mod remote;
mod rows;
mod sheets;
mod show;
mod stated;
mod table;
mod total_label;
mod typing;

use crate::diagnostic::Diagnostic;
use crate::plan::{Limits, Source};
use crate::spreadsheet::open;
pub use checks::validate;
pub use days::in_days;
pub use fold::{nearest, squeeze};
pub(crate) use guess::{Doubt, Guess};
pub use guess_names::sql_name;
pub(crate) use guess_request::{answer_guess, decode_guess, encode_guess_request};
pub use table::{Frame, ROW_COLUMN, Reading};
pub(crate) use typing::data_type;

/// Reads one department's file. `file_name` is its path below `inputs/<period>/`, for findings.
/// `on_sheet` hears the name of each sheet before it is read, and again before its cells become
/// columns, so that a crash can say where.
pub fn read_file(
    bytes: &[u8],
    file_name: &str,
    source: &Source,
    limits: &Limits,
    on_sheet: &mut dyn FnMut(&str),
) -> Reading {
    let mut marked = Vec::new();
    let blocked = |marked: Vec<Diagnostic>, sheet: Option<&str>, error| Reading {
        sheet: sheet.filter(|s| !s.is_empty()).map(str::to_owned),
        findings: marked
            .into_iter()
            .chain([findings::unreadable(file_name, sheet, error)])
            .collect(),
        ..Reading::default()
    };
    let mut book = match open::open(bytes, limits) {
        Ok(book) => book,
        Err(error) => return blocked(marked, None, error),
    };
    let mark = mark::read(&mut *book);
    marked.extend(
        mark.as_ref()
            .and_then(|m| mark::report(m, file_name, source)),
    );
    let chosen = match sheets::choose(&mut *book, source, limits, on_sheet) {
        Ok(chosen) => chosen,
        Err((sheet, error)) => return blocked(marked, sheet.as_deref(), error),
    };
    let name = book
        .sheets()
        .get(chosen.sheet)
        .map(|info| info.name.clone())
        .unwrap_or_default();
    on_sheet(&name);
    let mut gather = gather::Gather::new(&chosen.head, limits.cells);
    if let Err(error) = book.cells(chosen.sheet, &mut gather) {
        return blocked(marked, Some(&name), error);
    }
    on_sheet(&name);
    let table = gather.finish();
    let (mut reading, stated) = frame::build(&*book, (file_name, &name), &chosen, &table, source);
    marked.extend(
        mark.as_ref()
            .and_then(|m| stated::of_mark(m, stated, source.period, file_name)),
    );
    reading.findings.splice(..0, marked);
    if reading.is_blocked() {
        reading.frame = None;
    }
    reading
}
