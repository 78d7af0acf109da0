//! What must be told of each goal: its statement, and near it its value and its status.

use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::results::{GoalEntry, GoalShown, Results};

const WAY_OUT: &str = "the template must print every goal's statement with its value and status, \
                       and not as decoration";

/// What a document must tell of a goal, as printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoalText {
    /// The goal as published.
    pub statement: String,
    /// What was measured, where something was: as headlines print it, and with its decimals. One of
    /// them must be told.
    pub values: Vec<String>,
    /// The status in words.
    pub status: String,
}

/// What each goal's texts are in a document.
pub fn goal_texts(results: &Results) -> Vec<GoalText> {
    let one = |goal: &GoalEntry| GoalText {
        statement: goal.statement.clone(),
        values: values(&goal.shown),
        status: goal.shown.status.clone(),
    };
    results.goals.iter().map(one).collect()
}

fn values(shown: &GoalShown) -> Vec<String> {
    let exact = shown.number.as_ref().map(|number| {
        let unit = shown.number_unit.as_deref().unwrap_or_default();
        format!("{number}{unit}")
    });
    shown.actual_value.iter().cloned().chain(exact).collect()
}

/// The text of a document, ready for looking things up.
struct Told {
    /// Everything but spaces, in one case.
    all: String,
    /// Letters and digits only: line breaks, footnote marks and capitals do not count.
    letters: String,
    /// Where in `all` each byte of `letters` stands; at its end, the end of `all`.
    places: Vec<usize>,
    /// Places in `all` where a space was, so that two numbers side by side stay two.
    gaps: BTreeSet<usize>,
}

impl Told {
    fn new(text: &str) -> Self {
        let mut all = String::with_capacity(text.len());
        let mut gaps = BTreeSet::new();
        for c in text.chars().flat_map(char::to_lowercase) {
            if c.is_whitespace() {
                gaps.insert(all.len());
            } else {
                all.push(c);
            }
        }
        let mut letters = String::with_capacity(all.len());
        let mut places = Vec::with_capacity(all.len() + 1);
        for (at, c) in all.char_indices().filter(|(_, c)| is_compared(*c)) {
            letters.push(c);
            places.extend(std::iter::repeat_n(at, c.len_utf8()));
        }
        places.push(all.len());
        Self {
            all,
            letters,
            places,
            gaps,
        }
    }

    /// Byte ranges of `letters` where a statement stands.
    fn occurrences(&self, statement: &str) -> Vec<(usize, usize)> {
        let expected = letters(statement);
        if expected.is_empty() {
            return Vec::new();
        }
        let found = memmem::find_iter(self.letters.as_bytes(), expected.as_bytes());
        found.map(|at| (at, at + expected.len())).collect()
    }

    /// What stands before and after a statement, as far as the next ones, as ranges of `all`.
    fn around(&self, (start, end): (usize, usize), others: &[(usize, usize)]) -> [Range<usize>; 2] {
        let before = others.iter().map(|at| at.1).filter(|to| *to <= start).max();
        let after = others
            .iter()
            .map(|at| at.0)
            .filter(|from| *from >= end)
            .min();
        let place = |at: usize| self.places.get(at).copied().unwrap_or(self.all.len());
        [
            place(before.unwrap_or(0))..place(start),
            place(end)..place(after.unwrap_or(self.letters.len())),
        ]
    }

    /// Whether a part says a value or status; a number must be a whole one.
    fn says(&self, part: &Range<usize>, shown: &str) -> bool {
        let expected = folded(shown);
        let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let text = self.all.get(part.clone()).unwrap_or_default();
        text.match_indices(&expected).any(|(at, found)| {
            let (from, to) = (part.start + at, part.start + at + found.len());
            let before = self.all.get(..from).unwrap_or_default().chars().next_back();
            let after = self.all.get(to..).unwrap_or_default().chars().next();
            let joined_before = digit(before) && digit(expected.chars().next());
            let joined_after = digit(after) && digit(expected.chars().next_back());
            (!joined_before || self.gaps.contains(&from))
                && (!joined_after || self.gaps.contains(&to))
        })
    }
}

/// An error for each goal of which a document does not tell what it must.
pub(in crate::report) fn untold(text: &str, goals: &[GoalText], what: &str) -> Vec<Diagnostic> {
    let told = Told::new(text);
    let places: Vec<Vec<(usize, usize)>> = goals
        .iter()
        .map(|goal| told.occurrences(&goal.statement))
        .collect();
    let all: Vec<(usize, usize)> = places.iter().flatten().copied().collect();
    let mut found = Vec::new();
    let mut missing = |told: &str| {
        let fault = Diagnostic::error("not-in-report", format!("{what} does not say {told}"));
        found.push(fault.hint(WAY_OUT));
    };
    for (index, goal) in goals.iter().enumerate() {
        let own = places.get(index).map_or(&[][..], Vec::as_slice);
        if own.is_empty() {
            if !letters(&goal.statement).is_empty() {
                missing(&format!("\"{}\"", goal.statement));
            }
            continue;
        }
        let near: Vec<[Range<usize>; 2]> = own.iter().map(|at| told.around(*at, &all)).collect();
        let said = |shown: &String| near.iter().flatten().any(|near| told.says(near, shown));
        let status = std::slice::from_ref(&goal.status);
        for (part, forms) in [("value", goal.values.as_slice()), ("status", status)] {
            if let Some(shown) = forms.first()
                && !forms.iter().any(said)
            {
                missing(&format!(
                    "the {part} \"{shown}\" near \"{}\"",
                    goal.statement
                ));
            }
        }
    }
    found
}

fn folded(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Scripts that run from right to left come out of a PDF in the order in which they are drawn,
/// so only what is written in Latin letters is compared.
fn is_compared(c: char) -> bool {
    c.is_alphanumeric() && u32::from(c) < 0x250
}

fn letters(text: &str) -> String {
    folded(text).chars().filter(|c| is_compared(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(statement: &str, value: Option<&str>, status: &str) -> GoalText {
        GoalText {
            statement: statement.to_owned(),
            values: value.map(str::to_owned).into_iter().collect(),
            status: status.to_owned(),
        }
    }

    #[test]
    fn values_and_statuses_belong_to_their_statement() {
        let goals = [
            goal("Reparar el 80% de los baches.", Some("50%"), "No cumplida"),
            goal("Limpiar diez parques.", None, "Cumplida con retraso"),
        ];
        for (text, missing) in [
            (
                "Reparar el 80 % de los BACHES* 50% No cumplida. Limpiar diez parques: Cumplida con retraso",
                0,
            ),
            (
                "50 % No cumplida: reparar el 80% de los baches. Cumplida con retraso: limpiar diez parques",
                0,
            ),
            (
                "Reparar el 80% de los baches. Limpiar diez parques. 50% No cumplida, Cumplida con retraso",
                2,
            ),
            (
                "Reparar el 80% de los baches. 150% No cumplida. Limpiar diez parques. Cumplida con retraso",
                1,
            ),
            (
                "Reparar el 80% de los baches. 50% Cumplida. Limpiar diez parques. Cumplida",
                2,
            ),
            (
                "Reparar los baches. 50% No cumplida. Limpiar diez parques. Cumplida con retraso",
                1,
            ),
            ("", 2),
        ] {
            let found = untold(text, &goals, "the report");
            assert_eq!(found.len(), missing, "{text}: {found:?}");
        }
        assert!(untold("x", &[goal("дорога", Some("1"), "Cumplida")], "x").is_empty());
    }
}
