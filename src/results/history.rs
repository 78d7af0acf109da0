//! A goal's earlier figures: every period since the first, those without an edition too.

use super::goal::{FigureEntry, FigureShown};
use super::units;
use crate::indicators::{self, PastFigure};
use crate::period::Period;
use crate::plan::Goal;
use crate::spanish;

/// More periods than that are no gap between two figures, but a date that is wrong.
const MOST: usize = 120;

/// Whose figures they are.
pub(super) struct Own<'a> {
    goal: &'a Goal,
    /// The period that is reported.
    period: Period,
    /// The value in it.
    value: Option<f64>,
}

impl<'a> Own<'a> {
    /// Of a goal with a value in the period that is reported.
    pub(super) const fn of(goal: &'a Goal, period: Period, value: Option<f64>) -> Self {
        Self {
            goal,
            period,
            value,
        }
    }

    /// The earlier figures and the gaps between them, up to the period that is reported.
    pub(super) fn figures(&self, past: &[PastFigure]) -> Vec<FigureEntry> {
        let decimals = self.decimals(past);
        let mut all = Vec::new();
        for (index, figure) in past.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| past.get(index));
            let anew = before.is_some_and(|before| {
                indicators::begins_anew(self.goal, before.period, figure.period)
            });
            all.push(self.figure(figure, anew, decimals));
            let next = past.get(index + 1).map_or(self.period, |next| next.period);
            all.extend(gaps(figure.period, next));
        }
        all
    }

    /// The decimals that all of them have, and the value beside them.
    pub(super) fn decimals(&self, past: &[PastFigure]) -> usize {
        let values = past.iter().filter_map(|figure| figure.actual_value);
        units::decimals(values.chain(self.value))
    }

    /// Whether a count began anew since the last of them.
    pub(super) fn begins_anew(&self, past: &[PastFigure]) -> bool {
        past.last()
            .is_some_and(|before| indicators::begins_anew(self.goal, before.period, self.period))
    }

    fn figure(&self, past: &PastFigure, begins_anew: bool, decimals: usize) -> FigureEntry {
        let percent = |value| format!("{}%", spanish::number_short(value));
        let value = past.actual_value;
        FigureEntry {
            period: past.period,
            edition: Some(past.edition),
            actual_value: value,
            progress_pct: past.progress_pct,
            status: Some(past.status),
            begins_anew,
            shown: FigureShown {
                period: past.period.to_string(),
                actual_value: value.map(|v| units::with_decimals(v, self.goal, decimals)),
                progress_pct: past.progress_pct.map(percent),
                status: past.status.label().to_owned(),
            },
        }
    }
}

/// The periods between two that have no edition.
fn gaps(before: Period, next: Period) -> impl Iterator<Item = FigureEntry> {
    let between = std::iter::successors(Some(before.next()), |period| Some(period.next()));
    between
        .take_while(move |period| period.end() < next.start())
        .take(MOST)
        .map(|period| FigureEntry {
            period,
            edition: None,
            actual_value: None,
            progress_pct: None,
            status: None,
            begins_anew: false,
            shown: FigureShown {
                period: period.to_string(),
                actual_value: None,
                progress_pct: None,
                status: "Sin informe".to_owned(),
            },
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_without_an_edition_is_a_gap() {
        for (before, next, between) in [
            ("2026-T1", "2026-T2", &[][..]),
            ("2025-T3", "2026-T2", &["2025-T4", "2026-T1"]),
            ("2026-M11", "2027-M02", &["2026-M12", "2027-M01"]),
        ] {
            let (before, next) = (before.parse().unwrap(), next.parse().unwrap());
            let found: Vec<String> = gaps(before, next).map(|f| f.shown.period).collect();
            assert_eq!(found, between);
            assert!(gaps(before, next).all(|f| f.actual_value.is_none() && f.edition.is_none()));
        }
    }
}
