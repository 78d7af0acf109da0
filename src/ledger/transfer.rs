//! A home's ledger from its file to a server.

use super::copy;
use super::copy::RowCounts;
use super::database::Ledger;
use super::driver::Transaction;
use super::error::LedgerError;
use crate::diagnostic::Diagnostic;

/// What a copy of a ledger came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopiedLedger {
    /// How many rows of each table.
    pub rows: RowCounts,
    /// All of them were there already, from a copy that was broken off after it was made.
    pub was_there: bool,
}

impl Ledger {
    /// Copies every row of this ledger, which is a file, to one on a server that has none: all or
    /// nothing. What was written is read again and compared.
    ///
    /// # Errors
    /// `ledger-not-empty` where the other one holds something else.
    pub fn copy_to(&self, server: &Self) -> Result<CopiedLedger, LedgerError> {
        let (from, to) = (self.database.as_ref(), server.database.as_ref());
        let whole = Transaction::begin(to)?;
        if copy::counted(to)?.values().all(|rows| *rows == 0) {
            let rows = copy::within(from, to, from)?;
            crate::failpoint::hit("ledger-copied");
            whole.commit()?;
            return Ok(CopiedLedger {
                rows,
                was_there: false,
            });
        }
        match copy::compared(from, to, from)? {
            Some(rows) => Ok(CopiedLedger {
                rows,
                was_there: true,
            }),
            None => Err(not_empty(&to.place()).into()),
        }
    }

    /// Whether it holds nothing at all.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn is_empty(&self) -> Result<bool, LedgerError> {
        let counts = copy::counted(self.database.as_ref())?;
        Ok(counts.values().all(|rows| *rows == 0))
    }
}

/// A server that knows of a home what a copy would mix with.
fn not_empty(place: &str) -> Diagnostic {
    Diagnostic::error(
        "ledger-not-empty",
        format!("the ledger in {place} holds something already"),
    )
    .hint("Nothing was copied. Give the home another name on the server, METAS_LEDGER_HOME=NAME; or, where what the server holds is worth nothing, an operator of the database removes it: SELECT metas.forget_home('NAME').")
}
