//! What goes back with a receipt: the department's own workbooks, marked, as far as a message has
//! room; of one that is too large a list of what was found in it.

use std::path::Path;

use super::notice::{MessageFile, plain_name};
use super::returned_workbooks::KeptWorkbook;
use crate::correspondence::{ReceivedFile, ReturnedWorkbook};
use crate::exit::CommandError;
use crate::store::regular;
use crate::workbook;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const XLSM: &str = "application/vnd.ms-excel.sheet.macroEnabled.12";

/// Attaches what there is room for, in the order of the files, and notes with each file what became
/// of its workbook.
///
/// # Errors
/// A workbook cannot be read.
pub(super) fn attach(
    files: &mut [(ReceivedFile, Option<&KeptWorkbook>)],
    mut room: usize,
) -> Result<Vec<MessageFile>, CommandError> {
    let mut attachments: Vec<MessageFile> = Vec::new();
    for (file, kept) in files {
        let Some(kept) = kept else {
            continue;
        };
        let (attachment, returned) = of(file, kept, (room, attachments.len() + 1))?;
        file.returned = returned;
        if let Some(attachment) = attachment {
            room -= attachment.bytes.len();
            attachments.push(attachment);
        }
    }
    Ok(attachments)
}

/// What is attached of one file, and how its receipt tells that.
fn of(
    file: &ReceivedFile,
    kept: &KeptWorkbook,
    (room, number): (usize, usize),
) -> Result<(Option<MessageFile>, ReturnedWorkbook), CommandError> {
    let fits = |bytes: &[u8]| !bytes.is_empty() && bytes.len() <= room;
    let named = |what: &str, path: &str| plain_name(&format!("{what}-{number}"), path);
    let path = kept.path.to_string_lossy();
    let bytes = regular::read(&kept.path).map_err(|e| CommandError::io("read", &kept.path, &e))?;
    if fits(&bytes) {
        let (what, returned): (_, fn(String) -> ReturnedWorkbook) = match kept.edited {
            true => ("marcado", ReturnedWorkbook::Marked),
            false => ("observaciones", ReturnedWorkbook::List),
        };
        let name = named(what, &path);
        let attachment = MessageFile {
            media_type: media_type(&kept.path),
            name: name.clone(),
            bytes,
        };
        return Ok((Some(attachment), returned(name)));
    }
    let list = workbook::list(&file.findings, &file.file);
    if kept.edited && fits(&list.bytes) {
        let name = named("observaciones", &list.name);
        let attachment = MessageFile {
            media_type: XLSX,
            name: name.clone(),
            bytes: list.bytes,
        };
        return Ok((Some(attachment), ReturnedWorkbook::ListForSize(name)));
    }
    Ok((None, ReturnedWorkbook::TooLarge))
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("xlsm") => XLSM,
        _ => XLSX,
    }
}
