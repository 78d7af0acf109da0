//! What has been told in full, so that an hourly run says it once, and what was seen missing.

use chrono::{DateTime, Utc};

use super::database::{Ledger, stamp};
use super::error::LedgerError;
use super::value::params;
use crate::period::Period;

impl Ledger {
    /// Remembers that `content` is told now for `cause`. Gives the moment at which the same
    /// content was told first; none where it is news.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn told_before(
        &mut self,
        cause: &str,
        content: &str,
        at: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, LedgerError> {
        let tx = self.write()?;
        let before = tx.first(
            "SELECT first_told_at FROM notices WHERE cause = :cause AND content = :content",
            params! {":cause": cause, ":content": content},
            |row| row.parsed("first_told_at"),
        )?;
        tx.execute(
            "INSERT INTO notices VALUES (:cause, :content, :at, :at)
             ON CONFLICT (cause) DO UPDATE SET last_told_at = excluded.last_told_at,
                 first_told_at = CASE notices.content WHEN excluded.content THEN notices.first_told_at
                                 ELSE excluded.first_told_at END,
                 content = excluded.content",
            params! {":cause": cause, ":content": content, ":at": stamp(at)},
        )
        .and_then(|_| tx.commit())?;
        Ok(before)
    }

    /// Forgets that `cause` was told: it is over, and would be news if it came back.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn forget_notice(&mut self, cause: &str) -> Result<(), LedgerError> {
        let tx = self.write()?;
        Ok(tx
            .execute(
                "DELETE FROM notices WHERE cause = :cause",
                params! {":cause": cause},
            )
            .and_then(|_| tx.commit())?)
    }

    /// Notes that a department's file was not there at or after its deadline; the first such
    /// sight stays. A file of which any version was seen before is not absent: programs save by
    /// deleting and renaming, and a file that was taken away was delivered all the same.
    ///
    /// # Errors
    /// The ledger cannot be written.
    pub fn record_absences(
        &mut self,
        (plan, period): (&str, Period),
        absent: &[(&str, &str)],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        if absent.is_empty() {
            return Ok(());
        }
        let tx = self.write()?;
        for (source, department) in absent {
            tx.execute(
                "INSERT INTO absences SELECT :plan, :period, :source, :department, :at
             WHERE NOT EXISTS (SELECT 1 FROM submissions WHERE plan = :plan AND period = :period
                 AND source = :source AND department = :department)
             ON CONFLICT DO NOTHING",
                params! {":plan": plan, ":period": period.to_string(), ":source": source,
                ":department": department, ":at": stamp(at)},
            )?;
        }
        Ok(tx.commit()?)
    }

    /// Sources and departments whose file was not there at the deadline of a period.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn absences(
        &self,
        plan: &str,
        period: Period,
    ) -> Result<Vec<(String, String)>, LedgerError> {
        Ok(self.database.select(
            "SELECT source, department FROM absences WHERE plan = :plan
                     AND period = :period ORDER BY source, department",
            params! {":plan": plan, ":period": period.to_string()},
            |row| Ok((row.get("source")?, row.get("department")?)),
        )?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::ledger::on_both::{TestDatabase, on_both};
    use crate::ledger::tests::submission;

    fn at(hour: u32) -> DateTime<Utc> {
        format!("2026-04-06T{hour:02}:00:00Z").parse().unwrap()
    }

    fn the_same_is_told_once_and_news_again(kept: TestDatabase) {
        let home = tempfile::tempdir().unwrap();
        let mut ledger = kept.open(home.path());
        let mut told = |content: &str, hour: u32| {
            let told = ledger.told_before("held/p/2026-T1", content, at(hour));
            told.unwrap()
        };
        assert_eq!(told("late", 1), None);
        assert_eq!(told("late", 2), Some(at(1)));
        assert_eq!(told("empty", 3), None);
        assert_eq!(told("empty", 4), Some(at(3)));
        ledger.forget_notice("held/p/2026-T1").unwrap();
        let again = ledger.told_before("held/p/2026-T1", "empty", at(5));
        assert_eq!(again.unwrap(), None);
    }

    fn only_a_file_that_nobody_ever_saw_is_absent(kept: TestDatabase) {
        let home = tempfile::tempdir().unwrap();
        let mut ledger = kept.open(home.path());
        let period: Period = "2026-T1".parse().unwrap();
        ledger.record_submissions(&[submission()], at(1)).unwrap();
        let absent = [("acuerdos", "ds"), ("acuerdos", "otra")];
        ledger
            .record_absences(("p", period), &absent, at(2))
            .unwrap();
        assert_eq!(
            ledger.absences("p", period).unwrap(),
            [("acuerdos".to_owned(), "otra".to_owned())]
        );
    }

    on_both! {
        the_same_is_told_once_and_news_again,
        only_a_file_that_nobody_ever_saw_is_absent,
    }
}
