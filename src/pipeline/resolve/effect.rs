//! Keys of a goal that could do nothing beside the others that it has.

use chrono::Datelike;

use super::Resolver;
use crate::pipeline::section::Section;

impl Resolver<'_> {
    /// Reports what would be accepted and ignored.
    pub(super) fn keys_without_effect(&mut self, id: &str, section: &Section<'_>) {
        for (key, other) in [
            ("baseline_year", "baseline"),
            ("span", "query"),
            ("requires", "query"),
        ] {
            if section.has(key) && !section.has(other) {
                self.error_hint(
                    "key-without-effect",
                    section.key_span(key),
                    format!("goal `{id}` has `{key}` and no `{other}`, to which it applies"),
                    format!("leave out `{key}`, or add {other} = …"),
                );
            }
        }
        self.targets_by_year(id, section);
    }

    fn targets_by_year(&mut self, id: &str, section: &Section<'_>) {
        let (Some(due), Some(until)) = (section.date("due"), section.date("recurs_until")) else {
            return;
        };
        let years = due.date.year()..=until.date.year();
        for year in section.numbers_by_year("targets").keys() {
            if !years.contains(year) {
                self.error_hint(
                    "key-without-effect",
                    section.span("targets"),
                    format!("goal `{id}` has a target for {year}, a year in which it is not due"),
                    "give targets for the years from due to recurs_until",
                );
            }
        }
    }
}
