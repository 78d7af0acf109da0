//! The percent signs of addresses and names.

/// A part of an address without its percent signs.
pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let code = text.get(place + 1..place + 3);
        let code = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        match (bytes[place], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                place += 3;
            }
            (byte, _) => {
                out.push(byte);
                place += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A name with everything but letters, digits and `. _ -` written as `%XX`, and no dot in front, so
/// that it can be one part of a path or key and no two names become one.
pub(crate) fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (place, byte) in name.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => out.push(char::from(byte)),
            b'.' if place > 0 => out.push('.'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_part_of_a_path_and_is_read_back() {
        for (name, part) in [
            ("leon", "leon"),
            ("pamga-2025-2027", "pamga-2025-2027"),
            ("..", "%2E."),
            (".leon", "%2Eleon"),
            ("a/b", "a%2Fb"),
            ("León 1%", "Le%C3%B3n%201%25"),
        ] {
            assert_eq!(encoded(name), part);
            assert_eq!(decoded(part), name);
        }
        assert_eq!(decoded("100%"), "100%");
    }
}
