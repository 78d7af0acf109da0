//! What bounded processes and their parent send each other: a head that serde reads, and parts of
//! plain bytes after it (a workbook, a PDF, an Arrow stream) that nothing copies or looks into.
//!
//! The layout: the head's length in eight bytes, little-endian; the head, as JSON; then the parts,
//! end to end. Their lengths stand in the head. JSON, because what travels (a source, findings) also
//! lies in documents where an absent key means its default, which compact formats cannot read back.

use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct EnvelopeHead<T> {
    body: T,
    parts: Vec<usize>,
}

/// A message of `body` and `parts` as bytes; none where serde refuses the body.
pub(crate) fn pack<T: Serialize>(body: &T, parts: &[&[u8]]) -> Option<Vec<u8>> {
    let head = EnvelopeHead {
        body,
        parts: parts.iter().map(|part| part.len()).collect(),
    };
    let head = serde_json::to_vec(&head).ok()?;
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = Vec::with_capacity(8 + head.len() + length);
    out.extend_from_slice(&(head.len() as u64).to_le_bytes());
    out.extend_from_slice(&head);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    Some(out)
}

/// The body and the parts of a message; none where it makes no sense or is cut short.
pub(crate) fn unpack<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<(T, Vec<&'b [u8]>)> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (head, mut rest) = rest.split_at_checked(length)?;
    let head: EnvelopeHead<T> = serde_json::from_slice(head).ok()?;
    let mut parts = Vec::with_capacity(head.parts.len());
    for length in head.parts {
        let (part, after) = rest.split_at_checked(length)?;
        parts.push(part);
        rest = after;
    }
    rest.is_empty().then_some((head.body, parts))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn messages_come_back_and_cut_ones_do_not(
            body in any::<(String, Option<i64>)>(),
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4),
            cut in 1usize..30,
        ) {
            let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            let packed = pack(&body, &slices).unwrap();
            let (again, came) = unpack::<(String, Option<i64>)>(&packed).unwrap();
            prop_assert_eq!(again, body);
            prop_assert_eq!(came, slices);
            let short = packed.len().saturating_sub(cut);
            prop_assert!(unpack::<(String, Option<i64>)>(&packed[..short]).is_none());
        }
    }
}
