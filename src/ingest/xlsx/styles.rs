//! Number formats: which numbers are percents, dates and times.

use std::collections::BTreeMap;
use std::io::BufRead;

use quick_xml::events::Event;

use crate::ingest::cell::Trouble;
use crate::ingest::xml::{Xml, attribute};

/// What a number format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A plain number.
    Number,
    /// A fraction shown as percent.
    Percent,
    /// A day, a time or both.
    Date,
    /// Elapsed time.
    Duration,
}

/// The class of each cell style, by its number.
pub fn read(part: Box<dyn BufRead + '_>) -> Result<Vec<Class>, Trouble> {
    let mut xml = Xml::new(part);
    let mut formats: BTreeMap<u32, Class> = BTreeMap::new();
    let mut styles = Vec::new();
    let mut in_cell_xfs = false;
    let mut in_formats = false;
    loop {
        match xml.next()? {
            Event::Start(e) => match e.local_name().as_ref() {
                "numFmts" => in_formats = true,
                // A conditional format has a `numFmt` too, which may give a number in use another
                // code: only those of the list are the cells'.
                "numFmt" if in_formats => {
                    let id = attribute(&e, "numFmtId").and_then(|v| v.parse().ok());
                    if let (Some(id), Some(code)) = (id, attribute(&e, "formatCode")) {
                        formats.insert(id, custom(&code));
                    }
                }
                "cellXfs" => in_cell_xfs = true,
                "xf" if in_cell_xfs => {
                    let id = attribute(&e, "numFmtId")
                        .and_then(|v| v.parse().ok())
                        .unwrap_or(0);
                    styles.push(formats.get(&id).copied().unwrap_or_else(|| builtin(id)));
                }
                _ => {}
            },
            Event::End(e) => match e.local_name().as_ref() {
                "cellXfs" => in_cell_xfs = false,
                "numFmts" => in_formats = false,
                _ => {}
            },
            Event::Eof => return Ok(styles),
            _ => {}
        }
    }
}

/// Class of a format that every Excel knows by number.
pub fn builtin(id: u32) -> Class {
    match id {
        9 | 10 => Class::Percent,
        14..=22 | 27..=36 | 45 | 47 | 50..=58 => Class::Date,
        46 => Class::Duration,
        _ => Class::Number,
    }
}

/// Class of a format by its code, such as `dd/mm/yyyy` or `0.0%`; its first section decides.
pub fn custom(code: &str) -> Class {
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
