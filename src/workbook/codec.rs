//! An order to annotate and its answer as bytes, for the way into a bounded process and back.

use serde::{Deserialize, Serialize};

use super::returned::{Returned, annotate};
use crate::diagnostic::Diagnostic;

#[derive(Serialize, Deserialize)]
struct Order {
    file: String,
    findings: Vec<Diagnostic>,
}

#[derive(Serialize, Deserialize)]
struct Outcome {
    name: String,
    edited: bool,
}

/// The request to annotate `bytes`.
pub fn encode_request(bytes: &[u8], findings: &[Diagnostic], file: &str) -> Vec<u8> {
    let order = Order {
        file: file.to_owned(),
        findings: findings.to_vec(),
    };
    join(&order, bytes)
}

/// Child's side: does what `request` orders. Empty for one that makes no sense.
pub fn answer(request: &[u8]) -> Vec<u8> {
    let Some((order, bytes)) = split::<Order>(request) else {
        return Vec::new();
    };
    let returned = annotate(bytes, &order.findings, &order.file);
    let outcome = Outcome {
        name: returned.name,
        edited: returned.edited,
    };
    join(&outcome, &returned.bytes)
}

/// Parent's side: what [`answer`] gave; none where it makes no sense.
pub fn decode_answer(answer: &[u8]) -> Option<Returned> {
    let (outcome, bytes) = split::<Outcome>(answer)?;
    (!bytes.is_empty()).then(|| Returned {
        name: outcome.name,
        bytes: bytes.to_vec(),
        edited: outcome.edited,
    })
}

fn join<T: Serialize>(head: &T, tail: &[u8]) -> Vec<u8> {
    let head = serde_json::to_vec(head).unwrap_or_default();
    let mut out = (head.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(&head);
    out.extend_from_slice(tail);
    out
}

fn split<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<(T, &'b [u8])> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (head, tail) = rest.split_at_checked(length)?;
    Some((serde_json::from_slice(head).ok()?, tail))
}
