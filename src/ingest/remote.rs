//! What parent and reading child say to each other: which file to read and how; what came of it.

use std::ffi::OsString;

use polars::io::ipc::{IpcStreamReader, IpcStreamWriter};
use polars::io::{SerReader, SerWriter};
use serde::{Deserialize, Serialize};

use super::{Reading, read_file};
use crate::diagnostic::Diagnostic;
use crate::pipeline::{Limits, Source};

/// The order to read a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    /// What it should hold.
    pub source: Source,
    /// Bounds.
    pub limits: Limits,
    /// Its name in findings.
    pub file: String,
    /// Where it is; names on shares need not be UTF-8.
    pub path: OsString,
}

impl Order {
    /// As it goes to the child.
    pub fn encode(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(self).ok()
    }

    /// As the child has it; none for a request that makes no sense.
    pub fn decode(request: &[u8]) -> Option<Self> {
        serde_json::from_slice(request).ok()
    }
}

/// What Arrow writes beside the data itself, in bytes, with room to spare.
const ROOM_FOR_SCHEMA: usize = 8 << 10;

/// What was read; the frame follows as an Arrow IPC stream.
#[derive(Debug, Serialize, Deserialize)]
struct Outcome {
    sheet: Option<String>,
    range: Option<String>,
    rows: usize,
    findings: Vec<Diagnostic>,
    has_frame: bool,
    spent: Spent,
}

/// Child's side: starts the threads that columns are made with. Where the system gives none, the
/// library panics: better before the work on a file than in it.
pub fn warm_up() {
    let no_rows = polars::prelude::IdxCa::from_vec("".into(), Vec::new());
    let _ = polars::prelude::DataFrame::default().take(&no_rows);
}

/// How long a file took in its reader, in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Until its cells were there.
    pub reading: u64,
    /// Until they were columns and findings.
    pub typing: u64,
}

/// Child's side: reads the `bytes` of the file that is ordered. `on_sheet` hears the sheet before
/// it is read, and again before its cells become columns.
pub fn read(order: &Order, bytes: &[u8], on_sheet: &mut dyn FnMut(&str)) -> Reading {
    read_file(bytes, &order.file, &order.source, &order.limits, on_sheet)
}

/// Child's side: a reading as it goes to the parent, written into one buffer.
pub fn encode(reading: Reading, spent: Spent) -> Option<Vec<u8>> {
    let outcome = Outcome {
        sheet: reading.sheet,
        range: reading.range,
        rows: reading.rows,
        findings: reading.findings,
        has_frame: reading.frame.is_some(),
        spent,
    };
    let head = serde_json::to_vec(&outcome).ok()?;
    let data = reading.frame.as_ref().map_or(0, |f| f.estimated_size());
    let mut out = Vec::with_capacity(8 + head.len() + data + ROOM_FOR_SCHEMA);
    out.extend_from_slice(&(head.len() as u64).to_le_bytes());
    out.extend_from_slice(&head);
    if let Some(mut frame) = reading.frame {
        IpcStreamWriter::new(&mut out).finish(&mut frame).ok()?;
    }
    Some(out)
}

/// Parent's side: the reading in `response`, and how long it took; none where it makes no sense.
pub fn decode_response(response: &[u8]) -> Option<(Reading, Spent)> {
    let (outcome, ipc) = split::<Outcome>(response)?;
    let frame = if outcome.has_frame {
        Some(
            IpcStreamReader::new(std::io::Cursor::new(ipc))
                .finish()
                .ok()?,
        )
    } else {
        None
    };
    let reading = Reading {
        sheet: outcome.sheet,
        range: outcome.range,
        rows: outcome.rows,
        frame,
        findings: outcome.findings,
    };
    Some((reading, outcome.spent))
}

fn split<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<(T, &'b [u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (head, tail) = rest.split_at_checked(length)?;
    Some((serde_json::from_slice(head).ok()?, tail))
}
