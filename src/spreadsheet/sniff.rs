//! What a file is, told by its content: names lie.

use super::read_error::ReadError;

/// Formats that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A zip: xlsx, xlsm, xlsb or ods, told apart by its parts.
    Zip,
    /// A compound file: xls, or something encrypted.
    Compound,
    /// Text with separators.
    Csv,
}

/// Tells the format, or what the file is instead of a spreadsheet.
pub(super) fn sniff(bytes: &[u8]) -> Result<Format, ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::new(
            "empty-file",
            "El archivo está vacío (0 bytes).",
            "Guárdelo de nuevo y verifique que se abre antes de entregarlo.",
        ));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return Ok(Format::Zip);
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        return Ok(Format::Compound);
    }
    match foreign(bytes) {
        Some(what) => Err(not_a_spreadsheet(what)),
        None => Ok(Format::Csv),
    }
}

/// The finding about a file that holds something else.
pub(super) fn not_a_spreadsheet(what: &str) -> ReadError {
    ReadError::new(
        "not-a-spreadsheet",
        format!("El archivo no es una hoja de cálculo: es {what}."),
        "Entregue los datos en un libro de Excel (.xlsx) o de LibreOffice (.ods); si ya lo tiene abierto, use «Guardar como».",
    )
}

fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"%PDF", "un PDF"),
        (b"\x89PNG", "una imagen PNG"),
        (b"\xFF\xD8\xFF", "una imagen JPEG"),
        (b"GIF8", "una imagen GIF"),
        (b"{\\rtf", "un documento de texto (RTF)"),
        (b"Rar!", "un archivo comprimido RAR"),
        (b"7z\xBC\xAF", "un archivo comprimido 7z"),
        (b"\x1F\x8B", "un archivo comprimido gzip"),
        (b"BM", "una imagen BMP"),
        (b"SQLite format 3", "una base de datos"),
        (b"MZ", "un programa"),
        (b"\x7FELF", "un programa"),
        (
            b"\x09\x08",
            "un libro de una versión de Excel anterior a 1997",
        ),
        (
            b"\x09\x04",
            "un libro de una versión de Excel anterior a 1997",
        ),
        (
            b"\x09\x02",
            "un libro de una versión de Excel anterior a 1997",
        ),
        (
            b"\x09\x00",
            "un libro de una versión de Excel anterior a 1997",
        ),
        (b"ID;P", "un archivo SYLK"),
        (b"\x00\x00\x02\x00", "un libro de Lotus 1-2-3 o Quattro Pro"),
        (b"\x00\x00\x1A\x00", "un libro de Lotus 1-2-3"),
        (b"\xFF\x00\x02\x00", "un libro de Works o Lotus 1-2-3"),
    ];
    let binary = |magic: &[u8]| magic != b"BM" && magic != b"MZ" && magic != b"ID;P";
    for (magic, what) in MAGIC {
        let printable_magic = !binary(magic);
        if bytes.starts_with(magic) && (!printable_magic || magic == b"ID;P" || looks_binary(bytes))
        {
            return Some(what);
        }
    }
    let head = String::from_utf8_lossy(bytes.get(..2048).unwrap_or(bytes)).to_lowercase();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    markup(head)
}

/// What a text that begins with `head` (in lower case) is, if not rows of data.
fn markup(head: &str) -> Option<&'static str> {
    if head.contains("office:document") && head.starts_with('<') {
        return Some("un documento OpenDocument «plano» (.fods)");
    }
    let xml = head.starts_with("<?xml") || head.starts_with("<workbook");
    if xml && head.contains("office:spreadsheet") {
        return Some("una hoja de cálculo XML 2003");
    }
    if head.starts_with("mime-version:") && head.contains("multipart/related") {
        return Some("una página web de un solo archivo (MHTML)");
    }
    if head.starts_with("<!doctype html") || head.starts_with("<html") || head.contains("<table") {
        return Some("una página web (HTML) con nombre de hoja de cálculo");
    }
    if xml {
        return Some("un archivo XML");
    }
    if head.starts_with("table\n") || head.starts_with("table\r\n") {
        return head.contains("vectors").then_some("un archivo DIF");
    }
    if head.starts_with('{') && head.contains("\"doc_id\"") {
        return Some(
            "un acceso directo a Google Drive, sin los datos: en Google, Archivo ▸ Descargar ▸ Microsoft Excel",
        );
    }
    if head.starts_with("{\"") || head.starts_with("[{") {
        return Some("un archivo JSON");
    }
    None
}

fn looks_binary(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .take(4096)
        .any(|b| *b < 9 || (14..32).contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides() {
        assert_eq!(sniff(b"PK\x03\x04rest").ok(), Some(Format::Zip));
        assert_eq!(sniff(b"Folio,Evento\n1,2").ok(), Some(Format::Csv));
        assert_eq!(sniff(b"BMX,Evento\n1,2").ok(), Some(Format::Csv));
        for bytes in [
            &b"%PDF-1.7"[..],
            b"",
            b"<html><table>",
            b"MZ\x00\x00",
            b"{\"a\":1}",
        ] {
            assert!(sniff(bytes).is_err(), "{bytes:?}");
        }
    }
}
