//! Receipts: what became of each file version that a department sent, to its liaison. One message a
//! department and run, whenever a file has settled, before the deadline and after.

use std::path::Path;

use chrono::{DateTime, NaiveDateTime};
use chrono_tz::Tz;
use indexmap::IndexMap;

use super::notice::{Attachment, Writer, plain_name};
use super::reading;
use super::reading::PeriodReading;
use super::returned_workbooks::KeptWorkbook;
use super::submissions;
use crate::console::Console;
use crate::correspondence;
use crate::correspondence::{
    GoalLine, NewVersion, Outcome, Receipt, ReceivedFile, ReturnedWorkbook,
};
use crate::diagnostic::{Diagnostic, Location};
use crate::exit::CommandError;
use crate::hash::sha256_hex;
use crate::home::Home;
use crate::ledger::{
    Edition, Ledger, NewDelivery, Occasion, SeenSubmission, Submission, SubmissionState, Topic,
};
use crate::period::Period;
use crate::plan::Plan;
use crate::results::{SourceState, SourceStatus};
use crate::store::regular;

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
    /// Queues the receipts that are owed. `known` is what this run has read of the period already;
    /// where it has read nothing, the files are read now.
    ///
    /// # Errors
    /// The folder, the archive or the ledger cannot be used; what is owed stays owed.
    pub(crate) fn queue(
        &self,
        ledger: &mut Ledger,
        known: Option<PeriodReading>,
    ) -> Result<(), CommandError> {
        let owed = ledger
            .receipts_owed(&self.plan.plan.id, self.period)
            .map_err(CommandError::environment)?;
        if owed.is_empty() {
            return Ok(());
        }
        let at = self.now.to_utc();
        if !self.concerns_anybody(&owed) {
            let files: Vec<&Submission> = owed.iter().map(|seen| &seen.submission).collect();
            return ledger
                .queue_receipts(&files, &[], at)
                .map_err(CommandError::environment);
        }
        let reading = match known {
            Some(reading) => reading,
            None => reading::read(
                self.console,
                self.home,
                self.plan,
                ledger,
                (self.period, self.now),
            )?,
        };
        let issued = ledger
            .latest_final_edition(&self.plan.plan.id, self.period)
            .map_err(CommandError::environment)?;
        let mut of_departments: IndexMap<&str, Vec<&SeenSubmission>> = IndexMap::new();
        for seen in &owed {
            let department = seen.submission.department.as_str();
            of_departments.entry(department).or_default().push(seen);
        }
        for (department, seen) in of_departments {
            self.mark_unusable(ledger, &seen, &reading, issued.as_ref())?;
            let receipt = self.receipt(department, &seen, &reading, issued.as_ref())?;
            let files: Vec<&Submission> = seen.iter().map(|seen| &seen.submission).collect();
            ledger
                .queue_receipts(&files, receipt.as_slice(), at)
                .map_err(CommandError::environment)?;
        }
        Ok(())
    }

    /// Whether the plan sends receipts.
    fn are_sent(&self) -> bool {
        let delivery = self.plan.delivery.as_ref();
        delivery.is_some_and(|delivery| delivery.receipts)
    }

    /// Whether somebody is to hear what became of any of these: a liaison, or the operator of what
    /// can't be used.
    fn concerns_anybody(&self, owed: &[SeenSubmission]) -> bool {
        let has_liaison = |seen: &SeenSubmission| {
            let department = self.plan.departments.get(&seen.submission.department);
            department.is_some_and(|department| department.liaison.is_some())
        };
        self.plan.operator.is_some() || self.are_sent() && owed.iter().any(has_liaison)
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
        for one in seen {
            let unusable = status_of(reading, &one.submission)
                .is_some_and(|status| status.state == SourceState::Rejected);
            if unusable && one.submission.state != SubmissionState::Rejected {
                let row = Submission {
                    state: SubmissionState::Rejected,
                    ..one.submission.clone()
                };
                ledger
                    .record_submission(&row, self.now.to_utc())
                    .map_err(CommandError::environment)?;
            }
        }
        Ok(())
    }

    /// The receipt of a department; none where it has no liaison, or where each of its versions was
    /// replaced before it was read: the version after it has a receipt of its own.
    fn receipt(
        &self,
        department: &str,
        seen: &[&SeenSubmission],
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
        let read: Vec<(&SeenSubmission, &SourceStatus)> = seen
            .iter()
            .filter_map(|one| Some((*one, status_of(reading, &one.submission)?)))
            .collect();
        if read.is_empty() {
            return Ok(None);
        }
        let Some(writer) = Writer::of(self.home, self.plan, self.now.to_utc()) else {
            return Ok(None);
        };
        let (files, attachments) = self.files(&read, reading, writer.room())?;
        let letter = correspondence::receipt(&Receipt {
            sender: &writer.sender(),
            plan: &self.plan.plan.title,
            period: self.period,
            department: &of.name,
            files: &files,
            goals: &goals(&read, reading),
            new_version: self.new_version(issued),
        })
        .map_err(CommandError::environment)?;
        let topic = Topic::notice(
            Occasion::Receipt,
            &self.plan.plan.id,
            Some(self.period),
            format!("{}/{department}/{}", self.period, name_of(&read)),
        );
        writer
            .frozen(topic, liaison, &letter, &attachments)
            .map(Some)
    }

    /// The files, the worst first, and what is attached of them as far as there is room.
    fn files(
        &self,
        read: &[(&SeenSubmission, &SourceStatus)],
        reading: &PeriodReading,
        mut room: usize,
    ) -> Result<(Vec<ReceivedFile>, Vec<Attachment>), CommandError> {
        let mut files: Vec<(ReceivedFile, Option<&KeptWorkbook>)> = read
            .iter()
            .map(|(seen, status)| {
                let mut returned = reading.returned.iter();
                let kept = returned.find(|kept| kept.file == seen.submission.file);
                (self.file(seen, status, reading), kept)
            })
            .collect();
        files.sort_by_key(|(file, _)| file.outcome);
        let mut attachments: Vec<Attachment> = Vec::new();
        for (file, kept) in &mut files {
            let Some(kept) = kept else {
                continue;
            };
            let bytes =
                regular::read(&kept.path).map_err(|e| CommandError::io("read", &kept.path, &e))?;
            if bytes.is_empty() || bytes.len() > room {
                file.returned = ReturnedWorkbook::TooLarge;
                continue;
            }
            room -= bytes.len();
            let what = if kept.edited {
                "marcado"
            } else {
                "observaciones"
            };
            let prefix = format!("{what}-{}", attachments.len() + 1);
            let name = plain_name(&prefix, &kept.path.to_string_lossy());
            file.returned = if kept.edited {
                ReturnedWorkbook::Marked(name.clone())
            } else {
                ReturnedWorkbook::List(name.clone())
            };
            attachments.push(Attachment {
                media_type: media_type(&kept.path),
                name,
                bytes,
            });
        }
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
            .filter(|finding| match &finding.location {
                Location::Cells(place) => place.file == file.file,
                _ => false,
            })
            .cloned()
            .collect();
        ReceivedFile {
            file: file.file.clone(),
            received: self.local(seen),
            bytes: u64::try_from(file.size).unwrap_or_default(),
            sha256: file.sha256.clone(),
            rows: status.rows,
            outcome: match status.state {
                SourceState::Rejected | SourceState::Missing => Outcome::Unusable,
                SourceState::Received | SourceState::Late if findings.is_empty() => {
                    Outcome::Accepted
                }
                SourceState::Received | SourceState::Late => Outcome::Observed,
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
fn status_of<'r>(reading: &'r PeriodReading, file: &Submission) -> Option<&'r SourceStatus> {
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
fn name_of(read: &[(&SeenSubmission, &SourceStatus)]) -> String {
    let mut names: Vec<String> = read
        .iter()
        .map(|(seen, _)| {
            let file = &seen.submission;
            format!("{}\n{}\n{}\n", file.source, file.file, file.sha256)
        })
        .collect();
    names.sort();
    sha256_hex(names.concat().as_bytes())[..16].to_owned()
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("xlsm") => "application/vnd.ms-excel.sheet.macroEnabled.12",
        _ => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    }
}
