//! What a workbook holds, inferred in a bounded child: it may be anybody's file.

use std::io;

use super::read::explain;
use crate::diagnostic::Diagnostic;
use crate::ingest::{Guess, answer_guess, decode_guess, encode_guess_request};
use crate::plan::Limits;
use crate::worker::{Bounds, Helper, Kind, Passing, Program, serve};

/// Name of the hidden subcommand that [`inference_main`] answers.
pub(crate) const INFER_SUBCOMMAND: &str = "__infer";
/// What a description may take.
const OUTPUT_MIB: u64 = 16;

/// Why nothing is known of a workbook.
#[derive(Debug)]
pub(crate) enum InferenceError {
    /// It can't be read, or looks like no table: what its reader would say.
    Unreadable(Box<Diagnostic>),
    /// The machine kept it from being read.
    NotRead(Kind),
}

/// The child: describes one workbook after another.
pub(crate) fn inference_main(
    input: &mut dyn io::Read,
    output: &mut dyn io::Write,
) -> io::Result<()> {
    serve(input, output, &mut |request| Ok(answer_guess(request)))
}

/// Describes the workbook `bytes`, called `file`.
///
/// # Errors
/// It can't be read within the bounds, or not at all.
pub(crate) fn infer(
    program: &Program,
    bytes: &[u8],
    file: &str,
    limits: &Limits,
) -> Result<Guess, InferenceError> {
    let bounds = Bounds {
        memory_mib: limits.memory_mib,
        seconds: limits.seconds,
        output_mib: OUTPUT_MIB,
    };
    let request = encode_guess_request(bytes, file, limits);
    match Helper::new(program, bounds).ask(&request) {
        Ok(answer) => match decode_guess(&answer) {
            Some(guess) => guess.map_err(InferenceError::Unreadable),
            None => Err(InferenceError::NotRead(Kind::Prevented(
                "its reader's answer is damaged".to_owned(),
                Passing::No,
            ))),
        },
        Err(failure) if failure.kind.is_of_the_machine() => {
            Err(InferenceError::NotRead(failure.kind))
        }
        Err(failure) => Err(InferenceError::Unreadable(Box::new(explain(
            file, &failure, limits,
        )))),
    }
}
