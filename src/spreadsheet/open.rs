//! From bytes to an opened workbook.

use super::csv::Csv;
use super::ods::Ods;
use super::package::Package;
use super::read_error::ReadError;
use super::read_error::too_big;
use super::sniff::{Format, not_a_spreadsheet, sniff};
use super::workbook::Workbook;
use super::xlsb::Xlsb;
use super::xlsx::Xlsx;
use crate::plan::Limits;

/// Opens a file of any format that is read.
pub(crate) fn open<'b>(
    bytes: &'b [u8],
    limits: &Limits,
) -> Result<Box<dyn Workbook + 'b>, ReadError> {
    if bytes.len() as u64 > limits.file_mib.saturating_mul(1 << 20) {
        return Err(too_big(&format!(
            "mide {} MB y el límite es {} MB",
            bytes.len() >> 20,
            limits.file_mib
        )));
    }
    match sniff(bytes)? {
        Format::Csv => Ok(Box::new(Csv::open(bytes)?)),
        Format::Compound => Ok(Box::new(super::xls::open(bytes, limits.cells)?)),
        Format::Zip => zipped(bytes, limits),
    }
}

fn zipped<'b>(bytes: &'b [u8], limits: &Limits) -> Result<Box<dyn Workbook + 'b>, ReadError> {
    let package = Package::open(bytes, limits)?;
    if let Some(mime) = package.bytes("mimetype", 200)? {
        let mime = String::from_utf8_lossy(&mime).into_owned();
        if mime.contains("opendocument.spreadsheet") {
            return Ok(Box::new(Ods::open(package, limits.cells)?));
        }
        if mime.contains("opendocument") {
            return Err(not_a_spreadsheet(
                "un documento de LibreOffice que no es hoja de cálculo",
            ));
        }
    }
    let has = |part: &str| package.has(part);
    if has("xl/workbook.bin") {
        return Ok(Box::new(Xlsb::open(&package)?));
    }
    if has("word/document.xml") {
        return Err(not_a_spreadsheet("un documento de Word"));
    }
    if has("ppt/presentation.xml") {
        return Err(not_a_spreadsheet("una presentación de PowerPoint"));
    }
    if has("content.xml") {
        return Ok(Box::new(Ods::open(package, limits.cells)?));
    }
    if has("_rels/.rels") || has("xl/workbook.xml") {
        return Ok(Box::new(Xlsx::open(&package)?));
    }
    let numbers = [
        "Index/Document.iwa",
        "Index.zip",
        "buildVersionHistory.plist",
    ];
    Err(not_a_spreadsheet(if numbers.into_iter().any(has) {
        "un libro de Numbers (Apple): expórtelo a Excel"
    } else {
        "un archivo comprimido (zip)"
    }))
}
