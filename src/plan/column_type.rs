//! What the cells of a column may hold: each type's keys, its words, and how a workbook shows it.
//! How its cells are read is said in `ingest/typing/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column's type as a definition writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ColumnType {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A decimal number.
    Number,
    /// Percent points: 90, `90 %` and 0.9 formatted as percent are all 90.
    Percent,
    /// A calendar day.
    Date,
    /// One of the texts of `values`.
    Category,
}

/// Type of a column's cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A decimal number.
    Number,
    /// Percent points: 90, `90 %` and 0.9 formatted as percent are all 90.
    Percent,
    /// A calendar day.
    Date,
    /// One of these texts.
    Category(Vec<String>),
}

/// What a value is once it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stored {
    Text,
    Integer,
    Number,
    Date,
}

/// What a blank workbook lets people type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepts<'a> {
    Anything,
    OneOf(&'a [String]),
    WholeNumber,
    Number,
    /// Points, which a cell formatted as percent holds as hundredths.
    Percent,
    Day,
}

impl ColumnType {
    pub(crate) fn with_values(self, values: Vec<String>) -> ColumnKind {
        match self {
            Self::Text => ColumnKind::Text,
            Self::Integer => ColumnKind::Integer,
            Self::Number => ColumnKind::Number,
            Self::Percent => ColumnKind::Percent,
            Self::Date => ColumnKind::Date,
            Self::Category => ColumnKind::Category(values),
        }
    }

    /// The keys that only some types have, as far as this one has them.
    pub(crate) fn special_keys(self) -> &'static [&'static str] {
        match self {
            Self::Text => &[],
            Self::Integer | Self::Number | Self::Percent => &["min", "max"],
            Self::Date => &["within"],
            Self::Category => &["values"],
        }
    }
}

impl ColumnKind {
    /// As a definition writes it.
    pub(crate) const fn id(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::Category(_) => "category",
        }
    }

    pub(crate) fn stored(&self) -> Stored {
        match self {
            Self::Text | Self::Category(_) => Stored::Text,
            Self::Integer => Stored::Integer,
            Self::Number | Self::Percent => Stored::Number,
            Self::Date => Stored::Date,
        }
    }

    /// Whether a row of totals would hold the sum of such a column.
    pub(crate) fn is_summed(&self) -> bool {
        match self {
            Self::Integer | Self::Number => true,
            Self::Text | Self::Percent | Self::Date | Self::Category(_) => false,
        }
    }

    /// The only texts that a cell may hold, where there is a list.
    pub(crate) fn choices(&self) -> Option<&[String]> {
        match self.accepts() {
            Accepts::OneOf(values) => Some(values),
            Accepts::Anything
            | Accepts::WholeNumber
            | Accepts::Number
            | Accepts::Percent
            | Accepts::Day => None,
        }
    }

    pub(crate) fn accepts(&self) -> Accepts<'_> {
        match self {
            Self::Text => Accepts::Anything,
            Self::Integer => Accepts::WholeNumber,
            Self::Number => Accepts::Number,
            Self::Percent => Accepts::Percent,
            Self::Date => Accepts::Day,
            Self::Category(values) => Accepts::OneOf(values),
        }
    }

    /// The number format of its cells in a workbook; none: as the program has it.
    pub(crate) fn number_format(&self) -> Option<&'static str> {
        match self {
            Self::Text => Some("@"),
            Self::Integer => Some("0"),
            Self::Number => Some("#,##0.00"),
            Self::Percent => Some("0.00%"),
            Self::Date => Some("dd/mm/yyyy"),
            Self::Category(_) => None,
        }
    }

    /// Width of its column in a workbook at least, in letters.
    pub(crate) fn least_width(&self) -> u32 {
        match self {
            Self::Text => 26,
            Self::Category(_) => 20,
            Self::Integer | Self::Number | Self::Percent | Self::Date => 15,
        }
    }

    /// What should be written in a cell that holds something else.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Text => "el texto que corresponda".to_owned(),
            Self::Integer => "un número entero, por ejemplo 12".to_owned(),
            Self::Number => "un número, por ejemplo 1234.50".to_owned(),
            Self::Percent => "un porcentaje con su signo, por ejemplo 90 %".to_owned(),
            Self::Date => "una fecha como día/mes/año, por ejemplo 18/02/2026".to_owned(),
            Self::Category(values) => format!("una de estas opciones: {}", values.join(", ")),
        }
    }
}

/// A declared column.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Column {
    /// Accepted headers, the preferred first.
    pub headers: Vec<String>,
    /// What its cells hold.
    pub kind: ColumnKind,
    /// No value twice.
    pub unique: bool,
    /// A blank cell, or the whole column's absence, is no error.
    pub optional: bool,
    /// Never leaves the reader.
    pub personal: bool,
    /// Inclusive lower bound of an integer, number or percent (percent points).
    pub min: Option<f64>,
    /// Inclusive upper bound.
    pub max: Option<f64>,
    /// A date outside the period that is reported is an error.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub within_period: bool,
}

impl Column {
    /// What departments read about what to write in the column's cells.
    pub(crate) fn instruction(&self) -> String {
        match &self.kind {
            ColumnKind::Text => "Texto.".to_owned(),
            ColumnKind::Integer => format!("Número entero, sin decimales{}.", self.bounds("")),
            ColumnKind::Number => format!("Número, con decimales si los hay{}.", self.bounds("")),
            ColumnKind::Percent => format!(
                "Porcentaje en puntos, de 0 a 100: para noventa por ciento escriba 90 %, no 0.9{}.",
                self.bounds(" %")
            ),
            ColumnKind::Date if self.within_period => {
                "Fecha como día/mes/año, dentro del periodo que se informa.".to_owned()
            }
            ColumnKind::Date => "Fecha como día/mes/año.".to_owned(),
            ColumnKind::Category(_) => "Una opción de la lista desplegable.".to_owned(),
        }
    }

    fn bounds(&self, unit: &str) -> String {
        match (self.min, self.max) {
            (Some(low), Some(high)) => format!(", de {low}{unit} a {high}{unit}"),
            (Some(low), None) => format!(", {low}{unit} o más"),
            (None, Some(high)) => format!(", {high}{unit} o menos"),
            (None, None) => String::new(),
        }
    }

    /// An example of a cell. Never a person's name.
    pub(crate) fn example(&self) -> String {
        let inside = |wish: f64| {
            let low = self.min.unwrap_or(f64::MIN);
            let high = self.max.unwrap_or(f64::MAX);
            wish.max(low).min(high)
        };
        match &self.kind {
            ColumnKind::Text if self.personal => "(el dato tal como consta)".to_owned(),
            ColumnKind::Text if self.unique => "A-001".to_owned(),
            ColumnKind::Text => "texto breve".to_owned(),
            ColumnKind::Integer => format!("{}", inside(12.0).ceil()),
            ColumnKind::Number => format!("{}", inside(1234.5)),
            ColumnKind::Percent => format!("{} %", inside(90.0)),
            ColumnKind::Date => "18/02/2026".to_owned(),
            ColumnKind::Category(values) => values.first().cloned().unwrap_or_default(),
        }
    }
}
