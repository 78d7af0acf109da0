//! Where a definition is not what was published of a goal, and what of it stays published.

use sqlparser::dialect::GenericDialect;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::commitment::Commitment;
use super::committed::{CommitmentKey, CommittedValue};
use super::{AdjustedTarget, Changed};

/// A key of a goal that is not what was published.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The key.
    pub key: CommitmentKey,
    /// What was published.
    pub before: CommittedValue,
    /// What the definition says now.
    pub after: CommittedValue,
    /// Who decided, where the definition says so.
    pub decided: Option<Changed>,
}

impl Commitment {
    /// The target of the instance that falls due in `year`; the only one's where it does not recur.
    fn target_of(&self, year: Option<i32>) -> Option<f64> {
        year.and_then(|year| self.targets.get(&year).copied())
            .or(self.target)
    }

    /// Where `now`, the definition, is not what was published here.
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        // A word that was there before was given for another change.
        let new = |now: Option<Changed>, before: Option<Changed>| {
            now.filter(|now| before.as_ref() != Some(now))
        };
        let of_target = new(
            now.adjusted_target.as_ref().map(decision),
            self.adjusted_target.as_ref().map(decision),
        );
        let of_all = new(now.changed.clone(), self.changed.clone());
        let changed = CommitmentKey::OF_A_GOAL
            .into_iter()
            .filter(|key| !self.is_same(*key, now));
        let difference = |key: CommitmentKey| {
            let of_target = of_target.clone().filter(|_| key.is_of_the_target());
            Difference {
                key,
                before: key.value(self),
                after: key.value(now),
                decided: of_target.or_else(|| of_all.clone()),
            }
        };
        changed.map(difference).collect()
    }

    fn is_same(&self, key: CommitmentKey, now: &Self) -> bool {
        if key.value(self) == key.value(now) {
            return true;
        }
        // What is written otherwise may still say the same.
        match key {
            CommitmentKey::Statement => words(&self.statement) == words(&now.statement),
            CommitmentKey::Query => tokens(self.query.as_deref()) == tokens(now.query.as_deref()),
            // A later year's target is set when that year comes.
            CommitmentKey::Targets => self.target_of(self.year) == now.target_of(self.year),
            _ => false,
        }
    }

    /// What remains published: `now`, but for the keys of `differences` that nobody decided on.
    pub fn kept(&self, now: &Self, differences: &[Difference]) -> Self {
        let mut merged = now.clone();
        for difference in differences.iter().filter(|d| d.decided.is_none()) {
            difference.key.copy(self, &mut merged);
        }
        merged
    }
}

fn decision(adjusted: &AdjustedTarget) -> Changed {
    Changed {
        date: adjusted.date,
        reason: adjusted.reason.clone(),
        authority: adjusted.authority.clone(),
    }
}

/// Line breaks and spaces are no change.
fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// A query without its spaces and comments.
fn tokens(query: Option<&str>) -> Vec<Token> {
    let tokens = query.map(|sql| Tokenizer::new(&GenericDialect {}, sql).tokenize());
    let mut tokens = tokens.and_then(Result::ok).unwrap_or_default();
    tokens.retain(|token| !matches!(token, Token::Whitespace(_)));
    tokens
}
