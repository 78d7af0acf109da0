//! `[goal.*]`: what each kind needs and what it may not have.

use chrono::NaiveDate;
use indexmap::IndexMap;

use super::Resolver;
use crate::pipeline::model::{
    AdjustedTarget, Basis, Cancelled, Changed, Direction, Goal, IndicatorSheet, Measure,
    Occurrence, Quantity, Recurrence, Step, Window,
};
use crate::pipeline::note::Note;
use crate::pipeline::section::Section;

const KINDS: [&str; 7] = [
    "ratio",
    "cumulative",
    "stock",
    "constant",
    "milestone",
    "process",
    "narrative",
];

/// Keys that only some kinds have.
const SPECIAL: [(&str, &[&str]); 12] = [
    ("targets", &["ratio", "cumulative", "stock"]),
    (
        "recurs_until",
        &["ratio", "cumulative", "stock", "constant", "milestone"],
    ),
    ("target", &["ratio", "cumulative", "stock"]),
    ("baseline", &["ratio", "cumulative", "stock", "constant"]),
    (
        "baseline_year",
        &["ratio", "cumulative", "stock", "constant"],
    ),
    ("planned", &["ratio", "cumulative", "stock"]),
    ("adjusted_target", &["ratio", "cumulative", "stock"]),
    ("from_baseline", &["stock"]),
    ("basis", &["cumulative"]),
    ("band", &["constant"]),
    ("steps", &["process"]),
    ("direction", &["ratio", "cumulative", "stock", "constant"]),
];

/// Keys that a kind cannot do without.
const NEEDED: [(&str, &[&str]); 6] = [
    (
        "query",
        &[
            "ratio",
            "cumulative",
            "stock",
            "constant",
            "milestone",
            "process",
        ],
    ),
    ("target", &["ratio", "cumulative", "stock"]),
    ("due", &["ratio", "cumulative", "stock", "milestone"]),
    ("basis", &["cumulative"]),
    ("band", &["constant"]),
    ("window", &["process"]),
];

