//! Keys of a goal that could do nothing beside the others that it has.

use chrono::Datelike;

use super::GoalKeys;
use crate::plan::check::Checker;

impl GoalKeys {
    /// Reports what would be accepted and ignored.
    pub(crate) fn keys_without_effect(&self, id: &str, checker: &mut Checker<'_>) {
        let query = ("query", self.query.is_given());
        let baseline = ("baseline", self.baseline.is_given());
        for (key, given, place, (other, there)) in [
            (
                "baseline_year",
                self.baseline_year.is_given(),
                self.baseline_year.key(),
                baseline,
            ),
            ("span", self.span.is_given(), self.span.key(), query),
            (
                "requires",
                self.requires.is_given(),
                self.requires.key(),
                query,
            ),
        ] {
            if given && !there {
                checker.error_hint(
                    "key-without-effect",
                    place,
                    format!("goal `{id}` has `{key}` and no `{other}`, to which it applies"),
                    format!("leave out `{key}`, or add {other} = …"),
                );
            }
        }
        self.targets_by_year(id, checker);
    }

    fn targets_by_year(&self, id: &str, checker: &mut Checker<'_>) {
        let (Some(due), Some(until)) = (self.due.copied(), self.recurs_until.copied()) else {
            return;
        };
        let years = due.date.year()..=until.date.year();
        for (year, _) in self.targets.entries() {
            if !years.contains(year) {
                checker.error_hint(
                    "key-without-effect",
                    self.targets.span(),
                    format!("goal `{id}` has a target for {year}, a year in which it is not due"),
                    "give targets for the years from due to recurs_until",
                );
            }
        }
    }
}
