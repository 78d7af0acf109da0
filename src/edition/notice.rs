//! A message that carries no edition, made ready to be queued: built once, and kept in the archive.

use chrono::{DateTime, Utc};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::archive;
use crate::correspondence::{Letter, Sender};
use crate::delivery;
use crate::delivery::message;
use crate::delivery::message::{Attached, Mail, Mailbox};
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{NewDelivery, Topic};
use crate::plan::{Brand, DeliveryRules, Plan};

/// Bytes of a message beside its files: its text in two forms, its headers, some air.
const TEXT_BYTES: usize = 512 * 1024;

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MessageFile {
    /// Short ASCII name.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Content.
    pub bytes: Vec<u8>,
}

/// A plan that writes, and when.
#[derive(Debug, Clone)]
pub(crate) struct Writer<'a> {
    /// The home, whose archive keeps the message.
    pub home: &'a Home,
    /// What the plan says of its mail.
    pub delivery: &'a DeliveryRules,
    /// What the plan says of its municipality.
    pub brand: Brand,
    /// Largest message, in MiB.
    pub message_mib: u64,
    /// The messages' Date.
    pub date: DateTime<Utc>,
}

impl<'a> Writer<'a> {
    /// For a plan; none where it writes to nobody.
    pub(crate) fn of(home: &'a Home, plan: &'a Plan, date: DateTime<Utc>) -> Option<Self> {
        Some(Self {
            home,
            delivery: plan.delivery.as_ref()?,
            brand: plan.report.brand.clone(),
            message_mib: plan.limits.message_mib,
            date,
        })
    }

    /// What every message says of who writes.
    pub(crate) fn sender(&self) -> Sender {
        Sender {
            brand: self.brand.clone(),
            from: Some(self.delivery.from.clone()),
        }
    }

    /// How many bytes of files fit into a message: what the plan allows for the whole, less the
    /// text, and as base64 makes four bytes of three.
    pub(crate) fn room(&self) -> usize {
        let whole = usize::try_from(self.message_mib).unwrap_or(usize::MAX);
        whole.saturating_mul(1024 * 1024).saturating_sub(TEXT_BYTES) / 4 * 3
    }

    /// The message to one recipient, in the archive.
    ///
    /// # Errors
    /// An address or a header cannot be written, or the archive cannot.
    pub(crate) fn frozen(
        &self,
        topic: Topic,
        to: &str,
        letter: &Letter,
        attachments: &[MessageFile],
    ) -> Result<NewDelivery, CommandError> {
        let (from, to) = (mailbox(&self.delivery.from)?, mailbox(to)?);
        let recipient = to.email.to_string();
        let message_id = message::notice_id(&topic, &recipient, &from);
        let files: Vec<Attached<'_>> = attachments.iter().map(MessageFile::attached).collect();
        let bytes = message::build(&Mail {
            from: &from,
            to: &[to],
            subject: &letter.subject,
            message_id: &message_id,
            date: self.date,
            in_reply_to: None,
            text: &letter.text,
            html: &letter.html,
            attachments: &files,
        })?;
        let sha256 = archive::put(self.home, &bytes)?;
        Ok(NewDelivery {
            topic,
            recipient,
            transport: delivery::transport_of(self.delivery),
            message_id,
            message_path: archive::place(&sha256).to_string_lossy().into_owned(),
            message_sha256: sha256,
        })
    }
}

impl MessageFile {
    fn attached(&self) -> Attached<'_> {
        Attached {
            name: &self.name,
            media_type: self.media_type,
            bytes: &self.bytes,
        }
    }
}

/// An address of the definition, read.
///
/// # Errors
/// It is none.
pub(crate) fn mailbox(text: &str) -> Result<Mailbox, CommandError> {
    Ok(message::parse_mailbox(text)?)
}

/// The bare address of a mailbox, in small letters, by which a person is known.
pub(crate) fn address(text: &str) -> Result<String, CommandError> {
    Ok(mailbox(text)?.email.to_string().to_ascii_lowercase())
}

/// A file's name as it may stand in a message: ASCII letters, digits, `.` and `-`, at most 60.
pub(crate) fn plain_name(prefix: &str, file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let plain = |text: &str, longest: usize| -> String {
        let mut out = String::new();
        for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)) {
            let letter = if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            };
            if letter != '-' || !out.ends_with('-') {
                out.push(letter);
            }
        }
        let cut: String = out.trim_matches('-').chars().take(longest).collect();
        cut.trim_end_matches('-').to_owned()
    };
    let room = 59 - prefix.len().min(30) - 8;
    let (stem, extension) = (plain(stem, room), plain(extension, 7));
    [prefix, &stem]
        .iter()
        .filter(|part| !part.is_empty())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("-")
        + if extension.is_empty() { "" } else { "." }
        + &extension
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_message_is_plain_and_short() {
        for (file, plain) in [
            ("acuerdos.xlsx", "observado-1-acuerdos.xlsx"),
            (
                "Mi Barrio Habla (1).XLSX",
                "observado-1-Mi-Barrio-Habla-1.XLSX",
            ),
            (
                "otra/Año_2026 – niñez.ods",
                "observado-1-Ano-2026-ninez.ods",
            ),
            ("…", "observado-1"),
        ] {
            assert_eq!(plain_name("observado-1", file), plain);
        }
        let long = format!("{}.xlsx", "a".repeat(200));
        assert!(plain_name("observado-100", &long).len() <= 60);
    }
}
