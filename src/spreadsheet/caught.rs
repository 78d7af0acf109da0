//! Calls into calamine. It indexes and subtracts without looking, so that a damaged file can make
//! it panic: that is the file's damage and becomes a finding. Only its own calls are made here;
//! a panic of ours is not caught and shows.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::read_error::ReadError;

/// Does `call`; none where it panicked. What it was given may be half changed then: drop it.
pub(super) fn caught<T>(call: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(call)).ok()
}

/// The same, for a call that says itself what it could not read.
pub(super) fn tried<T, E>(call: impl FnOnce() -> Result<T, E>) -> Result<T, ReadError>
where
    E: Into<calamine::Error>,
{
    match caught(call) {
        Some(outcome) => outcome.map_err(|error| explain(&error.into())),
        None => Err(disordered()),
    }
}

/// The finding about bytes that can't be made sense of.
pub(super) fn disordered() -> ReadError {
    ReadError::damaged("su contenido está revuelto por dentro")
}

/// What an error means for the person who saved the file.
pub(super) fn explain(error: &calamine::Error) -> ReadError {
    use calamine::{Error, XlsError, XlsbError, XlsxError};
    let missing = |path: &str| ReadError::damaged(&format!("falta su parte «{path}»"));
    match error {
        Error::Xlsx(XlsxError::Password)
        | Error::Xlsb(XlsbError::Password)
        | Error::Xls(XlsError::Password) => super::read_error::password(),
        Error::Xlsx(XlsxError::FileNotFound(path) | XlsxError::WorksheetNotFound(path))
        | Error::Xlsb(XlsbError::FileNotFound(path)) => missing(path),
        Error::Xlsx(XlsxError::Unexpected(what)) if what.contains("string index") => {
            ReadError::no_text()
        }
        Error::Xlsx(XlsxError::CellTAttribute(_)) => {
            ReadError::damaged("hay celdas de un tipo desconocido")
        }
        Error::Xlsx(XlsxError::Unrecognized { typ, .. }) if typ.starts_with("boolean") => {
            ReadError::damaged("hay una celda de verdadero o falso que no es ni lo uno ni lo otro")
        }
        Error::Xlsx(
            XlsxError::Xml(quick_xml::Error::Io(_) | quick_xml::Error::Syntax(_))
            | XlsxError::XmlEof(_)
            | XlsxError::Io(_),
        )
        | Error::Xlsb(XlsbError::Io(_)) => ReadError::cut_off(),
        Error::Xlsx(XlsxError::Xml(_)) => {
            ReadError::damaged("su contenido XML no está bien formado")
        }
        _ => disordered(),
    }
}
