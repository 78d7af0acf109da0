//! What the ledger's rows are.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::edition_key::EditionKey;
use super::topic::{Occasion, Topic};
use crate::period::Period;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Frozen and waiting.
    Queued,
    /// A transaction is under way; the final dot has not been sent.
    Sending,
    /// The final dot may have been sent.
    DotIntent,
    /// The server took it.
    Accepted,
    /// To be tried again.
    Deferred,
    /// The server refused it for good.
    Rejected,
    /// Nobody knows whether the server took it: a person must decide.
    Ambiguous,
    /// The server took it, and a notice said later that it did not arrive.
    Bounced,
    /// A later edition was issued before this one went out.
    Superseded,
    /// Withdrawn.
    Cancelled,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Queued,
        Self::Sending,
        Self::DotIntent,
        Self::Accepted,
        Self::Deferred,
        Self::Rejected,
        Self::Ambiguous,
        Self::Bounced,
        Self::Superseded,
        Self::Cancelled,
    ];

    /// As the ledger and `--json` write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::DotIntent => "dot_intent",
            Self::Accepted => "accepted",
            Self::Deferred => "deferred",
            Self::Rejected => "rejected",
            Self::Ambiguous => "ambiguous",
            Self::Bounced => "bounced",
            Self::Superseded => "superseded",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether a delivery over `transport` may go from here to `to`.
    ///
    /// Only a reply, a broken pipe or a person leaves `dot_intent`; only a person leaves
    /// `ambiguous`, or says of what was deferred or rejected that it arrived all the same; only a
    /// notice of the mail system leaves `accepted`. Writing to the outbox has no doubtful moment, so
    /// there `sending` may become `accepted` directly.
    pub fn may_become(self, to: Self, transport: Transport) -> bool {
        use DeliveryState as S;
        match self {
            S::Queued => matches!(to, S::Sending | S::Superseded | S::Cancelled),
            S::Deferred => matches!(
                to,
                S::Sending | S::Queued | S::Accepted | S::Bounced | S::Superseded | S::Cancelled
            ),
            S::Sending => {
                matches!(to, S::DotIntent | S::Deferred | S::Rejected | S::Queued)
                    || (to == S::Accepted && transport == Transport::Outbox)
            }
            S::DotIntent => matches!(to, S::Accepted | S::Deferred | S::Rejected | S::Ambiguous),
            S::Ambiguous => {
                matches!(to, S::Accepted | S::Bounced | S::Queued | S::Superseded)
            }
            S::Rejected | S::Bounced => {
                matches!(to, S::Queued | S::Accepted | S::Superseded | S::Cancelled)
            }
            S::Accepted => to == S::Bounced,
            S::Superseded | S::Cancelled => false,
        }
    }
}

impl fmt::Display for DeliveryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for DeliveryState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("\"{text}\" is no state of a delivery"))
    }
}

/// How a message leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// To a server.
    Smtp,
    /// To a file in `state/outbox/`.
    Outbox,
}

impl Transport {
    /// As the ledger writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Smtp => "smtp",
            Self::Outbox => "outbox",
        }
    }
}

impl FromStr for Transport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "smtp" => Ok(Self::Smtp),
            "outbox" => Ok(Self::Outbox),
            _ => Err(format!("\"{text}\" is no transport")),
        }
    }
}

/// An edition, in the making or published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Edition {
    /// Which one.
    pub key: EditionKey,
    /// False while its files are being written.
    pub published: bool,
    /// Issued before the period's cutoff.
    pub preliminary: bool,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Why it corrects the one before it.
    pub reason: Option<String>,
    /// SHA-256 of its `manifest.json`; there once published.
    pub manifest_sha256: Option<String>,
    /// The text of its `results.json`; there once published.
    #[serde(skip)]
    pub results: Option<String>,
    /// Its folder, relative to the home with `/` where it lies below it; none: below `reports/`.
    pub directory: Option<String>,
    /// Recorded by `metas adopt` from its folder; nothing was sent.
    pub adopted: bool,
}

impl Edition {
    /// Where its folder lies, relative to the home with `/` where it lies below it.
    pub(crate) fn place(&self) -> String {
        let named = self.directory.clone();
        named.unwrap_or_else(|| self.key.folder())
    }
}

/// An edition that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEdition<'a> {
    /// Which one; its number is the one that the caller expects to be the next.
    pub key: EditionKey,
    /// Issued before the period's cutoff.
    pub preliminary: bool,
    /// Why it corrects the one before it.
    pub reason: Option<&'a str>,
    /// Its folder, as in [`Edition::directory`].
    pub directory: &'a str,
}

