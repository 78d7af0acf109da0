//! Numbers written as text.

/// What a text can mean as a number, under each of the two ways of writing decimals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct NumberReading {
    /// With `.` before decimals, as in Mexico: `1,234.50`.
    pub point: Option<f64>,
    /// With `,` before decimals: `1.234,50`.
    pub comma: Option<f64>,
}

/// Reads a number with its signs, spaces, currency and thousands; none where it is none.
pub(super) fn parse(text: &str) -> Option<NumberReading> {
    let mut digits = String::with_capacity(text.len());
    let trimmed = text.trim();
    let negative_parens = trimmed.starts_with('(') && trimmed.ends_with(')') && trimmed.len() > 2;
    let body = if negative_parens {
        trimmed.get(1..trimmed.len() - 1)?
    } else {
        trimmed
    };
    let body = without_currency(body);
    let (negative, body) = match body.strip_prefix(['-', '−', '–']) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, body.strip_prefix('+').unwrap_or(body)),
    };
    let body = body.strip_prefix('$').unwrap_or(body).trim_start();
    // Spaces may part thousands, in groups of three.
    let groups: Vec<&str> = body
        .split(|c: char| c.is_whitespace() || c == '\'' || c == '’')
        .collect();
    for (index, group) in groups.iter().enumerate() {
        let whole = group.split(['.', ',']).next().unwrap_or_default();
        if group.is_empty()
            || (index > 0 && whole.len() != 3)
            || (index + 1 < groups.len() && whole.len() != group.len())
        {
            return None;
        }
        digits.push_str(group);
    }
    if !digits
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
        || !digits.bytes().any(|b| b.is_ascii_digit())
    {
        return scientific(body, negative ^ negative_parens);
    }
    let spaced = groups.len() > 1;
    let sign = if negative ^ negative_parens {
        -1.0
    } else {
        1.0
    };
    let reading = NumberReading {
        point: under(&digits, '.', ',', spaced).map(|n| n * sign),
        comma: under(&digits, ',', '.', spaced).map(|n| n * sign),
    };
    (reading.point.is_some() || reading.comma.is_some()).then_some(reading)
}

fn scientific(text: &str, negative: bool) -> Option<NumberReading> {
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let plain = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain(mantissa) || !plain(exponent.trim_start_matches(['+', '-'])) {
        return None;
    }
    let n: f64 = text.parse().ok()?;
    let n = if negative { -n } else { n };
    Some(NumberReading {
        point: Some(n),
        comma: if mantissa.contains('.') {
            None
        } else {
            Some(n)
        },
    })
}

fn without_currency(text: &str) -> &str {
    let mut text = text.trim();
    for word in ["MXN", "M.N.", "MN", "mxn", "m.n.", "pesos", "Pesos"] {
        text = text.strip_suffix(word).unwrap_or(text).trim_end();
        text = text.strip_prefix(word).unwrap_or(text).trim_start();
    }
    match text.strip_prefix('$') {
        Some(rest) => rest.trim_start(),
        None => text,
    }
}

/// The number, where `decimal` comes before decimals and `thousands` parts groups of three.
fn under(digits: &str, decimal: char, thousands: char, spaced: bool) -> Option<f64> {
    let (whole, part) = match digits.split_once(decimal) {
        Some((whole, part)) => (whole, Some(part)),
        None => (digits, None),
    };
    if part.is_some_and(|p| p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let groups: Vec<&str> = whole.split(thousands).collect();
    if groups.len() > 1 {
        let first = groups.first()?;
        let right = !spaced
            && (1..=3).contains(&first.len())
            && !(first.starts_with('0'))
            && groups.iter().skip(1).all(|g| g.len() == 3);
        if !right {
            return None;
        }
    }
    let plain: String = groups.concat();
    if plain.is_empty() && part.is_none() {
        return None;
    }
    format!(
        "{}.{}",
        if plain.is_empty() { "0" } else { &plain },
        part.unwrap_or("0")
    )
    .parse()
    .ok()
}

/// A number in the Mexican way, for comparing sums only.
pub(crate) fn loose_number(text: &str) -> Option<f64> {
    parse(text)?.point
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        for (text, point, comma) in [
            ("1234", Some(1234.0), Some(1234.0)),
            ("1,234.50", Some(1234.5), None),
            ("1.234,50", None, Some(1234.5)),
            ("1,234", Some(1234.0), Some(1.234)),
            ("1.234", Some(1.234), Some(1234.0)),
            ("0.125", Some(0.125), None),
            ("0,5", None, Some(0.5)),
            ("1,234,567", Some(1_234_567.0), None),
            ("1 234 567", Some(1_234_567.0), Some(1_234_567.0)),
            ("1 234.5", Some(1234.5), None),
            ("$ 1,234.50 MXN", Some(1234.5), None),
            ("-$5.5", Some(-5.5), None),
            ("(1,234.5)", Some(-1234.5), None),
            (".5", Some(0.5), None),
            ("1e3", Some(1000.0), Some(1000.0)),
        ] {
            assert_eq!(parse(text), Some(NumberReading { point, comma }), "{text}");
        }
        for text in [
            "",
            "n/d",
            "12 de mayo",
            "1,23,4",
            "1.2.3",
            "--5",
            "12 34",
            "inf",
            "NaN",
            "1e",
            "0x1F",
            "5%",
            ".",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
