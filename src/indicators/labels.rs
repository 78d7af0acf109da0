//! Statuses and flags: a line each, with the id of `results.json` and the Spanish of the page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An enumeration of which each variant is one line: its id, how it is printed, and the fields of its
/// row.
macro_rules! table {
    (
        $(#[$about:meta])*
        $name:ident: $row:ident
        $($variant:ident = $id:tt, $label:tt $({ $($field:ident: $value:expr),+ $(,)? })?;)+
    ) => {
        $(#[$about])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub enum $name {
            $(
                #[doc = $label]
                #[serde(rename = $id)]
                $variant,
            )+
        }

        impl $name {
            /// Every one, in the order of the table.
            pub const ALL: [Self; [$($id),+].len()] = [$(Self::$variant),+];

            const fn row(self) -> $row {
                match self {
                    $(Self::$variant => $row { id: $id, label: $label $(, $($field: $value),+)? },)+
                }
            }

            /// Its id, as `results.json` writes it.
            pub const fn id(self) -> &'static str {
                self.row().id
            }

            /// How it is printed.
            pub const fn label(self) -> &'static str {
                self.row().label
            }
        }
    };
}

/// What there is to say of a status, apart from when a goal has it.
struct StatusRow {
    id: &'static str,
    label: &'static str,
    symbol: &'static str,
    /// Its word in a narrow column.
    short: &'static str,
    tone: StatusTone,
    weight: u8,
    /// Place among those that need attention.
    attention: Option<u8>,
    tally_place: u8,
    is_due: bool,
    reason: StatusReason,
    completion: StatusCompletion,
}

/// What a status says at first sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusTone {
    /// Done.
    Good,
    /// Going well.
    UnderWay,
    /// Going badly.
    Warning,
    /// Not reached.
    Bad,
    /// Nothing to judge.
    Neutral,
}

/// What the public is told of why a goal has a status, beside its figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusReason {
    /// The figures say it.
    Figures,
    /// Who decided to cancel it, when and why.
    Cancellation,
    /// When it is to begin.
    Begin,
    /// What is missing to compute it.
    Missing,
    /// When it was done, and when it should have been.
    Delay,
    /// When a process that is under way is to be.
    Window,
}

/// What a status says of how far a goal is completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StatusCompletion {
    /// Nothing was to be completed.
    None,
    /// Nobody knows.
    Unknown,
    /// Not begun.
    NotStarted,
    /// As far as its progress says.
    ByProgress,
    /// Done.
    Complete,
}

struct FlagRow {
    id: &'static str,
    label: &'static str,
}

table! {
    /// Status of a goal, in the order of its rules, which are `tests/indicators/rules.txt`.
    Status: StatusRow
    Cancelled = "cancelled", "Cancelada" {
        symbol: "–", short: "cancel", tone: StatusTone::Neutral, weight: 10, attention: None, tally_place: 11,
        is_due: false, reason: StatusReason::Cancellation, completion: StatusCompletion::NotStarted,
    };
    NotApplicable = "not-applicable", "Sin meta en el periodo" {
        symbol: "–", short: "n/a", tone: StatusTone::Neutral, weight: 0, attention: None, tally_place: 10,
        is_due: false, reason: StatusReason::Figures, completion: StatusCompletion::None,
    };
    Scheduled = "scheduled", "Programada" {
        symbol: "○", short: "sched", tone: StatusTone::Neutral, weight: 1, attention: None, tally_place: 9,
        is_due: false, reason: StatusReason::Begin, completion: StatusCompletion::NotStarted,
    };
    NoData = "no-data", "Sin información" {
        symbol: "?", short: "nodata", tone: StatusTone::Neutral, weight: 10, attention: Some(9), tally_place: 3,
        is_due: true, reason: StatusReason::Missing, completion: StatusCompletion::Unknown,
    };
    Met = "met", "Cumplida" {
        symbol: "✓", short: "met", tone: StatusTone::Good, weight: 2, attention: None, tally_place: 8,
        is_due: true, reason: StatusReason::Figures, completion: StatusCompletion::Complete,
    };
    MetLate = "met-late", "Cumplida con retraso" {
        symbol: "✓", short: "late", tone: StatusTone::Good, weight: 6, attention: Some(5), tally_place: 7,
        is_due: true, reason: StatusReason::Delay, completion: StatusCompletion::Complete,
    };
    NotMet = "not-met", "No cumplida" {
        symbol: "✗", short: "unmet", tone: StatusTone::Bad, weight: 9, attention: Some(1), tally_place: 0,
        is_due: true, reason: StatusReason::Figures, completion: StatusCompletion::ByProgress,
    };
    OnTrack = "on-track", "En tiempo" {
        symbol: "●", short: "track", tone: StatusTone::UnderWay, weight: 3, attention: None, tally_place: 6,
        is_due: true, reason: StatusReason::Figures, completion: StatusCompletion::ByProgress,
    };
    AtRisk = "at-risk", "Con riesgo" {
        symbol: "▲", short: "risk", tone: StatusTone::Warning, weight: 7, attention: Some(3), tally_place: 2,
        is_due: true, reason: StatusReason::Figures, completion: StatusCompletion::ByProgress,
    };
    Critical = "critical", "Crítico" {
        symbol: "■", short: "crit", tone: StatusTone::Bad, weight: 8, attention: Some(2), tally_place: 1,
        is_due: true, reason: StatusReason::Figures, completion: StatusCompletion::ByProgress,
    };
    NotStarted = "not-started", "No iniciada" {
        symbol: "○", short: "idle", tone: StatusTone::Neutral, weight: 5, attention: None, tally_place: 4,
        is_due: true, reason: StatusReason::Figures, completion: StatusCompletion::NotStarted,
    };
    InProgress = "in-progress", "En proceso" {
        symbol: "→", short: "going", tone: StatusTone::UnderWay, weight: 4, attention: None, tally_place: 5,
        is_due: true, reason: StatusReason::Window, completion: StatusCompletion::ByProgress,
    };
}

