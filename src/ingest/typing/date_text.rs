//! Dates written as text, by themselves. What a column makes of them is decided in `date`.

use chrono::NaiveDate;

use crate::ingest::fold::squeeze;
use crate::ingest::month::month;

/// What a text says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// Just this day.
    Day(NaiveDate),
    /// A month: its last day is meant.
    Month(NaiveDate),
    /// Two small numbers and a year; which is the day depends on the column.
    Either {
        /// The first number.
        first: u32,
        /// The second number.
        second: u32,
        /// The year.
        year: i32,
    },
    /// A day that no calendar has, such as 31/02/2026.
    Impossible,
}

const FILLERS: &[&str] = &[
    "de",
    "del",
    "dia",
    "el",
    "a",
    "ano",
    "lunes",
    "martes",
    "miercoles",
    "jueves",
    "viernes",
    "sabado",
    "domingo",
];

/// Reads a text; the flag says that it carries a time of day too.
pub(super) fn parse(text: &str) -> Option<(Said, bool)> {
    let folded = squeeze(text);
    let (day, time) = without_time(&folded);
    let tokens: Vec<&str> = day
        .split(['/', '-', '.', ',', ' ', '\u{2013}'])
        .filter(|t| !t.is_empty() && !FILLERS.contains(t))
        .collect();
    let said = match tokens.as_slice() {
        [one] => compact(one)?,
        [a, b] => month_and_year(a, b)?,
        [a, b, c] => three(a, b, c)?,
        _ => return None,
    };
    Some((said, time))
}

/// Cuts "T10:00:00Z" or " 10:00 a. m." off.
fn without_time(text: &str) -> (&str, bool) {
    let Some(colon) = text.find(':') else {
        return (text, false);
    };
    let before = text.get(..colon).unwrap_or_default();
    match before.rfind([' ', 't']) {
        Some(at)
            if before.get(at + 1..).is_some_and(|h| {
                !h.is_empty() && h.len() <= 2 && h.bytes().all(|b| b.is_ascii_digit())
            }) =>
        {
            (
                before
                    .get(..at)
                    .unwrap_or_default()
                    .trim_end_matches([',', ' ']),
                true,
            )
        }
        _ => (text, false),
    }
}

/// `20260218`.
fn compact(text: &str) -> Option<Said> {
    if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let year = text.get(..4)?.parse().ok()?;
    if !(1900..=2100).contains(&year) {
        return None;
    }
    Some(on(
        year,
        text.get(4..6)?.parse().ok()?,
        text.get(6..)?.parse().ok()?,
    ))
}

fn month_and_year(a: &str, b: &str) -> Option<Said> {
    let (month, year) = match (month(a), month(b)) {
        (Some(month), None) => (month, full_year(b)?),
        (None, Some(month)) => (month, full_year(a)?),
        // "02/2026", "2026-02": only one of the two can be the year.
        (None, None) => match (full_year(a), full_year(b)) {
            (None, Some(year)) => (small(a)?, year),
            (Some(year), None) => (small(b)?, year),
            _ => return None,
        },
        _ => return None,
    };
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    Some(Said::Month(crate::period::month_end(first)))
}

fn three(a: &str, b: &str, c: &str) -> Option<Said> {
    if let Some(month) = month(b) {
        // "18 febrero 2026", and "2026 febrero 18".
        return match (full_year(a), full_year(c)) {
            (Some(year), None) => Some(on(year, month, ordinal(c)?)),
            _ => Some(on(any_year(c)?, month, ordinal(a)?)),
        };
    }
    if let Some(month) = month(a) {
        return Some(on(full_year(c)?, month, ordinal(b)?));
    }
    if let Some(year) = full_year(a) {
        return Some(on(year, small(b)?, small(c)?));
    }
    let (first, second, year) = (small(a)?, small(b)?, any_year(c)?);
    if first == 0 || second == 0 || (first > 12 && second > 12) || first > 31 || second > 31 {
        return Some(Said::Impossible);
    }
    Some(Said::Either {
        first,
        second,
        year,
    })
}