/// What is recorded when an edition's files are in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Publication {
    /// SHA-256 of `manifest.json`.
    pub manifest_sha256: String,
    /// The text of `results.json`.
    pub results: String,
    /// One a recipient.
    pub deliveries: Vec<NewDelivery>,
    /// Who released it, where it waited for that.
    pub release: Option<Release>,
}

/// A person's word that an edition may go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// SHA-256 of the PDF that the person saw.
    pub pdf_sha256: String,
    /// The person's name.
    pub by: String,
}

/// A message to be queued for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// What the message is about.
    pub topic: Topic,
    /// Bare address, as in `RCPT TO`.
    pub recipient: String,
    /// How it is expected to leave; settled anew when it does.
    pub transport: Transport,
    /// Its Message-ID with the angle brackets.
    pub message_id: String,
    /// The frozen message, relative to the home, with `/`.
    pub message_path: String,
    /// SHA-256 of the frozen message, in hex.
    pub message_sha256: String,
}

/// One recipient's message about one topic.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Delivery {
    /// What `metas deliver` calls it.
    pub id: i64,
    /// What it is about.
    pub topic: Topic,
    /// Bare address.
    pub recipient: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How it leaves or left.
    pub transport: Transport,
    /// Message-ID with the angle brackets.
    pub message_id: String,
    /// The frozen message, relative to the home.
    pub message_path: String,
    /// SHA-256 of the frozen message.
    pub message_sha256: String,
    /// Transactions begun.
    pub attempts: u32,
    /// Not before this.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What the server or the network said last.
    pub last_reply: Option<String>,
    /// In which step of the transaction.
    pub phase: Option<String>,
    /// When the row last changed.
    pub updated_at: DateTime<Utc>,
    /// The token of the run that has it in its hands, or had it last.
    #[serde(skip)]
    pub run: Option<String>,
}

/// Which deliveries; absent parts match all.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter {
    /// The plan's id.
    pub plan: Option<String>,
    /// The period.
    pub period: Option<Period>,
    /// The edition.
    pub edition: Option<u32>,
    /// The occasion.
    pub occasion: Option<Occasion>,
    /// Any of these states; empty: all.
    pub states: Vec<DeliveryState>,
}

/// What goes with a transition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    /// In which step.
    pub phase: Option<String>,
    /// What was said.
    pub reply: Option<String>,
    /// When to try again.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// How it leaves, where that is settled by this transition.
    pub transport: Option<Transport>,
}

/// One step in a delivery's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeliveryEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// From which state; none: it was queued.
    pub from: Option<DeliveryState>,
    /// To which.
    pub to: DeliveryState,
    /// In which step.
    pub phase: Option<String>,
    /// What was said.
    pub reply: Option<String>,
}

/// How a submission counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SubmissionState {
    /// In time.
    Received,
    /// After the cutoff.
    Late,
    /// With findings that block.
    Rejected,
}

impl SubmissionState {
    /// As the ledger writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Late => "late",
            Self::Rejected => "rejected",
        }
    }
}

impl FromStr for SubmissionState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Received, Self::Late, Self::Rejected]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("\"{text}\" is no state of a submission"))
    }
}

/// One version of a department's file; its identity is source, period and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubmissionRecord {
    /// The plan's id.
    pub plan: String,
    /// The period.
    pub period: Period,
    /// The source's id.
    pub source: String,
    /// The department's id.
    pub department: String,
    /// Path below `inputs/<period>/`.
    pub file: String,
    /// SHA-256 in hex.
    pub sha256: String,
    /// Bytes.
    pub size: i64,
    /// How it counts.
    pub state: SubmissionState,
}

/// A submission with when it was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenSubmission {
    /// What.
    pub submission: SubmissionRecord,
    /// First time.
    pub first_seen_at: DateTime<Utc>,
    /// Last time.
    pub last_seen_at: DateTime<Utc>,
}

/// What had arrived for a source and could not be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedVersion {
    /// The plan's id.
    pub plan: String,
    /// The period.
    pub period: Period,
    /// The source's id.
    pub source: String,
    /// The department that sent it.
    pub department: String,
    /// A name for exactly what it was.
    pub version: String,
}

/// A period that will never be reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skip {
    /// The period.
    pub period: Period,
    /// Why.
    pub reason: String,
    /// Since when.
    pub at: DateTime<Utc>,
}
