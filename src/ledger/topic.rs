//! What a message is about: the occasion that it is written on, and which one.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::edition_key::EditionKey;
use crate::period::Period;

/// Why a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    /// An edition, to the recipients of the plan.
    Report,
    /// The pages of a department's goals, to its liaison.
    Slice,
    /// What became of files that a department sent, to its liaison.
    Receipt,
    /// What is missing, to a liaison.
    Reminder,
    /// An edition that waits to be released, to those who may.
    Approval,
    /// Something is wrong, or right again, to the operator.
    Alert,
}

impl Occasion {
    /// Every occasion.
    pub const ALL: [Self; 6] = [
        Self::Report,
        Self::Slice,
        Self::Receipt,
        Self::Reminder,
        Self::Approval,
        Self::Alert,
    ];

    /// As the ledger, `--json` and the folders of the outbox write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Slice => "slice",
            Self::Receipt => "receipt",
            Self::Reminder => "reminder",
            Self::Approval => "approval",
            Self::Alert => "alert",
        }
    }

    /// Whether the message carries an edition's figures to those who present them. What becomes of
    /// such a message a person must know and decide; that a notice did not arrive is told, and
    /// holds nothing up.
    pub fn carries_an_edition(self) -> bool {
        match self {
            Self::Report | Self::Slice => true,
            Self::Receipt | Self::Reminder | Self::Approval | Self::Alert => false,
        }
    }
}

impl fmt::Display for Occasion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Occasion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|occasion| occasion.as_str() == text)
            .ok_or_else(|| format!("\"{text}\" is no occasion for a message"))
    }
}

/// What a message is about. A recipient has one message a topic.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Topic {
    /// Why it is written.
    pub occasion: Occasion,
    /// The plan whose sender and server carry it.
    pub plan: String,
    /// The period that it speaks of; none where it speaks of several or of none.
    pub period: Option<Period>,
    /// The edition, of a report or slice.
    pub edition: Option<u32>,
    /// Which of the plan's messages on this occasion: `2026-T1/v2`, or what the occasion knows it
    /// by.
    pub about: String,
}

impl Topic {
    /// An edition's message.
    pub fn edition(occasion: Occasion, key: &EditionKey) -> Self {
        Self {
            occasion,
            plan: key.plan.clone(),
            period: Some(key.period),
            edition: Some(key.edition),
            about: format!("{}/v{}", key.period, key.edition),
        }
    }

    /// A message that carries no edition.
    pub fn notice(occasion: Occasion, plan: &str, period: Option<Period>, about: String) -> Self {
        Self {
            occasion,
            plan: plan.to_owned(),
            period,
            edition: None,
            about,
        }
    }

    /// The edition that it carries.
    pub fn edition_key(&self) -> Option<EditionKey> {
        Some(EditionKey {
            plan: self.plan.clone(),
            period: self.period?,
            edition: self.edition?,
        })
    }

    /// Its plan, and its period and edition where it has them: `pamga 2026-T1 v2`.
    pub fn name(&self) -> String {
        let mut name = self.plan.clone();
        if let Some(period) = self.period {
            name.push_str(&format!(" {period}"));
        }
        if let Some(edition) = self.edition {
            name.push_str(&format!(" v{edition}"));
        }
        name
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_occasion_is_read_as_it_is_written() {
        for occasion in Occasion::ALL {
            assert_eq!(occasion.as_str().parse::<Occasion>().unwrap(), occasion);
        }
        assert!("reports".parse::<Occasion>().is_err());
    }
}
