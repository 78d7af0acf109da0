//! `metas deliver bounce`: a notice that a message did not arrive settles its delivery.

use std::io::Read;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::console::Console;
use crate::delivery::bounce;
use crate::delivery::bounce::{BouncedRecipient, Settled};
use crate::diagnostic::{Diagnostic, visible};
use crate::edition::delivery_lines;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;
use crate::store::error::Doing;
use crate::store::regular;

/// Largest notice that is read, in bytes: some hold the whole message that they are about.
const LARGEST: u64 = 128 << 20;

/// Reads a notice from a file, or from standard input where it is called `-`, as a mail server's
/// alias gives it. What is no notice ends with 65; a notice about somebody else's message is told
/// and is no fault, because a server that hears of one would send it on.
///
/// # Errors
/// It can't be read, is no notice, or the ledger can't be used.
pub(super) fn bounce(
    console: &Console,
    home: &Home,
    file: &Path,
    now: DateTime<Utc>,
) -> Result<ExitStatus, CommandError> {
    let notices = bounce::read(&bytes(file)?)?;
    if let Some(nameless) = notices.iter().find(|notice| notice.message_id.is_none()) {
        return Err(CommandError::new(
            ExitStatus::Findings,
            without_id(nameless),
        ));
    }
    // Whose home has sent nothing has no lock to take and no ledger to make.
    let mut work = match work::open_if_there(home)? {
        Some(_) => Some(work::begin(console, home, now)?),
        None => None,
    };
    let (mut text, mut documents, mut rows) = (String::new(), Vec::new(), Vec::new());
    for notice in &notices {
        let settled = match &mut work {
            Some(work) => bounce::settle(&mut work.ledger, notice, now)?,
            None => Settled::Unknown,
        };
        text.push_str(&line(notice, &settled));
        documents.push(document(notice, &settled));
        if let Settled::Bounced(row) = &settled {
            rows.push(delivery_lines::document(row));
        }
    }
    if !rows.is_empty() {
        text.push_str(
            "It is told at every run until it is settled: metas deliver retry, or resolve.\n",
        );
    }
    console.data(&json!({ "deliveries": rows, "notices": documents }), &text);
    Ok(ExitStatus::Done)
}

fn bytes(file: &Path) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(LARGEST + 1)
            .read_to_end(&mut bytes)
    } else {
        regular::open(file).and_then(|open| open.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    read.doing("read", file)?;
    if bytes.len() as u64 > LARGEST {
        let message = format!("this is larger than any notice: over {} MiB", LARGEST >> 20);
        let error = Diagnostic::error("not-a-bounce", message);
        return Err(CommandError::new(ExitStatus::Findings, error));
    }
    Ok(bytes)
}

fn without_id(notice: &BouncedRecipient) -> Diagnostic {
    Diagnostic::error(
        "bounce-without-message-id",
        format!("the notice about {} does not say which message it is about", notice.recipient),
    )
    .hint("Find it by its recipient, and settle it yourself: metas deliver list, metas deliver resolve ID --resend.")
}

fn line(notice: &BouncedRecipient, settled: &Settled) -> String {
    let id = notice.message_id.as_deref().unwrap_or_default();
    match settled {
        Settled::Bounced(row) => delivery_lines::line(row),
        Settled::Unchanged(row, why) => {
            let (id, state) = (row.id, row.state);
            format!("delivery {id} to {} stays {state}: {why}\n", row.recipient)
        }
        Settled::Unknown => format!(
            "no delivery of this home has the Message-ID {}: the notice about {} is of other mail\n",
            visible(id),
            notice.recipient
        ),
    }
}

fn document(notice: &BouncedRecipient, settled: &Settled) -> Value {
    let (outcome, delivery, why) = match settled {
        Settled::Bounced(row) => ("bounced", Some(row.id), None),
        Settled::Unchanged(row, why) => ("unchanged", Some(row.id), Some(*why)),
        Settled::Unknown => ("unknown", None, None),
    };
    json!({
        "outcome": outcome,
        "delivery": delivery,
        "why": why,
        "recipient": notice.recipient,
        "message_id": notice.message_id,
        "status": notice.status,
        "reason": notice.reason(),
    })
}
