//! How a command ends: one exit code for each kind of end, as the README lists them.

use crate::correspondence::CorrespondenceError;
use crate::delivery::DeliveryError;
use crate::diagnostic::Diagnostic;
use crate::ledger::LedgerError;
use crate::store::ObjectError;
use crate::store::error::StoreError;

/// Why a command ended as it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExitStatus {
    /// Done, or nothing due.
    Done,
    /// The command line asks for what is not there.
    Usage,
    /// A person must decide.
    Held,
    /// Findings block.
    Findings,
    /// A fault of metas itself.
    Internal,
    /// Try again later.
    Later,
    /// The definition or the environment is wrong.
    Environment,
}

impl ExitStatus {
    /// Each of them, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Usage,
        Self::Held,
        Self::Findings,
        Self::Internal,
        Self::Later,
        Self::Environment,
    ];

    /// What it says to who ran the command, and what it asks for.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Done => "Done, or nothing was due.",
            Self::Usage => "The command line asks for what is not there: see --help.",
            Self::Held => {
                "Held: a person must decide, for example on a message that may have been sent, a \
                 clock that jumped, or an edition that waits for approval. The message names the \
                 command that goes on."
            }
            Self::Findings => {
                "Findings block: files are missing or cannot be used. The departments mend them."
            }
            Self::Internal => "A fault of metas itself: please report it with what it printed.",
            Self::Later => {
                "Try again later: another run holds the lock, mail was deferred, or the machine \
                 lacked something. The next run of the timer does so by itself."
            }
            Self::Environment => {
                "The definition or the environment is wrong: the message gives file, line and caret."
            }
        }
    }

    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 2,
            Self::Held => 3,
            Self::Findings => 65,
            Self::Internal => 70,
            Self::Later => 75,
            Self::Environment => 78,
        }
    }

    /// The end that an exit code tells of.
    pub fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// The end of two things done one after the other: what needs a person soonest wins.
    pub fn and(self, other: Self) -> Self {
        let weight = |status: Self| match status {
            Self::Done => 0,
            Self::Later => 1,
            Self::Held => 2,
            Self::Findings => 3,
            Self::Usage => 4,
            Self::Environment => 5,
            Self::Internal => 6,
        };
        if weight(other) > weight(self) {
            other
        } else {
            self
        }
    }
}

/// A command that could not go on.
#[derive(Debug, Clone)]
pub(crate) struct CommandError {
    /// The kind of end.
    pub status: ExitStatus,
    /// What to tell.
    pub diagnostics: Vec<Diagnostic>,
}

impl CommandError {
    /// A stop with one diagnostic.
    pub(crate) fn new(status: ExitStatus, diagnostic: Diagnostic) -> Self {
        Self {
            status,
            diagnostics: vec![diagnostic],
        }
    }

    /// The command line is wrong.
    pub(crate) fn usage(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(
            ExitStatus::Usage,
            Diagnostic::error(code, message).hint(hint),
        )
    }

    /// The environment is wrong.
    pub(crate) fn environment(diagnostic: Diagnostic) -> Self {
        Self::new(ExitStatus::Environment, diagnostic)
    }

    /// The environment is wrong in several things.
    pub(crate) fn of_all(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            status: ExitStatus::Environment,
            diagnostics,
        }
    }

    /// A file or folder that cannot be used: now, or until somebody puts it right.
    pub(crate) fn io(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let status = if crate::store::regular::is_passing(error) {
            ExitStatus::Later
        } else {
            ExitStatus::Environment
        };
        Self::new(status, io_error(doing, path, error))
    }
}

impl From<LedgerError> for CommandError {
    fn from(error: LedgerError) -> Self {
        let status = match &error {
            LedgerError::Busy(_) | LedgerError::InUse(_) => ExitStatus::Later,
            LedgerError::Unknown(_) => ExitStatus::Usage,
            LedgerError::Failed(_) | LedgerError::Transition(_) | LedgerError::Refused(_) => {
                ExitStatus::Environment
            }
        };
        Self::new(status, error.into())
    }
}

impl From<DeliveryError> for CommandError {
    fn from(error: DeliveryError) -> Self {
        let status = match error {
            DeliveryError::Ledger(error) => return error.into(),
            DeliveryError::NothingToSettle(_) => ExitStatus::Usage,
            DeliveryError::NotABounce(_) => ExitStatus::Findings,
            DeliveryError::EditionMissing(_) => ExitStatus::Held,
            DeliveryError::Later(_) => ExitStatus::Later,
            DeliveryError::Address(_) | DeliveryError::Unusable(_) => ExitStatus::Environment,
        };
        Self::new(status, error.into())
    }
}

impl From<CorrespondenceError> for CommandError {
    fn from(error: CorrespondenceError) -> Self {
        Self::new(ExitStatus::Internal, error.into())
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::io(error.doing, &error.path, &error.source)
    }
}

impl From<ObjectError> for CommandError {
    fn from(error: ObjectError) -> Self {
        let status = if error.is_passing() {
            ExitStatus::Later
        } else {
            ExitStatus::Environment
        };
        Self::new(status, error.into())
    }
}

/// A file or folder that cannot be used, as a diagnostic.
pub(crate) fn io_error(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Diagnostic {
    use std::io::ErrorKind;
    let hint = match error.kind() {
        ErrorKind::PermissionDenied => "check the owner and the mode of the file and its folder",
        ErrorKind::NotFound => "check that the path exists",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "make room on the disk and run again",
        _ if crate::store::regular::is_passing(error) => {
            "nothing was left half done; run again, and if it comes back look at this user's limits (ulimit -a) and at the share"
        }
        ErrorKind::ReadOnlyFilesystem => "choose a folder that can be written",
        _ => "put it right and run again; nothing was left half done",
    };
    Diagnostic::error("io", format!("cannot {doing} {}: {error}", path.display())).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::ExitStatus::{self, Done, Environment, Findings, Held, Internal, Later, Usage};

    #[test]
    fn of_two_ends_the_one_that_needs_a_person_soonest_wins() {
        let rising = [Done, Later, Held, Findings, Usage, Environment, Internal];
        for (lower, higher) in rising.iter().zip(&rising[1..]) {
            assert_eq!(lower.and(*higher), *higher);
            assert_eq!(higher.and(*lower), *higher);
        }
        assert_eq!(rising.map(ExitStatus::code), [0, 75, 3, 65, 2, 78, 70]);
    }
}