table! {
    /// Remark beside a status.
    Flag: FlagRow
    Reached = "reached", "Meta alcanzada a la fecha";
    Preliminary = "preliminary", "Cifra preliminar";
    Incomplete = "incomplete", "Información incompleta";
    NoCases = "no-cases", "Sin casos en el periodo";
    OverAchieved = "over-achieved", "Meta superada";
    Regressed = "regressed", "Retroceso frente a la línea base";
    Adjusted = "adjusted", "Meta ajustada";
    Corrected = "corrected", "Cifra corregida";
    NoEvidence = "no-evidence", "Sin evidencia";
}

impl Status {
    /// Whether something was to be measured of a goal with it in the period.
    pub const fn is_due(self) -> bool {
        self.row().is_due
    }

    /// Whether its goal is reached, in time or not.
    pub(crate) const fn is_met(self) -> bool {
        matches!(self.row().completion, StatusCompletion::Complete)
    }

    /// Stands beside the label, so that colour never stands alone. The bundled fonts have it.
    pub const fn symbol(self) -> &'static str {
        self.row().symbol
    }

    /// Its word in a narrow column of a terminal.
    pub(crate) const fn short(self) -> &'static str {
        self.row().short
    }

    /// What it says at first sight.
    pub(crate) const fn tone(self) -> StatusTone {
        self.row().tone
    }

    /// Its place among those that need attention, 1 the worst; none where it needs none.
    pub const fn attention(self) -> Option<u8> {
        self.row().attention
    }

    /// Its place where all are counted: what asks for attention, what is under way, what is done, and
    /// what there was nothing to say of.
    pub const fn tally_place(self) -> u8 {
        self.row().tally_place
    }

    /// Whether a goal with it is behind, so that people ask why.
    pub const fn is_behind(self) -> bool {
        self.row().attention.is_some() && self.is_judged()
    }

    /// Whether it says how a goal stands, so that it can be better or worse than another. What was
    /// not to be measured, or could not be, is neither.
    pub const fn is_judged(self) -> bool {
        self.is_due() && !matches!(self, Self::NoData)
    }

    /// How much it says against a goal. What can't be measured weighs least, so that no goal gets
    /// out of sight by a change; a goal without information, or cancelled, says so itself, with a
    /// reason, and weighs most.
    pub(crate) const fn weight(self) -> u8 {
        self.row().weight
    }

    /// What the public is told of why a goal has it.
    pub(crate) const fn reason(self) -> StatusReason {
        self.row().reason
    }

    /// What it says of how far a goal is completed.
    pub(crate) const fn completion(self) -> StatusCompletion {
        self.row().completion
    }
}
