//! Receipts: what became of each file version that a department sent, to its liaison. One message a
//! department and run, whenever a file has settled, before the deadline and after.

use chrono::{DateTime, NaiveDateTime};
use chrono_tz::Tz;
use indexmap::IndexMap;

use super::notice::{MessageFile, Writer};
use super::reading;
use super::reading::PeriodReading;
use super::receipt_attachments;
use super::refused_files;
use super::returned_workbooks::KeptWorkbook;
use super::submissions;
use crate::console::Console;
use crate::correspondence;
use crate::correspondence::{
    FileOutcome, GoalLine, NewVersion, Receipt, ReceivedFile, ReturnedWorkbook,
};
use crate::diagnostic::Diagnostic;
use crate::dropbox::Refused;
use crate::exit::CommandError;
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{
    Edition, Ledger, NewDelivery, Occasion, RefusedVersion, SeenSubmission, SubmissionRecord,
    SubmissionState, Topic,
};
use crate::period::Period;
use crate::plan::Plan;
use crate::results::{SourceState, SourceStatus};

/// A period's receipts in one run.
pub(crate) struct Receipts<'a> {
    /// The one place that prints.
    pub console: &'a Console,
    /// The home.
    pub home: &'a Home,
    /// The plan.
    pub plan: &'a Plan,
    /// The period.
    pub period: Period,
    /// The moment, in the plan's zone.
    pub now: DateTime<Tz>,
}