/// That day, or that there is none such.
pub(super) fn on(year: i32, month: u32, day: u32) -> Said {
    NaiveDate::from_ymd_opt(year, month, day).map_or(Said::Impossible, Said::Day)
}

fn small(text: &str) -> Option<u32> {
    let right = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

/// "1", "1o", "1ro", "1er": an ordinal sign folds to a letter.
fn ordinal(text: &str) -> Option<u32> {
    // The one day that Spanish says by its ordinal.
    if text == "primero" {
        return Some(1);
    }
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.get(..text.len() - letters.len())?;
    let known = matches!(
        letters,
        "" | "o" | "a" | "°" | "ro" | "er" | "ero" | "do" | "to" | "st" | "nd" | "rd" | "th"
    );
    known.then(|| small(digits)).flatten()
}

fn full_year(text: &str) -> Option<i32> {
    let right = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    right.then(|| text.parse().ok()).flatten()
}

fn any_year(text: &str) -> Option<i32> {
    full_year(text).or_else(|| {
        let two = small(text).filter(|_| text.len() == 2)?;
        let century = if two < 70 { 2000 } else { 1900 };
        Some(century + i32::try_from(two).ok()?)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

    use super::*;

    #[test]
    fn forms() {
        let day = |y, m, d| on(y, m, d);
        for (text, said) in [
            ("2026-02-18", day(2026, 2, 18)),
            ("2026/2/8", day(2026, 2, 8)),
            ("20260218", day(2026, 2, 18)),
            ("18 de febrero de 2026", day(2026, 2, 18)),
            ("Miércoles, 18 de Febrero del 2026", day(2026, 2, 18)),
            ("18 feb 2026", day(2026, 2, 18)),
            ("18-feb-26", day(2026, 2, 18)),
            ("18/feb./2026", day(2026, 2, 18)),
            ("1º de marzo de 2026", day(2026, 3, 1)),
            ("1° de marzo de 2026", day(2026, 3, 1)),
            ("1ro. de marzo de 2026", day(2026, 3, 1)),
            ("primero de marzo de 2026", day(2026, 3, 1)),
            ("febrero 18, 2026", day(2026, 2, 18)),
            (
                "12/2025",
                Said::Month(NaiveDate::from_ymd_opt(2025, 12, 31).unwrap()),
            ),
            (
                "2025-12",
                Said::Month(NaiveDate::from_ymd_opt(2025, 12, 31).unwrap()),
            ),
            (
                "18/02/2026",
                Said::Either {
                    first: 18,
                    second: 2,
                    year: 2026,
                },
            ),
            (
                "3-4-26",
                Said::Either {
                    first: 3,
                    second: 4,
                    year: 2026,
                },
            ),
            (
                "Diciembre 2025",
                Said::Month(NaiveDate::from_ymd_opt(2025, 12, 31).unwrap()),
            ),
            (
                "dic-2025",
                Said::Month(NaiveDate::from_ymd_opt(2025, 12, 31).unwrap()),
            ),
            (
                "31/02/2026",
                Said::Either {
                    first: 31,
                    second: 2,
                    year: 2026,
                },
            ),
            ("45/45/2026", Said::Impossible),
            ("2026-13-01", Said::Impossible),
        ] {
            assert_eq!(parse(text), Some((said, false)), "{text}");
        }
        assert_eq!(parse("2026-02-18T10:30:00"), Some((day(2026, 2, 18), true)));
        assert_eq!(
            parse("18/02/2026 10:30 a. m."),
            Some((
                Said::Either {
                    first: 18,
                    second: 2,
                    year: 2026
                },
                true
            ))
        );
        for text in [
            "",
            "pendiente",
            "18",
            "10:30",
            "18 de febrero",
            "1/2",
            "46071",
            "1-2-3-4",
            "feb-26",
            "2025-2026",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
