//! Pictures inside the page, so that it needs no other file.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::PageRequest;

/// The photos of the activities and the logo, as `data:` addresses by their path.
pub(super) fn images(request: &PageRequest<'_>) -> BTreeMap<String, String> {
    let results = request.results;
    let photos = results
        .activities
        .iter()
        .filter_map(|activity| activity.photo.as_ref());
    let paths = photos.chain(results.brand.logo.as_ref());
    let one = |path: &String| {
        let bytes = request.given.get(path)?;
        let encoded = STANDARD.encode(bytes);
        Some((
            path.clone(),
            format!("data:{};base64,{encoded}", media_type(bytes)?),
        ))
    };
    paths.filter_map(one).collect()
}

/// What a picture is, by its first bytes; none for what a page cannot show.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let text = |bytes: &[u8]| {
        let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
        String::from_utf8_lossy(head).to_lowercase()
    };
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        _ if text(bytes).contains("<svg") => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_known_by_its_first_bytes() {
        for (bytes, expected) in [
            (&b"\xff\xd8\xff\xe0"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n", Some("image/png")),
            (
                b"<?xml version=\"1.0\"?>\n<SVG xmlns=''/>",
                Some("image/svg+xml"),
            ),
            (b"%PDF-1.7", None),
            (b"", None),
        ] {
            assert_eq!(media_type(bytes), expected);
        }
    }
}
