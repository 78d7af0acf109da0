//! Bytes of a file in, cells out. The only place that knows how spreadsheets are stored; it knows
//! nothing of columns and findings about them.
//!
//! `sniff` tells the format by content, `package` bounds what a zip holds, and `open` gives a
//! `Workbook` that streams a sheet's cells to a `Sink`. calamine reads the cells of every workbook
//! format. What it does not tell, and what would take it down or be misread, stands in one file of
//! marks a format (`xlsx_marks`, `xlsb_marks`, `xls_marks`, `ods_marks`), each fact with the reason
//! at the file's head; what it learns to tell is to be deleted there. `unpacked` lets those look at
//! the bytes of an xlsx or xlsb on their way to calamine and write them the way that it reads, so
//! that nothing is read twice; xls and ods are handed to it one sheet at a time, without the gaps
//! that it would hold in memory.
//! `caught` makes its panics findings.

mod bytes;
mod caught;
pub(crate) mod cell;
mod csv;
pub(crate) mod errors;
mod format;
mod held;
pub(crate) mod iso;
mod ods;
mod ods_marks;
pub(crate) mod open;
pub(crate) mod package;
pub(crate) mod read_error;
mod sniff;
mod tag;
mod unpacked;
pub(crate) mod workbook;
mod xls;
mod xls_globals;
mod xls_marks;
mod xls_records;
mod xlsb;
mod xlsb_marks;
mod xlsx;
mod xlsx_cell;
mod xlsx_marks;
mod xml;

#[cfg(test)]
mod tests;
