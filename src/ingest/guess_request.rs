//! A request to infer what a workbook holds and its answer as bytes, for the way into a bounded
//! process and back.

use serde::{Deserialize, Serialize};

use super::guess::{Guess, guess};
use crate::diagnostic::Diagnostic;
use crate::envelope::{pack, unpack};
use crate::plan::Limits;

#[derive(Serialize, Deserialize)]
struct GuessRequest {
    file: String,
    limits: Limits,
}

/// What the workbook holds, or what a reader would say of it.
type GuessAnswer = Result<Guess, Box<Diagnostic>>;

/// The request to infer what `bytes` hold.
pub(crate) fn encode_guess_request(bytes: &[u8], file: &str, limits: &Limits) -> Vec<u8> {
    let request = GuessRequest {
        file: file.to_owned(),
        limits: *limits,
    };
    pack(&request, &[bytes]).unwrap_or_default()
}

/// Child's side: does what `request` asks. Empty for one that makes no sense.
pub(crate) fn answer_guess(request: &[u8]) -> Vec<u8> {
    let Some((request, parts)) = unpack::<GuessRequest>(request) else {
        return Vec::new();
    };
    let bytes = parts.first().copied().unwrap_or_default();
    let answer: GuessAnswer = guess(bytes, &request.file, &request.limits);
    pack(&answer, &[]).unwrap_or_default()
}

/// Parent's side: what [`answer_guess`] gave; none where it makes no sense.
pub(crate) fn decode_guess(answer: &[u8]) -> Option<GuessAnswer> {
    Some(unpack::<GuessAnswer>(answer)?.0)
}
