//! What a cell's stored text means, by its type and style.

use super::strings::{full, unescape};
use super::styles::Class;
use crate::ingest::cell::{TextId, Texts, Trouble, Value};
use crate::ingest::iso;

/// What cells refer to.
#[derive(Clone, Copy)]
pub struct Book<'a> {
    /// Shared strings.
    pub strings: &'a [TextId],
    /// Class of each style.
    pub styles: &'a [Class],
    /// Whether day 0 is 1904-01-01.
    pub date1904: bool,
}

/// What a cell's `t` says of its content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number; also where nothing is said.
    Number,
    /// The number of a shared string.
    Shared,
    /// 0 or 1.
    Bool,
    /// An error such as `#REF!`.
    Error,
    /// A date in ISO 8601.
    Date,
    /// The text that a formula gave.
    FormulaText,
    /// A text kept in the cell.
    Inline,
}

impl Kind {
    /// Reads `t`.
    pub fn of(text: &str) -> Result<Self, Trouble> {
        Ok(match text {
            "n" => Self::Number,
            "s" => Self::Shared,
            "b" => Self::Bool,
            "e" => Self::Error,
            "d" => Self::Date,
            "str" => Self::FormulaText,
            "inlineStr" => Self::Inline,
            _ => return Err(Trouble::damaged("hay celdas de un tipo desconocido")),
        })
    }
}

/// A cell's attributes.
pub struct Head {
    /// Its style.
    pub style: Option<usize>,
    /// Its type.
    pub kind: Kind,
}

/// A text, or nothing where it is empty.
pub fn text(text: &str, texts: &mut Texts) -> Result<Value, Trouble> {
    if text.is_empty() {
        return Ok(Value::Empty);
    }
    texts.push(text).map(Value::Text).ok_or_else(full)
}

/// What `raw` means in such a cell. Where the value is not `wanted`, any number will do.
pub fn value(
    head: &Head,
    book: Book<'_>,
    texts: &mut Texts,
    raw: &mut String,
    formula: bool,
    wanted: bool,
) -> Result<Value, Trouble> {
    if raw.trim().is_empty() {
        return match (head.kind, formula) {
            (Kind::FormulaText, _) if raw.is_empty() => Ok(Value::Empty),
            (Kind::FormulaText, _) => text(raw, texts),
            (_, true) => Ok(Value::NoCache),
            _ => Ok(Value::Empty),
        };
    }
    match head.kind {
        Kind::Shared => raw
            .trim()
            .parse::<usize>()
            .ok()
            .and_then(|index| book.strings.get(index))
            .map(|id| Value::Text(*id))
            .ok_or_else(|| Trouble::damaged("hay celdas cuyo texto no está en el archivo")),
        Kind::Bool => match raw.trim() {
            "0" | "false" => Ok(Value::Bool(false)),
            "1" | "true" => Ok(Value::Bool(true)),
            _ => Err(Trouble::damaged(
                "hay una celda de verdadero o falso que no es ni lo uno ni lo otro",
            )),
        },
        Kind::Error => texts.push(raw.trim()).map(Value::Error).ok_or_else(full),
        Kind::Date => match iso::serial(raw.trim(), book.date1904) {
            Some(serial) => Ok(Value::Serial(serial)),
            None => texts.push(raw.trim()).map(Value::IsoDate).ok_or_else(full),
        },
        Kind::FormulaText | Kind::Inline => {
            unescape(raw, 0);
            text(raw, texts)
        }
        Kind::Number if !wanted => Ok(Value::Number(0.0)),
        Kind::Number => match raw.trim().parse() {
            Ok(found) => number(found, head.style, book),
            Err(_) => text(raw, texts),
        },
    }
}

fn number(number: f64, style: Option<usize>, book: Book<'_>) -> Result<Value, Trouble> {
    let class = match style {
        None => Class::Number,
        Some(0) if book.styles.is_empty() => Class::Number,
        Some(style) => *book.styles.get(style).ok_or_else(no_style)?,
    };
    Ok(match class {
        Class::Number => Value::Number(number),
        Class::Percent => Value::Percent(number),
        Class::Date => Value::Serial(number),
        Class::Duration => Value::Duration(number),
    })
}

/// Without a cell's style its number could be a date.
pub fn no_style() -> Trouble {
    Trouble::damaged(
        "hay celdas cuyo formato no está en el archivo, y sin él no se distingue una fecha de un número",
    )
}
