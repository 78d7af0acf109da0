//! From bytes to an opened workbook.

use super::cell::Trouble;
use super::csv::Csv;
use super::ods::Ods;
use super::package::{Package, too_big};
use super::sniff::{Format, not_a_spreadsheet, sniff};
use super::workbook::Workbook;
use super::xlsb::Xlsb;
use super::xlsx::{Xlsx, main_part};
use crate::pipeline::Limits;

/// Opens a file of any format that is read.
pub fn open<'b>(bytes: &'b [u8], limits: &Limits) -> Result<Box<dyn Workbook + 'b>, Trouble> {
    if bytes.len() as u64 > limits.file_mib.saturating_mul(1 << 20) {
        return Err(too_big(&format!(
            "mide {} MB y el límite es {} MB",
            bytes.len() >> 20,
            limits.file_mib
        )));
    }
    match sniff(bytes)? {
        Format::Csv => Ok(Box::new(Csv::open(bytes)?)),
        Format::Compound => Ok(Box::new(super::xls::open(bytes)?)),
        Format::Zip => zipped(bytes, limits),
    }
}

fn zipped<'b>(bytes: &'b [u8], limits: &Limits) -> Result<Box<dyn Workbook + 'b>, Trouble> {
    let mut package = Package::open(bytes, limits)?;
    if let Some(mime) = package.bytes("mimetype", 200)? {
        let mime = String::from_utf8_lossy(&mime).into_owned();
        if mime.contains("opendocument.spreadsheet") {
            return Ok(Box::new(Ods::open(package)?));
        }
        if mime.contains("opendocument") {
            return Err(not_a_spreadsheet(
                "un documento de LibreOffice que no es hoja de cálculo",
            ));
        }
    }
    let main = main_part(&mut package)?;
    let folder = main
        .as_deref()
        .and_then(|m| m.split('/').next())
        .unwrap_or_default();
    match (main.as_deref(), folder) {
        (Some(main), _) if main.to_lowercase().ends_with("workbook.bin") => {
            Ok(Box::new(Xlsb::open(package, main, limits.cells)?))
        }
        (Some(_), "word") => Err(not_a_spreadsheet("un documento de Word")),
        (Some(_), "ppt") => Err(not_a_spreadsheet("una presentación de PowerPoint")),
        (Some(main), _) => Ok(Box::new(Xlsx::open(package, main, limits.cells)?)),
        (None, _) if package.has("content.xml") => Ok(Box::new(Ods::open(package)?)),
        (None, _)
            if [
                "Index/Document.iwa",
                "Index.zip",
                "buildVersionHistory.plist",
            ]
            .iter()
            .any(|part| package.has(part)) =>
        {
            Err(not_a_spreadsheet(
                "un libro de Numbers (Apple): expórtelo a Excel",
            ))
        }
        (None, _) => Err(not_a_spreadsheet("un archivo comprimido (zip)")),
    }
}