impl Receipts<'_> {
    /// Queues the receipts that are owed, and those of what was `refused` and not told yet. `known` is
    /// what this run has read of the period already; where it has read nothing, the files are read now.
    ///
    /// # Errors
    /// The folder, the archive or the ledger cannot be used; what is owed stays owed.
    pub(crate) fn queue(
        &self,
        ledger: &mut Ledger,
        known: Option<PeriodReading>,
        refused: &[Refused],
    ) -> Result<(), CommandError> {
        let owed = ledger.receipts_owed(&self.plan.plan.id, self.period)?;
        let refused = refused_files::untold(ledger, self.plan, self.period, refused)?;
        if owed.is_empty() && refused.is_empty() {
            return Ok(());
        }
        if !self.concerns_anybody(&owed, &refused) {
            let all = OwedReceipt {
                seen: owed.iter().collect(),
                refused: refused.iter().collect(),
            };
            return self.enter(ledger, &all, None);
        }
        let reading = match known {
            // Of what was refused alone nothing is to be read.
            None if owed.is_empty() => PeriodReading::default(),
            Some(reading) => reading,
            None => reading::read(
                self.console,
                self.home,
                self.plan,
                ledger,
                (self.period, self.now),
            )?,
        };
        let issued = ledger.latest_final_edition(&self.plan.plan.id, self.period)?;
        for (department, owed) in of_departments(&owed, &refused) {
            self.mark_unusable(ledger, &owed.seen, &reading, issued.as_ref())?;
            let receipt = self.receipt(department, &owed, &reading, issued.as_ref())?;
            self.enter(ledger, &owed, receipt)?;
        }
        Ok(())
    }

    /// Queues a receipt, if there is one, and notes of what it told.
    fn enter(
        &self,
        ledger: &mut Ledger,
        owed: &OwedReceipt<'_>,
        receipt: Option<NewDelivery>,
    ) -> Result<(), CommandError> {
        let files: Vec<&SubmissionRecord> = owed.seen.iter().map(|seen| &seen.submission).collect();
        let refused = owed.refused.iter();
        let refused: Vec<RefusedVersion> = refused
            .map(|one| refused_files::version(self.plan, self.period, one))
            .collect();
        Ok(ledger.queue_receipts((&files, &refused), receipt.as_slice(), self.now.to_utc())?)
    }

    /// Whether the plan sends receipts.
    fn are_sent(&self) -> bool {
        let delivery = self.plan.delivery.as_ref();
        delivery.is_some_and(|delivery| delivery.receipts)
    }

    /// Whether somebody is to hear what became of any of these: a liaison, or the operator of what
    /// can't be used.
    fn concerns_anybody(&self, owed: &[SeenSubmission], refused: &[Refused]) -> bool {
        let seen = owed.iter().map(|seen| &seen.submission.department);
        let refused = refused.iter().map(|one| &one.department);
        let has_liaison = |department: &String| {
            let department = self.plan.departments.get(department);
            department.is_some_and(|department| department.liaison.is_some())
        };
        self.plan.operator.is_some() || self.are_sent() && seen.chain(refused).any(has_liaison)
    }

    /// Notes of a period without its report which files can't be used.
    fn mark_unusable(
        &self,
        ledger: &mut Ledger,
        seen: &[&SeenSubmission],
        reading: &PeriodReading,
        issued: Option<&Edition>,
    ) -> Result<(), CommandError> {
        if issued.is_some() {
            return Ok(());
        }
        let is_unusable = |one: &&SubmissionRecord| {
            let status = status_of(reading, one);
            let rejected = status.is_some_and(|status| status.state == SourceState::Rejected);
            rejected && one.state != SubmissionState::Rejected
        };
        let records = seen.iter().map(|one| &one.submission);
        let unusable: Vec<SubmissionRecord> = records
            .filter(is_unusable)
            .map(|one| SubmissionRecord {
                state: SubmissionState::Rejected,
                ..one.clone()
            })
            .collect();
        ledger.record_submissions(&unusable, self.now.to_utc())?;
        Ok(())
    }

    /// The receipt of a department; none where it has no liaison, or where each of its versions was
    /// replaced before it was read: the version after it has a receipt of its own.
    fn receipt(
        &self,
        department: &str,
        owed: &OwedReceipt<'_>,
        reading: &PeriodReading,
        issued: Option<&Edition>,
    ) -> Result<Option<NewDelivery>, CommandError> {
        let of = self.plan.departments.get(department);
        let (Some(of), true) = (of, self.are_sent()) else {
            return Ok(None);
        };
        let Some(liaison) = &of.liaison else {
            return Ok(None);
        };
        let read: Vec<(&SeenSubmission, &SourceStatus)> = owed
            .seen
            .iter()
            .filter_map(|one| Some((*one, status_of(reading, &one.submission)?)))
            .collect();
        if read.is_empty() && owed.refused.is_empty() {
            return Ok(None);
        }
        let Some(writer) = Writer::of(self.home, self.plan, self.now.to_utc()) else {
            return Ok(None);
        };
        let (files, attachments) = self.files((&read, &owed.refused), reading, writer.room())?;
        let letter = correspondence::receipt(&Receipt {
            sender: &writer.sender(),
            plan: &self.plan.plan.title,
            period: self.period,
            department: &of.name,
            files: &files,
            goals: &goals(&read, reading),
            new_version: self.new_version(issued),
        })?;
        let topic = Topic::notice(
            Occasion::Receipt,
            &self.plan.plan.id,
            Some(self.period),
            format!(
                "{}/{department}/{}",
                self.period,
                name_of(&read, &owed.refused)
            ),
        );
        writer
            .frozen(topic, liaison, &letter, &attachments)
            .map(Some)
    }

    /// The files, the worst first, and what is attached of them as far as there is room.
    fn files(
        &self,
        (read, refused): (&[(&SeenSubmission, &SourceStatus)], &[&Refused]),
        reading: &PeriodReading,
        room: usize,
    ) -> Result<(Vec<ReceivedFile>, Vec<MessageFile>), CommandError> {
        let refused = refused.iter();
        let refused = refused.map(|one| (refused_files::received(one, self.now), None));
        let mut files: Vec<(ReceivedFile, Option<&KeptWorkbook>)> = read
            .iter()
            .map(|(seen, status)| {
                let mut returned = reading.returned.iter();
                let kept = returned.find(|kept| kept.file == seen.submission.file);
                (self.file(seen, status, reading), kept)
            })
            .chain(refused)
            .collect();
        files.sort_by_key(|(file, _)| file.outcome);
        let attachments = receipt_attachments::attach(&mut files, room)?;
        Ok((
            files.into_iter().map(|(file, _)| file).collect(),
            attachments,
        ))
    }

    fn file(
        &self,
        seen: &SeenSubmission,
        status: &SourceStatus,
        reading: &PeriodReading,
    ) -> ReceivedFile {
        let file = &seen.submission;
        let findings: Vec<Diagnostic> = reading
            .gathered
            .findings
            .iter()
            .filter(|finding| finding.file() == Some(file.file.as_str()))
            .cloned()
            .collect();
        ReceivedFile {
            file: file.file.clone(),
            received: self.local(seen),
            bytes: u64::try_from(file.size).unwrap_or_default(),
            sha256: Some(file.sha256.clone()),
            rows: status.rows,
            outcome: match status.state {
                SourceState::Rejected | SourceState::Missing => FileOutcome::Unusable,
                SourceState::Received | SourceState::Late
                    if findings.iter().all(Diagnostic::is_note) =>
                {
                    FileOutcome::Accepted
                }
                SourceState::Received | SourceState::Late => FileOutcome::Observed,
            },
            findings,
            returned: ReturnedWorkbook::Nothing,
        }
    }

    fn local(&self, seen: &SeenSubmission) -> NaiveDateTime {
        seen.first_seen_at
            .with_timezone(&self.now.timezone())
            .naive_local()
    }

    fn new_version(&self, issued: Option<&Edition>) -> NewVersion {
        let last_day = self.plan.schedule.last_day_for_files(self.period);
        match issued {
            Some(edition) => NewVersion::Issued {
                edition: edition.key.edition,
                on: edition
                    .issued_at
                    .with_timezone(&self.now.timezone())
                    .date_naive(),
            },
            None if self.now.to_utc() < submissions::deadline(self.plan, self.period) => {
                NewVersion::InTime { until: last_day }
            }
            None => NewVersion::Late { deadline: last_day },
        }
    }
}

