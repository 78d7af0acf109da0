//! The messages of a preview: which they are, and their files.

use std::path::{Path, PathBuf};

use chrono::DateTime;
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::below_it;
use crate::console::Console;
use crate::diagnostic::visible;
use crate::edition::compose::EditionFiles;
use crate::edition::mailing;
use crate::edition::messages;
use crate::edition::messages::MessageContext;
use crate::edition::rehearsal::{PlannedMessage, Rehearsal, Rehearsed};
use crate::exit::CommandError;
use crate::home::{AsOf, Home};
use crate::ledger::{EditionKey, Ledger, Occasion};
use crate::period::Period;
use crate::plan::Plan;
use crate::store::files::write_whole;

/// What is asked for whose mail.
pub(super) struct MailRequest<'a> {
    /// The one place that prints.
    pub console: &'a Console,
    /// The home.
    pub home: &'a Home,
    /// The plan.
    pub plan: &'a Plan,
    /// The period of the report.
    pub period: Period,
    /// The moment.
    pub now: DateTime<Tz>,
    /// The moment, as it was given.
    pub as_of: Option<AsOf>,
    /// The home's ledger, where there is one.
    pub ledger: Option<&'a Ledger>,
    /// Whether more than the report's own message is asked for.
    pub rehearse: bool,
}

impl MailRequest<'_> {
    /// The report's message to each recipient, and whatever else a run would send now.
    ///
    /// # Errors
    /// An address, the ledger or the disk.
    pub(super) fn planned(
        &self,
        draft: &EditionFiles,
        out: &Path,
    ) -> Result<Vec<PlannedMessage>, CommandError> {
        let rehearsal = Rehearsal {
            console: self.console,
            home: self.home,
            plan: self.plan,
            as_of: self.as_of,
        };
        let rehearsed = match self.rehearse {
            true => rehearsal.messages(self.ledger, out)?,
            false => Rehearsed {
                messages: Vec::new(),
                held: Vec::new(),
            },
        };
        let mut planned = Vec::new();
        let mut of_report = rehearsed.messages.iter();
        let is_report = |message: &PlannedMessage| {
            message.occasion == Occasion::Report && message.period == Some(self.period)
        };
        if !of_report.any(is_report) {
            planned = self.report(draft, &self.not_now(&rehearsed)?)?;
        }
        planned.extend(rehearsed.messages);
        Ok(planned)
    }

    /// The report's messages, where a run would not send them.
    fn report(&self, draft: &EditionFiles, why: &str) -> Result<Vec<PlannedMessage>, CommandError> {
        let plan = &self.plan.at(self.period);
        let Some(settings) = mailing::settings(self.home, plan)? else {
            return Ok(Vec::new());
        };
        let key = EditionKey {
            plan: plan.plan.id.clone(),
            period: self.period,
            edition: 1,
        };
        let about = MessageContext {
            pipeline: plan,
            key: &key,
            date: self.now.to_utc(),
        };
        let built = messages::build(&about, &settings.from, draft.documents(), &[])?;
        let planned = built.into_iter().map(|message| {
            let about = (Occasion::Report, Some(self.period));
            PlannedMessage::new(about, &message.recipient, why.to_owned(), message.bytes)
        });
        planned.collect()
    }

    /// Why a run would not send the report.
    fn not_now(&self, rehearsed: &Rehearsed) -> Result<String, CommandError> {
        let period = self.period;
        let issued = match self.ledger {
            Some(ledger) => ledger
                .latest_final_edition(&self.plan.plan.id, period)
                .map_err(CommandError::environment)?,
            None => None,
        };
        if let Some(edition) = issued {
            let number = edition.key.edition;
            return Ok(format!("not now: {period} is issued as v{number} already"));
        }
        let due = self.plan.schedule.due_on(period);
        if self.now.date_naive() < due {
            return Ok(format!("not now: the report of {period} is due on {due}"));
        }
        let asked = rehearsed.messages.iter().any(|message| {
            message.occasion == Occasion::Approval && message.period == Some(period)
        });
        if asked {
            return Ok("not now: it goes out once it is approved".to_owned());
        }
        let pending = match self.ledger {
            Some(ledger) => ledger
                .pending_approval(&self.plan.plan.id, period)
                .map_err(CommandError::environment)?,
            None => None,
        };
        if let Some(pending) = pending {
            let since = pending.rendered_at.with_timezone(&self.now.timezone());
            let (number, day) = (pending.key.edition, since.date_naive());
            return Ok(format!("not now: v{number} waits for approval since {day}"));
        }
        let held = rehearsed.held.iter().find(|(of, _)| *of == period);
        Ok(match held {
            Some((_, why)) => format!("not now: {why}"),
            None => format!(
                "not now: see metas run {} --dry-run for what a run would do",
                self.plan.plan.id
            ),
        })
    }
}

/// A message, and where it was written.
pub(super) type Written<'p> = (&'p PlannedMessage, PathBuf);

/// Writes each message into `messages/OCCASION/` and takes away those of the preview before.
///
/// # Errors
/// The disk, or a link where a folder belongs.
pub(super) fn write<'p>(
    out: &Path,
    planned: &'p [PlannedMessage],
) -> Result<Vec<Written<'p>>, CommandError> {
    for occasion in Occasion::ALL {
        clear(&below_it(out, &format!("messages/{occasion}"))?)?;
    }
    let mut written: Vec<Written<'p>> = Vec::new();
    for message in planned {
        let before = written.iter();
        let number = 1 + before
            .filter(|(m, _)| m.occasion == message.occasion)
            .count();
        let folder = below_it(out, &format!("messages/{}", message.occasion))?;
        let path = folder.join(format!("{number}-{}.eml", file_name(&message.recipient)));
        write_whole(&path, &message.bytes)?;
        written.push((message, path));
    }
    for occasion in Occasion::ALL {
        // One that holds nothing says nothing.
        let _ = std::fs::remove_dir(out.join(format!("messages/{occasion}")));
    }
    let _ = std::fs::remove_dir(out.join("messages"));
    Ok(written)
}

/// Removes what an earlier preview has written, and nothing of anybody else.
fn clear(folder: &Path) -> Result<(), CommandError> {
    let failed = |e: std::io::Error| CommandError::io("clear", folder, &e);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.split('-').next().unwrap_or_default();
        let ours = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if ours && name.contains('-') && name.ends_with(".eml") {
            std::fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// An address as a file's name.
pub(super) fn file_name(address: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@._+-".contains(c);
    let short = address.chars().take(150);
    short.map(|c| if plain(c) { c } else { '-' }).collect()
}

/// For programs.
pub(super) fn documents(written: &[Written<'_>]) -> Vec<Value> {
    let one = |(message, path): &Written<'_>| {
        json!({
            "occasion": message.occasion,
            "recipient": message.recipient,
            "why": message.why,
            "subject": message.subject,
            "path": path,
        })
    };
    written.iter().map(one).collect()
}

/// For people.
pub(super) fn table(written: &[Written<'_>], out: &Path) -> String {
    if written.is_empty() {
        return "A run now would write to nobody.\n".to_owned();
    }
    let mut text = String::from("What a run would write now, and what it writes of the report:\n");
    for (message, path) in written {
        let shown = path.strip_prefix(out).unwrap_or(path).display();
        text.push_str(&format!(
            "  {:<9} {}\n            {}\n            {}\n",
            message.occasion,
            visible(&message.recipient),
            visible(&message.why),
            visible(&shown.to_string())
        ));
    }
    text
}
