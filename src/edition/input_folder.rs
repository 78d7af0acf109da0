//! The drop folder that a command reads: which one, and what earlier runs saw there.

use std::path::PathBuf;

use super::earlier;
use crate::dropbox::Submission;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::Ledger;
use crate::period::Period;

/// A drop folder.
#[derive(Debug)]
pub(crate) struct InputFolder {
    /// Where it lies.
    pub path: PathBuf,
    /// What earlier runs saw in it: what is gone now is read from the archive.
    pub earlier: Vec<Submission>,
}

impl InputFolder {
    /// The folder that is named, else the period's own. Another folder than that one is looked at
    /// for the first time.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub(crate) fn of(
        home: &Home,
        ledger: Option<&Ledger>,
        (plan, period): (&str, Period),
        named: Option<&PathBuf>,
    ) -> Result<Self, CommandError> {
        let earlier = match (named, ledger) {
            (None, Some(ledger)) => earlier::seen(home, ledger, plan, period)?,
            _ => Vec::new(),
        };
        Ok(Self {
            path: named.cloned().unwrap_or_else(|| home.inputs(period)),
            earlier,
        })
    }
}
