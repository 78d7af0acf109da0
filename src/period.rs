//! Reporting periods, cutoffs and due dates. All dates are local to the plan.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// How often a plan reports.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Frequency {
    /// Twelve periods a year, written `2026-M03`.
    Month,
    /// Four periods a year, written `2026-T1` (`2026-Q1` is read too).
    Quarter,
    /// Two periods a year, written `2026-S1`.
    HalfYear,
    /// One period a year, written `2026`.
    Year,
}

impl Frequency {
    /// Length of a period in months.
    pub fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::HalfYear => 6,
            Self::Year => 12,
        }
    }
}

/// One reporting period: the `index`-th (from 1) of `year`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i32,
    frequency: Frequency,
    index: u32,
}

impl Period {
    /// The period of `frequency` that contains `date`.
    pub fn containing(date: NaiveDate, frequency: Frequency) -> Self {
        Self {
            year: date.year(),
            frequency,
            index: date.month0() / frequency.months() + 1,
        }
    }

    /// How long the period is.
    pub fn frequency(self) -> Frequency {
        self.frequency
    }

    /// The calendar year.
    pub fn year(self) -> i32 {
        self.year
    }

    /// The number within the year, from 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// First day.
    pub fn start(self) -> NaiveDate {
        first_of_month(self.year, (self.index - 1) * self.frequency.months() + 1)
    }

    /// Last day.
    pub fn end(self) -> NaiveDate {
        month_end(self.start() + Months::new(self.frequency.months() - 1))
    }

    /// First day of its fiscal year, which is the calendar year.
    pub fn year_start(self) -> NaiveDate {
        first_of_month(self.year, 1)
    }

    /// The next one.
    pub fn next(self) -> Self {
        Self::containing(
            self.start() + Months::new(self.frequency.months()),
            self.frequency,
        )
    }

    /// The later of two.
    pub fn max_by_start(self, other: Self) -> Self {
        if self.start() >= other.start() {
            self
        } else {
            other
        }
    }

    /// The one before.
    pub fn previous(self) -> Self {
        Self::containing(
            self.start() - Months::new(self.frequency.months()),
            self.frequency,
        )
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, index, .. } = self;
        match self.frequency {
            Frequency::Month => write!(f, "{year}-M{index:02}"),
            Frequency::Quarter => write!(f, "{year}-T{index}"),
            Frequency::HalfYear => write!(f, "{year}-S{index}"),
            Frequency::Year => write!(f, "{year}"),
        }
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "\"{text}\" is not a period: write 2026-T1 (quarter), 2026-M03 (month), 2026-S1 (half-year) or 2026 (year)"
            )
        };
        let (year, rest) = text.split_once('-').unwrap_or((text, ""));
        if year.len() != 4 || !year.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        let year: i32 = year.parse().map_err(|_| wrong())?;
        let (frequency, number) = match rest.chars().next() {
            None if !text.contains('-') => (Frequency::Year, "1"),
            Some('T' | 't' | 'Q' | 'q') => (Frequency::Quarter, &rest[1..]),
            Some('M' | 'm') => (Frequency::Month, &rest[1..]),
            Some('S' | 's') => (Frequency::HalfYear, &rest[1..]),
            _ => return Err(wrong()),
        };
        let digits = number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
        let index: u32 = number.parse().map_err(|_| wrong())?;
        if !digits || index == 0 || index > 12 / frequency.months() || year == 0 {
            return Err(wrong());
        }
        Ok(Self {
            year,
            frequency,
            index,
        })
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a year (2026), half-year (2026-S1), quarter (2026-T1) or month (2026-M03)",
            "pattern": r"^\d{4}(-(S[12]|T[1-4]|M(0[1-9]|1[0-2])))?$",
        })
    }
}

/// A date as a definition writes it: `2025-12` or `2025-12-31`. A month means its last day as a
/// due date and its first day as the opening of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueDate {
    /// The day itself; the month's last day where no day was given.
    pub date: NaiveDate,
    /// Whether only the month was given, which is how it is printed.
    pub month_only: bool,
}

impl DueDate {
    /// First day of the month where only the month was given, else the day.
    pub fn opening(self) -> NaiveDate {
        if self.month_only {
            first_of_month(self.date.year(), self.date.month())
        } else {
            self.date
        }
    }
}

/// As a definition writes it.
impl fmt::Display for DueDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = if self.month_only { "%Y-%m" } else { "%Y-%m-%d" };
        write!(f, "{}", self.date.format(format))
    }
}

impl Serialize for DueDate {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DueDate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for DueDate {
    fn schema_name() -> Cow<'static, str> {
        "DueDate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "a month (2026-12) or a day (2026-12-31)",
            "pattern": r"^\d{4}-\d{2}(-\d{2})?$",
        })
    }
}

impl FromStr for DueDate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == 7
            && let Ok(first) = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d")
        {
            return Ok(Self {
                date: month_end(first),
                month_only: true,
            });
        }
        if text.len() == 10
            && let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        {
            return Ok(Self {
                date,
                month_only: false,
            });
        }
        Err(format!(
            "\"{text}\" is not a date: write a month as 2025-12 or a day as 2025-12-31"
        ))
    }
}

/// Last day of the month of `date`.
pub fn month_end(date: NaiveDate) -> NaiveDate {
    first_of_month(date.year(), date.month()) + Months::new(1) - chrono::Days::new(1)
}

fn first_of_month(year: i32, month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(NaiveDate::MIN)
}
