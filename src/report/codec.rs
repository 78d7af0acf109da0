//! A render request and its answer as bytes, for the way into a bounded process and back: a JSON
//! head, then each file's bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::render::{RenderRequest, Rendered, render};
use crate::diagnostic::Diagnostic;

#[derive(Serialize, Deserialize)]
struct Head<T> {
    body: T,
    files: Vec<(String, usize)>,
}

/// A request as bytes.
pub fn encode_request(request: &RenderRequest) -> Vec<u8> {
    encode(request, &request.files)
}

/// Answers a request in bytes with an answer in bytes: what the child process does.
pub fn answer(request: &[u8]) -> Vec<u8> {
    let outcome = match decode::<RenderRequest>(request) {
        Some((mut request, files)) => {
            request.files = files;
            render(request)
        }
        None => Err(vec![Diagnostic::error(
            "internal",
            "the render request is damaged",
        )]),
    };
    let mut files = BTreeMap::new();
    if let Ok(rendered) = &outcome {
        files.insert("pdf".to_owned(), rendered.pdf.clone());
    }
    encode(&outcome, &files)
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
    let (outcome, mut files) =
        decode::<Result<Rendered, Vec<Diagnostic>>>(bytes).ok_or_else(damaged)?;
    let mut rendered = outcome?;
    rendered.pdf = files.remove("pdf").ok_or_else(damaged)?;
    Ok(rendered)
}

fn encode<T: Serialize>(body: &T, files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let sizes = files
        .iter()
        .map(|(name, bytes)| (name.clone(), bytes.len()))
        .collect();
    let head = serde_json::to_vec(&Head { body, files: sizes }).unwrap_or_default();
    let mut out = (head.len() as u64).to_le_bytes().to_vec();
    out.extend(head);
    files.values().for_each(|bytes| out.extend(bytes));
    out
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<(T, BTreeMap<String, Vec<u8>>)> {
    let (size, rest) = bytes.split_first_chunk::<8>()?;
    let size = usize::try_from(u64::from_le_bytes(*size)).ok()?;
    let (head, mut rest) = rest.split_at_checked(size)?;
    let head: Head<T> = serde_json::from_slice(head).ok()?;
    let mut files = BTreeMap::new();
    for (name, size) in head.files {
        let (file, after) = rest.split_at_checked(size)?;
        files.insert(name, file.to_vec());
        rest = after;
    }
    Some((head.body, files))
}
