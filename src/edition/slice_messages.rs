//! The messages with which liaisons get the extracts of their departments: one message a person,
//! however many departments are theirs.

use super::messages;
use super::messages::{Documents, MessageContext, QueuedMessage};
use super::slices;
use crate::correspondence;
use crate::correspondence::SliceMessage;
use crate::delivery::message;
use crate::delivery::message::{Attached, Mailbox, parse_mailbox};
use crate::exit::CommandError;
use crate::ledger::Occasion;
use crate::plan::Department;

/// A liaison and the departments that are theirs, by their ids.
struct Liaison<'a> {
    mailbox: Mailbox,
    departments: Vec<(&'a str, &'a Department)>,
}

/// Builds the messages; none where the plan does not ask for extracts. One that would be larger than
/// the plan allows goes out without its files, and says so.
///
/// # Errors
/// An address is wrong, or a header cannot be written.
pub(crate) fn messages(
    from: &Mailbox,
    about: &MessageContext<'_>,
    of: Documents<'_>,
) -> Result<Vec<QueuedMessage>, CommandError> {
    let liaisons = liaisons(about)?;
    liaisons
        .iter()
        .map(|liaison| {
            let whole = frozen(from, about, of, liaison, true)?;
            match messages::too_large(about.pipeline, whole.bytes.len()) {
                Ok(()) => Ok(whole),
                Err(_) => frozen(from, about, of, liaison, false),
            }
        })
        .collect()
}

fn liaisons<'a>(about: &MessageContext<'a>) -> Result<Vec<Liaison<'a>>, CommandError> {
    let mut all: Vec<Liaison<'a>> = Vec::new();
    for (id, department) in slices::departments(about.pipeline) {
        let address = department.liaison.as_deref().unwrap_or_default();
        let mailbox = parse_mailbox(address)?;
        let email = mailbox.email.to_string();
        let same = |one: &&mut Liaison<'_>| {
            let known = one.mailbox.email.to_string();
            known.eq_ignore_ascii_case(&email)
        };
        match all.iter_mut().find(same) {
            Some(known) => known.departments.push((id, department)),
            None => all.push(Liaison {
                mailbox,
                departments: vec![(id, department)],
            }),
        }
    }
    Ok(all)
}

fn frozen(
    from: &Mailbox,
    about: &MessageContext<'_>,
    of: Documents<'_>,
    liaison: &Liaison<'_>,
    with_files: bool,
) -> Result<QueuedMessage, CommandError> {
    let key = about.key;
    let own = liaison.departments.iter();
    let files: Vec<(String, &[u8])> = own
        .map(|(id, _)| {
            let path = slices::path(key.period, key.edition, id);
            let name = slices::file_name(key.period, key.edition, id);
            (name, of.file(&path))
        })
        .filter(|(_, bytes)| with_files && !bytes.is_empty())
        .collect();
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let names = (!names.is_empty()).then(|| names.join(" y "));
    let departments = liaison.departments.iter();
    let departments: Vec<String> = departments.map(|(_, one)| one.name.clone()).collect();
    let letter = correspondence::slice(&SliceMessage {
        sender: &messages::sender(about.pipeline, of.results),
        results: of.results,
        departments: &departments,
        attachment: names.as_deref(),
    })?;
    let recipient = liaison.mailbox.email.to_string();
    let occasion = format!("v{}.slice", key.edition);
    let message_id = message::message_id(&key.plan, key.period, &occasion, &recipient, from);
    let attached: Vec<Attached<'_>> = files
        .iter()
        .map(|(name, bytes)| Attached {
            name,
            media_type: "application/pdf",
            bytes,
        })
        .collect();
    let bytes = message::build(&message::Mail {
        from,
        to: std::slice::from_ref(&liaison.mailbox),
        subject: &letter.subject,
        message_id: &message_id,
        date: about.date,
        in_reply_to: None,
        text: &letter.text,
        html: &letter.html,
        attachments: &attached,
    })?;
    Ok(QueuedMessage {
        occasion: Occasion::Slice,
        recipient,
        message_id,
        bytes,
    })
}
