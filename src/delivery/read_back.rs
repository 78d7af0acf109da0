//! What a frozen message says of itself, read from its own head.

/// The Message-ID of a message, with its angle brackets.
pub fn message_id_of(message: &[u8]) -> Option<String> {
    header(message, "message-id").map(|value| value.trim().to_owned())
}

/// The bare addresses that its `To` names, in order.
pub fn recipients_of(message: &[u8]) -> Vec<String> {
    let Some(value) = header(message, "to") else {
        return Vec::new();
    };
    let mut quoted = false;
    // Commas part addresses, but not inside a quoted name.
    let parts = value.split(|c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let address = |part: &str| {
        let bare = part
            .rsplit_once('<')
            .map_or(part, |(_, rest)| rest.trim_end().trim_end_matches('>'));
        let bare = bare.trim();
        bare.contains('@').then(|| bare.to_owned())
    };
    parts.filter_map(address).collect()
}

/// A header's value, unfolded.
fn header(message: &[u8], name: &str) -> Option<String> {
    let text = String::from_utf8_lossy(message);
    let head = text.split("\r\n\r\n").next().unwrap_or_default();
    let mut value: Option<String> = None;
    for line in head.split("\r\n") {
        let continued = line.starts_with([' ', '\t']);
        match (&mut value, continued) {
            (Some(value), true) => value.push_str(line),
            (Some(_), false) => break,
            (None, true) => {}
            (None, false) => {
                let of = line
                    .split_once(':')
                    .filter(|(n, _)| n.eq_ignore_ascii_case(name));
                value = of.map(|(_, rest)| rest.to_owned());
            }
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_read_back_from_folded_headers() {
        let message = b"From: x@x.mx\r\nTo: \"Pe, Ana\" <a@x.mx>,\r\n b@x.mx,\r\n\t=?utf-8?b?UGXDsWE=?= <c@x.mx>\r\nMessage-ID: <1@x.mx>\r\nSubject: s\r\n\r\nTo: z@x.mx\r\n";
        assert_eq!(recipients_of(message), ["a@x.mx", "b@x.mx", "c@x.mx"]);
        assert_eq!(message_id_of(message).as_deref(), Some("<1@x.mx>"));
        assert_eq!(message_id_of(b"a: b\r\n\r\n"), None);
    }
}
