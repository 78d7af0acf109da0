//! What parent and reading child say to each other: which file to read and how; what came of it.

use std::ffi::OsString;

use polars::io::ipc::{IpcStreamReader, IpcStreamWriter};
use polars::io::{SerReader, SerWriter};
use serde::{Deserialize, Serialize};

use super::{Reading, read_file};
use crate::diagnostic::Diagnostic;
use crate::envelope::{pack, unpack};
use crate::plan::{Limits, Source};

/// The request to read a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReadRequest {
    /// What it should hold.
    pub source: Source,
    /// Bounds.
    pub limits: Limits,
    /// Its name in findings.
    pub file: String,
    /// Where it is; names on shares need not be UTF-8.
    pub path: OsString,
}

impl ReadRequest {
    /// As it goes to the child.
    pub fn encode(&self) -> Option<Vec<u8>> {
        pack(self, &[])
    }

    /// As the child has it; none for a request that makes no sense.
    pub fn decode(request: &[u8]) -> Option<Self> {
        unpack(request).map(|(request, _)| request)
    }
}

/// What Arrow writes beside the data itself, in bytes, with room to spare.
const ROOM_FOR_SCHEMA: usize = 8 << 10;

/// What was read; the frame follows as an Arrow IPC stream.
#[derive(Debug, Serialize, Deserialize)]
struct ReadOutcome {
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
pub fn read(request: &ReadRequest, bytes: &[u8], on_sheet: &mut dyn FnMut(&str)) -> Reading {
    read_file(
        bytes,
        &request.file,
        &request.source,
        &request.limits,
        on_sheet,
    )
}

/// Child's side: a reading as it goes to the parent, as a stream of columns.
pub fn encode(reading: Reading, spent: Spent) -> Option<Vec<u8>> {
    let outcome = ReadOutcome {
        sheet: reading.sheet,
        range: reading.range,
        rows: reading.rows,
        findings: reading.findings,
        has_frame: reading.frame.is_some(),
        spent,
    };
    let mut stream = Vec::new();
    if let Some(mut frame) = reading.frame {
        stream.reserve_exact(frame.estimated_size() + ROOM_FOR_SCHEMA);
        IpcStreamWriter::new(&mut stream).finish(&mut frame).ok()?;
    }
    pack(&outcome, &[&stream])
}

/// Parent's side: the reading in `response`, and how long it took; none where it makes no sense.
pub fn decode_response(response: &[u8]) -> Option<(Reading, Spent)> {
    let (outcome, parts) = unpack::<ReadOutcome>(response)?;
    let ipc = parts.first().copied().unwrap_or_default();
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
