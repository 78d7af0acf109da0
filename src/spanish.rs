//! How numbers and dates are written in Spanish (es-MX) for people to read.

use chrono::{Datelike, NaiveDate};

use crate::period::{DueDate, Frequency, Period};

const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

const ORDINALS: [&str; 4] = ["primer", "segundo", "tercer", "cuarto"];

const SHORT_ORDINALS: [&str; 4] = ["1.er", "2.º", "3.er", "4.º"];

/// A space at which no line breaks: between a number and its unit.
pub(crate) const NO_BREAK: char = '\u{a0}';

/// Name of a month, 1 to 12, in lower case.
pub(crate) fn month(number: u32) -> &'static str {
    MONTHS[(number.clamp(1, 12) - 1) as usize]
}

/// `1,234.50`: thousands by comma, `decimals` places, halves away from zero.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = decimal(value, decimals);
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) if rest.bytes().any(|b| (b'1'..=b'9').contains(&b)) => ("\u{2212}", rest),
        Some(rest) => ("", rest),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{dot}{fraction}")
}

/// Rounds the shortest decimal form of `value`, halves away from zero, so that 0.125 and 2.675
/// round as a person with a pencil would.
fn decimal(value: f64, decimals: usize) -> String {
    let shortest = without_noise(value);
    let (sign, digits) = match shortest.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", shortest.as_str()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if fraction.len() <= decimals {
        let dot = if decimals == 0 { "" } else { "." };
        return format!("{sign}{whole}{dot}{fraction:0<decimals$}");
    }
    let mut kept: Vec<u8> = whole
        .bytes()
        .chain(fraction.bytes().take(decimals))
        .collect();
    if fraction.as_bytes()[decimals] >= b'5' {
        carry(&mut kept);
    }
    let point = kept.len() - decimals;
    let text = String::from_utf8_lossy(&kept).into_owned();
    let dot = if decimals == 0 { "" } else { "." };
    format!("{sign}{}{dot}{}", &text[..point], &text[point..])
}

/// The shortest decimal form of `value` to 14 significant digits: a sum of tenths that comes out
/// as 0.62499999999999989 is 0.625 to whoever adds it up on paper.
fn without_noise(value: f64) -> String {
    let rounded: f64 = format!("{value:.13e}").parse().unwrap_or(value);
    format!("{rounded}")
}

fn carry(digits: &mut Vec<u8>) {
    for digit in digits.iter_mut().rev() {
        if *digit == b'9' {
            *digit = b'0';
        } else {
            *digit += 1;
            return;
        }
    }
    digits.insert(0, b'1');
}

/// As many decimals as the value has, two at most: `449`, `89.98`, `0.5`.
pub(crate) fn number_short(value: f64) -> String {
    let text = number(value, 2);
    match text.split_once('.') {
        Some((whole, fraction)) => {
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() {
                whole.to_owned()
            } else {
                format!("{whole}.{fraction}")
            }
        }
        None => text,
    }
}

/// `value` with the fewest decimals, at least `decimals` and at most 6, that keep it on the same
/// side of each threshold as it is unrounded: 79.96 against 80 is `79.96`, not `80.0`.
pub(crate) fn number_against(value: f64, thresholds: &[f64], decimals: usize) -> String {
    let hides = |places: usize| {
        let Ok(shown) = decimal(value, places).parse::<f64>() else {
            return false;
        };
        thresholds
            .iter()
            .any(|t| value.total_cmp(t) != shown.total_cmp(t) && value != *t)
    };
    let places = (decimals..6).find(|p| !hides(*p)).unwrap_or(6);
    number(value, places)
}

/// As many decimals as the value has, two at most, and more where two would put it on another side
/// of a threshold.
pub(crate) fn number_short_against(value: f64, thresholds: &[f64]) -> String {
    number_against(value, thresholds, decimals_of(value))
}

/// How many decimals a value has, two at most.
pub(crate) fn decimals_of(value: f64) -> usize {
    number_short(value)
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len())
}

/// `18 de febrero de 2026`.
pub(crate) fn date_long(date: NaiveDate) -> String {
    format!(
        "{} de {} de {}",
        date.day(),
        month(date.month()),
        date.year()
    )
}

/// `diciembre de 2025`.
pub(crate) fn month_year(date: NaiveDate) -> String {
    format!("{} de {}", month(date.month()), date.year())
}

/// A due date as plans print it: `Diciembre 2025`, or the day where one was set.
pub(crate) fn due(due: DueDate) -> String {
    if due.month_only {
        format!(
            "{} {}",
            capitalised(month(due.date.month())),
            due.date.year()
        )
    } else {
        date_long(due.date)
    }
}

/// A due date inside a sentence: `diciembre de 2025`, `20 de octubre de 2026`.
pub(crate) fn due_in_words(due: DueDate) -> String {
    match due.month_only {
        true => month_year(due.date),
        false => date_long(due.date),
    }
}