/// What a reading says of a version; none where it read another one.
fn status_of<'r>(reading: &'r PeriodReading, file: &SubmissionRecord) -> Option<&'r SourceStatus> {
    reading.gathered.sources.iter().find(|status| {
        status.source == file.source
            && status.department == file.department
            && status.sha256.as_deref() == Some(file.sha256.as_str())
    })
}

/// The goals that any of the files feeds, as they stand now.
fn goals(read: &[(&SeenSubmission, &SourceStatus)], reading: &PeriodReading) -> Vec<GoalLine> {
    let feeds = |sha256: &str| {
        let used = |status: &SourceStatus| status.state != SourceState::Rejected;
        let mut read = read.iter();
        read.any(|(seen, status)| seen.submission.sha256 == sha256 && used(status))
    };
    reading
        .goals
        .iter()
        .filter(|goal| goal.sources.iter().any(|used| feeds(&used.sha256)))
        .map(GoalLine::from)
        .collect()
}

/// A name for exactly these versions.
fn name_of(read: &[(&SeenSubmission, &SourceStatus)], refused: &[&Refused]) -> String {
    let mut names: Vec<String> = read
        .iter()
        .map(|(seen, _)| {
            let file = &seen.submission;
            format!("{}\n{}\n{}\n", file.source, file.file, file.sha256)
        })
        .collect();
    let refused = refused.iter();
    names.extend(refused.map(|one| format!("{}\n{}\n", one.source, refused_files::name(one))));
    names.sort();
    sha256_hex(names.concat().as_bytes())[..16].to_owned()
}

/// What a department is to hear of in one message.
#[derive(Default)]
struct OwedReceipt<'a> {
    /// Versions of its files.
    seen: Vec<&'a SeenSubmission>,
    /// What can't be taken in.
    refused: Vec<&'a Refused>,
}

fn of_departments<'a>(
    owed: &'a [SeenSubmission],
    refused: &'a [Refused],
) -> IndexMap<&'a str, OwedReceipt<'a>> {
    let mut all: IndexMap<&str, OwedReceipt<'_>> = IndexMap::new();
    for seen in owed {
        let department = seen.submission.department.as_str();
        all.entry(department).or_default().seen.push(seen);
    }
    for one in refused {
        all.entry(&one.department).or_default().refused.push(one);
    }
    all
}
