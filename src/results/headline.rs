//! A goal's figure as a headline prints it: number and unit apart, millions in words.

use super::units;
use crate::plan::Goal;
use crate::spanish::{self, NO_BREAK};

/// From so much on, a number has eight digits and is read more easily in millions.
const MILLIONS: f64 = 10_000_000.0;

/// A figure, its unit, and the figure in full where it was shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Headline {
    pub number: String,
    pub unit: Option<String>,
    pub exact: Option<String>,
}

impl Headline {
    /// Number and unit in one.
    pub(super) fn whole(&self) -> String {
        units::attach(self.number.clone(), self.unit.as_deref())
    }
}

/// A value, never rounded so that a missed target looks met.
pub(super) fn headline(value: f64, goal: &Goal, target: Option<f64>) -> Headline {
    let unit = units::printed_unit(goal);
    let thresholds: Vec<f64> = target.into_iter().collect();
    if value.abs() < MILLIONS {
        return Headline {
            number: spanish::number_short_against(value, &thresholds),
            unit,
            exact: None,
        };
    }
    let in_millions: Vec<f64> = thresholds.iter().map(|t| t / 1e6).collect();
    let number = spanish::number_against(value / 1e6, &in_millions, 1);
    let decimals = if value.fract() == 0.0 { 0 } else { 2 };
    let exact = units::attach(
        spanish::number_against(value, &thresholds, decimals),
        unit.as_deref(),
    );
    // `987.7 millones de pesos`, but `987.7 millones %` is nothing that anybody says.
    let is_word = |unit: &String| unit.starts_with(char::is_alphabetic);
    let unit = unit.map(|unit| match is_word(&unit) {
        true => format!("de {unit}"),
        false => unit,
    });
    Headline {
        number: format!("{number}{NO_BREAK}millones"),
        unit,
        exact: Some(exact),
    }
}
