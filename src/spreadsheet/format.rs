//! Number formats: which numbers are percents, dates and times.

use super::cell::CellValue;
use super::read_error::ReadError;

/// What a number format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A plain number.
    Number,
    /// A fraction shown as percent.
    Percent,
    /// A day, a time or both.
    Date,
    /// Elapsed time.
    Duration,
}

impl Class {
    /// What a cell of this class that stores `number` holds.
    pub(super) fn value(self, number: f64) -> CellValue {
        match self {
            Self::Number => CellValue::Number(number),
            Self::Percent => CellValue::Percent(number),
            Self::Date => CellValue::Serial(number),
            Self::Duration => CellValue::Duration(number),
        }
    }

    /// The class of style number `style`.
    pub(super) fn of(style: usize, classes: &[Self]) -> Result<Self, ReadError> {
        classes.get(style).copied().ok_or_else(ReadError::no_style)
    }
}

/// Class of a format that every Excel knows by number.
pub(super) fn builtin(id: u32) -> Class {
    match id {
        9 | 10 => Class::Percent,
        14..=22 | 27..=36 | 45 | 47 | 50..=58 => Class::Date,
        46 => Class::Duration,
        _ => Class::Number,
    }
}

/// Class of a format by its code, such as `dd/mm/yyyy` or `0.0%`; its first section decides.
pub(super) fn custom(code: &str) -> Class {
    let mut chars = code.chars();
    let mut percent = false;
    let mut date = false;
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                chars.by_ref().find(|c| *c == '"');
            }
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                let unit = inner.to_ascii_lowercase();
                let first = unit.chars().next().unwrap_or(' ');
                if matches!(first, 'h' | 'm' | 's') && unit.chars().all(|c| c == first) {
                    return Class::Duration;
                }
            }
            ';' => break,
            '%' => percent = true,
            'd' | 'D' | 'y' | 'Y' | 'm' | 'M' | 'h' | 'H' | 's' | 'S' => date = true,
            _ => {}
        }
    }
    match (date, percent) {
        (true, _) => Class::Date,
        (false, true) => Class::Percent,
        _ => Class::Number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (code, class) in [
            ("General", Class::Number),
            ("0.00", Class::Number),
            ("#,##0.00\\ \"días\"", Class::Number),
            ("[Red]0;[Blue]-0", Class::Number),
            ("\"$\"#,##0.00", Class::Number),
            ("[$$-80A]#,##0.00", Class::Number),
            ("0.00E+00", Class::Number),
            ("0%", Class::Percent),
            ("0.0\\%", Class::Number),
            ("0.0 %;-0.0 %", Class::Percent),
            ("dd/mm/yyyy", Class::Date),
            ("[$-80A]d \"de\" mmmm \"de\" yyyy", Class::Date),
            ("mmm-yy", Class::Date),
            ("hh:mm AM/PM", Class::Date),
            ("[h]:mm:ss", Class::Duration),
            ("0;dd", Class::Number),
            ("yyyy\"%\"", Class::Date),
        ] {
            assert_eq!(custom(code), class, "{code}");
        }
    }
}
