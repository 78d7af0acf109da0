//! A request to annotate and its answer as bytes, for the way into a bounded process and back.

use serde::{Deserialize, Serialize};

use super::returned::{Returned, annotate};
use crate::diagnostic::Diagnostic;
use crate::envelope::{pack, unpack};

#[derive(Serialize, Deserialize)]
struct AnnotateRequest {
    file: String,
    findings: Vec<Diagnostic>,
}

#[derive(Serialize, Deserialize)]
struct Annotated {
    name: String,
    edited: bool,
}

/// The request to annotate `bytes`.
pub fn encode_request(bytes: &[u8], findings: &[Diagnostic], file: &str) -> Vec<u8> {
    let request = AnnotateRequest {
        file: file.to_owned(),
        findings: findings.to_vec(),
    };
    pack(&request, &[bytes]).unwrap_or_default()
}

/// Child's side: does what `request` asks. Empty for one that makes no sense.
pub fn answer(request: &[u8]) -> Vec<u8> {
    let Some((request, parts)) = unpack::<AnnotateRequest>(request) else {
        return Vec::new();
    };
    let bytes = parts.first().copied().unwrap_or_default();
    let returned = annotate(bytes, &request.findings, &request.file);
    let annotated = Annotated {
        name: returned.name,
        edited: returned.edited,
    };
    pack(&annotated, &[&returned.bytes]).unwrap_or_default()
}

/// Parent's side: what [`answer`] gave; none where it makes no sense.
pub fn decode_answer(answer: &[u8]) -> Option<Returned> {
    let (annotated, parts) = unpack::<Annotated>(answer)?;
    let bytes = parts.first().filter(|bytes| !bytes.is_empty())?;
    Some(Returned {
        name: annotated.name,
        bytes: bytes.to_vec(),
        edited: annotated.edited,
    })
}
