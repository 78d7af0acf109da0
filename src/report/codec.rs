//! A render request and its answer as bytes, for the way into a bounded process and back.

use serde::{Deserialize, Serialize};

use super::render::{RenderRequest, Rendered, render};
use crate::diagnostic::Diagnostic;
use crate::envelope::{pack, unpack};

#[derive(Serialize, Deserialize)]
struct PackedRequest<R> {
    request: R,
    /// The names of the files that follow.
    files: Vec<String>,
}

/// A request as bytes.
pub fn encode_request(request: &RenderRequest) -> Vec<u8> {
    let parts: Vec<&[u8]> = request.files.values().map(Vec::as_slice).collect();
    let files = request.files.keys().cloned().collect();
    pack(&PackedRequest { request, files }, &parts).unwrap_or_default()
}

/// Answers a request in bytes with an answer in bytes: what the child process does.
pub fn answer(request: &[u8]) -> Vec<u8> {
    let outcome = match unpack::<PackedRequest<RenderRequest>>(request) {
        Some((mut message, parts)) => {
            let bytes = parts.into_iter().map(<[u8]>::to_vec);
            message.request.files = message.files.into_iter().zip(bytes).collect();
            render(message.request)
        }
        None => Err(vec![Diagnostic::error(
            "internal",
            "the render request is damaged",
        )]),
    };
    let pdf = outcome.as_ref().map_or(&[][..], |done| &done.pdf);
    pack(&outcome, &[pdf]).unwrap_or_default()
}

/// The answer of [`answer`].
///
/// # Errors
/// The template's errors, or that the answer is damaged.
pub fn decode_answer(bytes: &[u8]) -> Result<Rendered, Vec<Diagnostic>> {
    let damaged = || {
        vec![Diagnostic::error(
            "internal",
            "the rendering process gave no answer",
        )]
    };
    let (outcome, parts) =
        unpack::<Result<Rendered, Vec<Diagnostic>>>(bytes).ok_or_else(damaged)?;
    let mut rendered = outcome?;
    rendered.pdf = parts.first().ok_or_else(damaged)?.to_vec();
    Ok(rendered)
}
