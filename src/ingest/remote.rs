//! What parent and reading child say to each other: which file to read and how; what came of it.

use polars::io::ipc::{IpcStreamReader, IpcStreamWriter};
use polars::io::{SerReader, SerWriter};
use serde::{Deserialize, Serialize};

use super::{Reading, read_file};
use crate::diagnostic::Diagnostic;
use crate::pipeline::{Limits, Source};

/// The order to read a file; its bytes follow.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    source: Source,
    limits: Limits,
    file: String,
}

/// What was read; the frame follows as an Arrow IPC stream.
#[derive(Debug, Serialize, Deserialize)]
struct Outcome {
    sheet: Option<String>,
    range: Option<String>,
    rows: usize,
    findings: Vec<Diagnostic>,
    has_frame: bool,
}

/// The request to read `bytes`.
pub fn encode_request(
    source: &Source,
    limits: &Limits,
    file: &str,
    bytes: &[u8],
) -> Option<Vec<u8>> {
    let order = Order {
        source: source.clone(),
        limits: *limits,
        file: file.to_owned(),
    };
    join(&order, bytes)
}

/// Child's side: reads what `request` orders. `None` for a request that makes no sense.
pub fn answer(request: &[u8], on_sheet: &mut dyn FnMut(&str)) -> Option<Vec<u8>> {
    let (order, bytes) = split::<Order>(request)?;
    let mut reading = read_file(bytes, &order.file, &order.source, &order.limits, on_sheet);
    let mut ipc = Vec::new();
    if let Some(frame) = &mut reading.frame {
        IpcStreamWriter::new(&mut ipc).finish(frame).ok()?;
    }
    let outcome = Outcome {
        sheet: reading.sheet,
        range: reading.range,
        rows: reading.rows,
        findings: reading.findings,
        has_frame: reading.frame.is_some(),
    };
    join(&outcome, &ipc)
}

/// Parent's side: the reading in `response`; none where it makes no sense.
pub fn decode_response(response: &[u8]) -> Option<Reading> {
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
    Some(Reading {
        sheet: outcome.sheet,
        range: outcome.range,
        rows: outcome.rows,
        frame,
        findings: outcome.findings,
    })
}

fn join<T: Serialize>(head: &T, tail: &[u8]) -> Option<Vec<u8>> {
    let head = serde_json::to_vec(head).ok()?;
    let mut out = Vec::with_capacity(8 + head.len() + tail.len());
    out.extend_from_slice(&(head.len() as u64).to_le_bytes());
    out.extend_from_slice(&head);
    out.extend_from_slice(tail);
    Some(out)
}

fn split<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<(T, &'b [u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (head, tail) = rest.split_at_checked(length)?;
    Some((serde_json::from_slice(head).ok()?, tail))
}