impl Resolver<'_> {
    pub(super) fn goals(&mut self, root: &Section<'_>) -> IndexMap<String, Goal> {
        let mut goals = IndexMap::new();
        for (id, section) in root.sections("goal") {
            self.slug("a goal's id", id, section.place.clone());
            if let Some(goal) = self.goal(id, &section) {
                goals.insert(id.to_owned(), goal);
            }
        }
        goals
    }

    fn goal(&mut self, id: &str, section: &Section<'_>) -> Option<Goal> {
        let axis = section.required_text("axis");
        let axes = self.axes.clone();
        self.refers("axis", &axis, section.span("axis"), &axes);
        let responsible = self.department(section, "responsible");
        let kind = section.text("kind")?;
        self.keys_of_kind(id, &kind, section);
        self.keys_without_effect(id, section);
        let window = self.window(section, "window");
        let measure = self.measure(id, &kind, section, window)?;
        let note = section.placed("note");
        if let Some(note) = &note
            && let Err(why) = Note::parse(&note.value)
        {
            self.error("invalid-note", note.span.clone(), why);
        }
        let goal = Goal {
            id: id.to_owned(),
            span: section.place.clone(),
            axis,
            responsible,
            statement: section.required_text("statement"),
            indicator: section.text("indicator"),
            unit: section.text("unit"),
            measure,
            baseline: section.number("baseline"),
            due: section.date("due"),
            window,
            covers: self.window(section, "span"),
            recurrence: None,
            query: section.placed("query"),
            note,
            requires_all: section.text("requires").as_deref() == Some("all"),
            adjusted: self.adjusted(section),
            changed: self.changed(section),
            cancelled: self.cancelled(section),
            sheet: sheet(section),
        };
        Some(Goal {
            recurrence: self.recurrence(id, section, &goal),
            ..goal
        })
    }

    fn keys_of_kind(&mut self, id: &str, kind: &str, section: &Section<'_>) {
        if !KINDS.contains(&kind) {
            return;
        }
        for (key, kinds) in SPECIAL {
            if section.has(key) && !kinds.contains(&kind) {
                self.error_hint(
                    "key-not-for-kind",
                    section.key_span(key),
                    format!("goal `{id}` is of kind {kind}, which has no `{key}`"),
                    format!("`{key}` belongs to {}", kinds.join(", ")),
                );
            }
        }
        for (key, kinds) in NEEDED {
            if kinds.contains(&kind) && !section.has(key) {
                self.error_hint(
                    "missing-key",
                    section.place.clone(),
                    format!("goal `{id}` is of kind {kind} and has no `{key}`"),
                    format!("add {key} = …"),
                );
            }
        }
    }

    fn window(&mut self, section: &Section<'_>, key: &str) -> Option<Window> {
        let inner = section.section(key)?;
        let window = Window {
            from: inner.date("from")?,
            to: inner.date("to")?,
        };
        if window.from.opening() > window.to.date {
            self.error_hint(
                "window-reversed",
                inner.span("from"),
                format!("the {key} ends before it begins"),
                "swap from and to",
            );
        }
        Some(window)
    }

    fn measure(
        &mut self,
        id: &str,
        kind: &str,
        section: &Section<'_>,
        window: Option<Window>,
    ) -> Option<Measure> {
        let direction = section.text("direction");
        if section.has("direction")
            && (kind == "constant") != (direction.as_deref() == Some("constant"))
        {
            self.error_hint(
                "direction",
                section.span("direction"),
                format!("goal `{id}` is of kind {kind}, which cannot have this direction"),
                "kind constant goes with direction constant, the others with ascending or descending",
            );
        }
        Some(match kind {
            "ratio" => Measure::Ratio(self.quantity(id, section, false)),
            "cumulative" => Measure::Cumulative {
                quantity: self.quantity(id, section, false),
                basis: match section.text("basis").as_deref() {
                    Some("period") => Basis::Period,
                    _ => Basis::YearToDate,
                },
            },
            "stock" => {
                let from_baseline = section.flag("from_baseline").unwrap_or(false);
                if from_baseline && !section.has("baseline") {
                    self.error_hint(
                        "missing-key",
                        section.key_span("from_baseline"),
                        format!("goal `{id}` counts from a baseline that it does not have"),
                        "add baseline = …",
                    );
                }
                Measure::Stock {
                    quantity: self.quantity(id, section, from_baseline),
                    from_baseline,
                }
            }
            "constant" => self.band(section),
            "milestone" => Measure::Milestone,
            "process" => Measure::Process {
                steps: self.steps(section, window),
            },
            "narrative" => Measure::Narrative,
            _ => return None,
        })
    }

    fn quantity(&mut self, id: &str, section: &Section<'_>, from_baseline: bool) -> Quantity {
        let direction = match section.text("direction").as_deref() {
            Some("descending") => Direction::Descending,
            _ => Direction::Ascending,
        };
        let quantity = Quantity {
            target: section.number("target").unwrap_or(f64::NAN),
            baseline: section.number("baseline"),
            direction,
            planned: section.numbers_by_period("planned"),
        };
        for period in quantity.planned.keys() {
            self.same_frequency(*period, section.period_span("planned", *period));
        }
        self.sound_target(
            id,
            &quantity,
            from_baseline,
            section.span("target"),
            quantity.target,
        );
        let adjusted = section.section("adjusted_target");
        if let Some(value) = adjusted.as_ref().and_then(|a| a.number("value")) {
            let span = adjusted.map_or(section.place.clone(), |a| a.span("value"));
            self.sound_target(id, &quantity, from_baseline, span, value);
        }
        quantity
    }

    /// Definition errors that arithmetic makes: a target against which nothing can be
    /// measured.
    fn sound_target(
        &mut self,
        id: &str,
        quantity: &Quantity,
        from_baseline: bool,
        span: std::ops::Range<usize>,
        target: f64,
    ) {
        let descending = quantity.direction == Direction::Descending;
        let baseline = quantity.baseline.filter(|_| descending || from_baseline);
        let (code, message, hint) = if target.is_nan() {
            return;
        } else if baseline == Some(target) {
            (
                "baseline-is-target",
                "has a target equal to its baseline",
                "one of them is a slip",
            )
        } else if baseline.is_some_and(|b| (b < target) == descending) {
            (
                "target-behind-baseline",
                "has a target on the wrong side of its baseline",
                "check target, baseline and direction",
            )
        } else if target == 0.0 && !descending && baseline.is_none() {
            (
                "target-zero",
                "has the target 0, of which no percentage can be taken",
                "give the real target, or direction = \"descending\"",
            )
        } else if target < 0.0 && baseline.is_none() {
            (
                "target-negative",
                "has a target below 0, of which no percentage can be taken",
                "give a baseline, and from_baseline = true where it ascends",
            )
        } else {
            return;
        };
        self.error_hint(code, span, format!("goal `{id}` {message}"), hint);
    }

    fn band(&mut self, section: &Section<'_>) -> Measure {
        let band = section.section("band");
        let read = |key: &str| band.as_ref().and_then(|b| b.number(key)).unwrap_or(0.0);
        let (low, high) = (read("low"), read("high"));
        if low > high {
            self.error_hint(
                "range-reversed",
                section.span("band"),
                format!("the band's low {low} is above its high {high}"),
                "swap low and high",
            );
        }
        Measure::Constant { low, high }
    }

    fn steps(&mut self, section: &Section<'_>, window: Option<Window>) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let tables = section.list("steps");
        let ids: Vec<String> = tables.iter().map(|t| t.required_text("id")).collect();
        for table in &tables {
            let id = table.required_text("id");
            if steps.iter().any(|s| s.id == id) {
                self.error(
                    "duplicate",
                    table.span("id"),
                    format!("step \"{id}\" is there twice"),
                );
            }
            let weight = table.number("weight").unwrap_or(1.0);
            if weight <= 0.0 {
                let message = format!("step \"{id}\" has the weight {weight}; it must be above 0");
                self.error("out-of-range", table.span("weight"), message);
            }
            let after = table.text("after");
            if let Some(before) = &after {
                self.refers("step", before, table.span("after"), &ids);
            }
            let Some(due) = table.date("due") else {
                continue;
            };
            if let Some(window) = window
                && !(window.from.opening()..=window.to.date).contains(&due.date)
            {
                self.error_hint(
                    "step-outside-window",
                    table.span("due"),
                    format!("step \"{id}\" is due outside the process's window"),
                    "change the due date or the window",
                );
            }
            let title = table.required_text("title");
            steps.push(Step {
                id,
                title,
                due,
                weight,
                after,
            });
        }
        steps
    }

    fn recurrence(&mut self, id: &str, section: &Section<'_>, goal: &Goal) -> Option<Recurrence> {
        let Some(until) = section.date("recurs_until") else {
            if section.has("targets") {
                self.error_hint(
                    "missing-key",
                    section.key_span("targets"),
                    format!("goal `{id}` has targets by year, but does not recur"),
                    "add recurs_until = \"2027-12\"",
                );
            }
            return None;
        };
        if section.date("due").is_none_or(|due| due.date >= until.date) {
            self.error_hint(
                "recurrence",
                section.span("recurs_until"),
                format!("goal `{id}` ends recurring before its first due date, or has none"),
                "due is its first due date; recurs_until lies at least a year later",
            );
        }
        Some(Recurrence {
            until: until.date,
            targets: section.numbers_by_year("targets"),
            first: Occurrence {
                due: goal.due,
                window: goal.window,
                covers: goal.covers,
                target: goal.quantity().map(|quantity| quantity.target),
            },
        })
    }

    fn adjusted(&mut self, section: &Section<'_>) -> Option<AdjustedTarget> {
        let table = section.section("adjusted_target")?;
        Some(AdjustedTarget {
            value: table.number("value")?,
            date: opening(&table)?,
            reason: table.required_text("reason"),
            authority: table.required_text("authority"),
        })
    }

    fn changed(&mut self, section: &Section<'_>) -> Option<Changed> {
        let table = section.section("changed")?;
        Some(Changed {
            date: opening(&table)?,
            reason: table.required_text("reason"),
            authority: table.required_text("authority"),
        })
    }

    fn cancelled(&mut self, section: &Section<'_>) -> Option<Cancelled> {
        let table = section.section("cancelled")?;
        Some(Cancelled {
            date: opening(&table)?,
            reason: table.required_text("reason"),
            authority: table.required_text("authority"),
        })
    }
}

fn opening(table: &Section<'_>) -> Option<NaiveDate> {
    table.date("date").map(crate::period::DueDate::opening)
}

fn sheet(section: &Section<'_>) -> IndicatorSheet {
    IndicatorSheet {
        definition: section.text("definition"),
        dimension: section.text("dimension"),
        method: section.text("method"),
        frequency: section.text("frequency"),
        verification: section.text("verification"),
        baseline_year: section.unsigned("baseline_year"),
    }
}