/// When something is due: `en diciembre de 2025`, `el 20 de octubre de 2026`.
pub(crate) fn due_when(due: DueDate) -> String {
    let article = if due.month_only { "en" } else { "el" };
    format!("{article} {}", due_in_words(due))
}

/// `marzo - julio`, or with years where they differ or `with_year`.
pub(crate) fn window(from: DueDate, to: DueDate, with_year: bool) -> String {
    let (a, b) = (from.date, to.date);
    if !(from.month_only && to.month_only) {
        return format!("{} al {}", date_long(from.opening()), date_long(b));
    }
    if a.year() != b.year() {
        return format!("{} - {}", month_year(a), month_year(b));
    }
    let months = if a.month() == b.month() {
        month(a.month()).to_owned()
    } else {
        format!("{} - {}", month(a.month()), month(b.month()))
    };
    if with_year {
        format!("{months} de {}", b.year())
    } else {
        months
    }
}

/// `primer trimestre de 2026`, `marzo de 2026`, `segundo semestre de 2026`, `2026`.
pub(crate) fn period_name(period: Period) -> String {
    let ordinal = ORDINALS[(period.index() as usize - 1).min(3)];
    match period.frequency() {
        Frequency::Month => month_year(period.start()),
        Frequency::Quarter => format!("{ordinal} trimestre de {}", period.year()),
        Frequency::HalfYear => format!("{ordinal} semestre de {}", period.year()),
        Frequency::Year => format!("{}", period.year()),
    }
}

/// A period inside a sentence of a report on another of `year`: `el 2.º trimestre`, `marzo`, with
/// its year where that is another.
pub(crate) fn period_short(period: Period, year: i32) -> String {
    let ordinal = SHORT_ORDINALS[(period.index() as usize - 1).min(3)];
    let name = match period.frequency() {
        Frequency::Month => month(period.start().month()).to_owned(),
        Frequency::Quarter => format!("el {ordinal} trimestre"),
        Frequency::HalfYear => format!("el {ordinal} semestre"),
        Frequency::Year => return period.year().to_string(),
    };
    if period.year() == year {
        name
    } else {
        format!("{name} de {}", period.year())
    }
}

/// The first letter in upper case.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// `812 bytes`, `48.2 kB`, `3.1 MB`.
pub(crate) fn file_size(bytes: u64) -> String {
    let (unit, one) = match bytes {
        0..1_000 => return format!("{bytes}\u{a0}bytes"),
        1_000..1_000_000 => ("kB", 1e3),
        _ => ("MB", 1e6),
    };
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let value = bytes as f64 / one;
    format!("{}\u{a0}{unit}", number(value, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_as_people_say_them() {
        for (bytes, said) in [
            (812, "812\u{a0}bytes"),
            (48_213, "48.2\u{a0}kB"),
            (999_999, "1,000.0\u{a0}kB"),
            (12_345_678, "12.3\u{a0}MB"),
        ] {
            assert_eq!(file_size(bytes), said);
        }
    }

    #[test]
    fn numbers_round_like_a_pencil() {
        for (value, decimals, shown) in [
            (89.977_728, 0, "90"),
            (89.977_728, 2, "89.98"),
            (2.675, 2, "2.68"),
            (0.125, 2, "0.13"),
            (0.5, 0, "1"),
            (9.99, 1, "10.0"),
            (0.624_999_999_999_999_9, 2, "0.63"),
            (1_234_567.0, 0, "1,234,567"),
            (-1234.5, 1, "\u{2212}1,234.5"),
            (-0.001, 1, "0.0"),
            (1e21, 0, "1,000,000,000,000,000,000,000"),
        ] {
            assert_eq!(number(value, decimals), shown, "{value} with {decimals}");
        }
    }

    #[test]
    fn a_short_number_has_the_decimals_that_it_needs() {
        for (value, thresholds, shown) in [
            (75.6097, &[85.0][..], "75.61"),
            (80.0, &[80.0][..], "80"),
            (79.9991, &[80.0][..], "79.999"),
            (0.5, &[][..], "0.5"),
        ] {
            assert_eq!(number_short_against(value, thresholds), shown);
        }
    }

    #[test]
    fn a_period_is_named_with_its_year_only_where_that_is_another() {
        for (period, said) in [
            ("2026-T2", "el 2.º trimestre"),
            ("2026-T3", "el 3.er trimestre"),
            ("2025-T4", "el 4.º trimestre de 2025"),
            ("2026-M03", "marzo"),
            ("2025-M03", "marzo de 2025"),
            ("2025", "2025"),
        ] {
            assert_eq!(period_short(period.parse().unwrap(), 2026), said);
        }
    }

    #[test]
    fn rounding_never_hides_a_missed_threshold() {
        for (value, threshold, decimals, shown) in [
            (79.96, 80.0, 1, "79.96"),
            (79.6, 80.0, 0, "79.6"),
            (80.0, 80.0, 0, "80"),
            (89.98, 80.0, 0, "90"),
            (99.999_9, 100.0, 0, "99.9999"),
        ] {
            assert_eq!(number_against(value, &[threshold], decimals), shown);
        }
    }
}
