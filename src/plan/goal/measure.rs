//! What a goal is measured against: target, baseline, direction, band.

use schemars::JsonSchema;
use serde::Deserialize;

use super::kind::MeasureParts;
use super::quantity::{Band, Direction, Quantity};
use super::{GoalKeys, GoalKind, Measure, Window};
use crate::plan::check::Checker;

/// Whether more is better, as a definition writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DirectionKey {
    /// More is better.
    Ascending,
    /// Less is better.
    Descending,
    /// Neither: the value is to stay inside its band.
    Constant,
}

impl GoalKeys {
    pub(crate) fn direction_of_kind(&self, id: &str, kind: GoalKind, checker: &mut Checker<'_>) {
        let constant = self.direction.copied() == Some(DirectionKey::Constant);
        if self.direction.is_given() && kind.takes("band") != constant {
            checker.error_hint(
                "direction",
                self.direction.span(),
                format!("goal `{id}` is of kind {}, which cannot have this direction", kind.id()),
                "kind constant goes with direction constant, the others with ascending or descending",
            );
        }
    }

    pub(crate) fn measure(
        &self,
        id: &str,
        window: Option<Window>,
        checker: &mut Checker<'_>,
    ) -> Option<Measure> {
        let kind = self.kind.copied()?;
        let from_baseline = kind.takes("from_baseline") && self.counts_from_baseline(id, checker);
        let quantity = kind.takes("target");
        let quantity = quantity.then(|| self.quantity(id, from_baseline, checker));
        kind.measure(MeasureParts {
            quantity,
            basis: self.basis.copied(),
            from_baseline,
            band: self.band(checker),
            steps: match kind.takes("steps") {
                true => self.steps(window, checker),
                false => Vec::new(),
            },
        })
    }

    fn counts_from_baseline(&self, id: &str, checker: &mut Checker<'_>) -> bool {
        let from_baseline = self.from_baseline.copied().unwrap_or(false);
        if from_baseline && !self.baseline.is_given() {
            checker.error_hint(
                "missing-key",
                self.from_baseline.key(),
                format!("goal `{id}` counts from a baseline that it does not have"),
                "add baseline = …",
            );
        }
        from_baseline
    }

    fn quantity(&self, id: &str, from_baseline: bool, checker: &mut Checker<'_>) -> Quantity {
        let quantity = Quantity {
            // A target that is missing has been told, and keeps the plan from being made.
            target: self.target.copied().unwrap_or(f64::NAN),
            baseline: self.baseline.copied(),
            direction: match self.direction.copied() {
                Some(DirectionKey::Descending) => Direction::Descending,
                Some(DirectionKey::Ascending | DirectionKey::Constant) | None => {
                    Direction::Ascending
                }
            },
            planned: self.planned.numbers(),
        };
        for (period, planned) in self.planned.entries() {
            checker.same_frequency(*period, planned.key());
        }
        let adjusted = self.adjusted_target.get().map(|keys| &keys.value);
        for target in [Some(&self.target), adjusted].into_iter().flatten() {
            if let Some(value) = target.copied()
                && let Some((code, message, hint)) = quantity.unsound(value, from_baseline)
            {
                let message = format!("goal `{id}` {message}");
                checker.error_hint(code, target.span(), message, hint);
            }
        }
        quantity
    }

    fn band(&self, checker: &mut Checker<'_>) -> Option<Band> {
        let band = self.band.copied()?;
        let Band { low, high } = band;
        if low > high {
            checker.error_hint(
                "range-reversed",
                self.band.span(),
                format!("the band's low {low} is above its high {high}"),
                "swap low and high",
            );
        }
        Some(band)
    }
}
