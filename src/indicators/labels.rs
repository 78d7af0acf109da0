//! Statuses and flags: a line each, with the id of `results.json` and the Spanish of the page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An enumeration of which each variant is one line: its id, how it is printed, and more columns
/// that the types above name.
macro_rules! table {
    (
        $(#[$about:meta])*
        $name:ident: $row:ident
        $($variant:ident = $id:tt, $label:tt $(, $more:expr)*;)+
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
                    $(Self::$variant => $row($id, $label $(, $more)*),)+
                }
            }

            /// Its id, as `results.json` writes it.
            pub const fn id(self) -> &'static str {
                self.row().0
            }

            /// How it is printed.
            pub const fn label(self) -> &'static str {
                self.row().1
            }
        }
    };
}

/// Id, label, symbol, weight, place among those that need attention, place in a tally, the word in
/// a narrow column, tone.
struct StatusRow(
    &'static str,
    &'static str,
    &'static str,
    u8,
    Option<u8>,
    u8,
    &'static str,
    StatusTone,
);

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

/// Id, label.
struct FlagRow(&'static str, &'static str);

table! {
    /// Status of a goal, in the order of its rules, which are `tests/indicators/rules.txt`.
    Status: StatusRow
    Cancelled = "cancelled", "Cancelada", "–", 10, None, 11, "cancel", StatusTone::Neutral;
    NotApplicable = "not-applicable", "Sin meta en el periodo", "–", 0, None, 10, "n/a", StatusTone::Neutral;
    Scheduled = "scheduled", "Programada", "○", 1, None, 9, "sched", StatusTone::Neutral;
    NoData = "no-data", "Sin información", "?", 10, Some(9), 3, "nodata", StatusTone::Neutral;
    Met = "met", "Cumplida", "✓", 2, None, 8, "met", StatusTone::Good;
    MetLate = "met-late", "Cumplida con retraso", "✓", 6, Some(5), 7, "late", StatusTone::Good;
    NotMet = "not-met", "No cumplida", "✗", 9, Some(1), 0, "unmet", StatusTone::Bad;
    OnTrack = "on-track", "En tiempo", "●", 3, None, 6, "track", StatusTone::UnderWay;
    AtRisk = "at-risk", "Con riesgo", "▲", 7, Some(3), 2, "risk", StatusTone::Warning;
    Critical = "critical", "Crítico", "■", 8, Some(2), 1, "crit", StatusTone::Bad;
    NotStarted = "not-started", "No iniciada", "○", 5, None, 4, "idle", StatusTone::Neutral;
    InProgress = "in-progress", "En proceso", "→", 4, None, 5, "going", StatusTone::UnderWay;
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
        match self {
            Self::Cancelled | Self::NotApplicable | Self::Scheduled => false,
            Self::NoData
            | Self::Met
            | Self::MetLate
            | Self::NotMet
            | Self::OnTrack
            | Self::AtRisk
            | Self::Critical
            | Self::NotStarted
            | Self::InProgress => true,
        }
    }

    /// Stands beside the label, so that colour never stands alone. The bundled fonts have it.
    pub const fn symbol(self) -> &'static str {
        self.row().2
    }

    /// Its word in a narrow column of a terminal.
    pub(crate) const fn short(self) -> &'static str {
        self.row().6
    }

    /// What it says at first sight.
    pub(crate) const fn tone(self) -> StatusTone {
        self.row().7
    }

    /// Its place among those that need attention, 1 the worst; none where it needs none.
    pub const fn attention(self) -> Option<u8> {
        self.row().4
    }

    /// Its place where all are counted: what asks for attention, what is under way, what is done, and
    /// what there was nothing to say of.
    pub const fn tally_place(self) -> u8 {
        self.row().5
    }

    /// Whether a goal with it is behind, so that people ask why.
    pub const fn is_behind(self) -> bool {
        self.row().4.is_some() && self.is_judged()
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
        self.row().3
    }
}
