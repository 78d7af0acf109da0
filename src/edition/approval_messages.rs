//! The requests to those who may release an edition: the PDF, and the command that releases it.

use super::archive;
use super::mailing;
use super::messages;
use super::publish::Publishing;
use super::slices;
use crate::correspondence;
use crate::correspondence::{ApprovalMessage, ApprovalRequest, Letter};
use crate::delivery::message;
use crate::delivery::message::{Mailbox, parse_mailbox};
use crate::exit::CommandError;
use crate::ledger::{
    DeliveryFilter, DeliveryState, Ledger, NewDelivery, Occasion, PendingApproval, Topic,
};
use crate::plan::Plan;
use crate::results::Results;

/// Letters of the PDF's hash in what a request is known by.
const PREFIX: usize = 12;

/// What is asked for.
pub(crate) struct Asking<'a> {
    /// The edition that is to be published.
    pub what: &'a Publishing<'a>,
    /// What it says.
    pub results: &'a Results,
    /// Its report.
    pub pdf: &'a [u8],
    /// What the ledger keeps of it.
    pub pending: &'a PendingApproval,
    /// Which request it is.
    pub request: ApprovalRequest<'a>,
}

/// The requests, each put into the archive; none where the plan has no sender. Who is still to be
/// sent the one before is not asked twice.
///
/// # Errors
/// An address is wrong, or a message would be larger than the plan allows.
pub(crate) fn requests(
    asking: &Asking<'_>,
    ledger: &Ledger,
) -> Result<Vec<NewDelivery>, CommandError> {
    let (home, plan) = (asking.what.home, asking.what.pipeline);
    let Some(settings) = mailing::settings(home, plan)? else {
        return Ok(Vec::new());
    };
    let waiting = match asking.request {
        ApprovalRequest::Again { .. } => waiting(asking, ledger)?,
        ApprovalRequest::First | ApprovalRequest::Replaced { .. } => Vec::new(),
    };
    let mut all = Vec::new();
    for approver in mailing::approvers(plan) {
        let to = parse_mailbox(approver)?;
        let recipient = to.email.to_string();
        if waiting.iter().any(|w| w.eq_ignore_ascii_case(&recipient)) {
            continue;
        }
        let (message_id, bytes) = frozen(asking, &settings.from, &to)?;
        let sha256 = archive::put(home, &bytes)?;
        all.push(NewDelivery {
            topic: topic(asking.pending),
            recipient,
            transport: settings.transport(),
            message_id,
            message_path: archive::place(&sha256).to_string_lossy().into_owned(),
            message_sha256: sha256,
        });
    }
    Ok(all)
}

/// Who is still to be sent a request for this PDF.
fn waiting(asking: &Asking<'_>, ledger: &Ledger) -> Result<Vec<String>, CommandError> {
    use DeliveryState::{Deferred, DotIntent, Queued, Sending};
    let key = &asking.pending.key;
    let rows = ledger.deliveries(&DeliveryFilter {
        plan: Some(key.plan.clone()),
        period: Some(key.period),
        occasion: Some(Occasion::Approval),
        states: vec![Queued, Deferred, Sending, DotIntent],
        ..DeliveryFilter::default()
    })?;
    Ok(rows.into_iter().map(|row| row.recipient).collect())
}

/// What a request is known by: the PDF, and how many times it was asked for.
fn name(pending: &PendingApproval) -> [String; 3] {
    let pdf: String = pending.pdf_sha256.chars().take(PREFIX).collect();
    [
        format!("v{}", pending.key.edition),
        pdf,
        pending.asked.to_string(),
    ]
}

fn topic(pending: &PendingApproval) -> Topic {
    let key = &pending.key;
    let about = format!("{}/{}", key.period, name(pending).join("/"));
    Topic::notice(Occasion::Approval, &key.plan, Some(key.period), about)
}

fn frozen(
    asking: &Asking<'_>,
    from: &Mailbox,
    to: &Mailbox,
) -> Result<(String, Vec<u8>), CommandError> {
    let (plan, key) = (asking.what.pipeline, &asking.pending.key);
    let recipient = to.email.to_string();
    let letter = letter(asking, &recipient)?;
    let occasion = format!("approval.{}", name(asking.pending).join("."));
    let message_id = message::message_id(&key.plan, key.period, &occasion, &recipient, from);
    let bytes = message::build(&message::Mail {
        from,
        to: std::slice::from_ref(to),
        subject: &letter.subject,
        message_id: &message_id,
        date: asking.what.request.now.to_utc(),
        in_reply_to: None,
        text: &letter.text,
        html: &letter.html,
        attachments: &[message::Attached {
            name: &message::attachment_name(key.period, key.edition),
            media_type: "application/pdf",
            bytes: asking.pdf,
        }],
    })?;
    messages::too_large(plan, bytes.len())?;
    Ok((message_id, bytes))
}

fn letter(asking: &Asking<'_>, approver: &str) -> Result<Letter, CommandError> {
    let plan = asking.what.pipeline;
    let zone = asking.what.request.now.timezone();
    let rendered = asking.pending.rendered_at.with_timezone(&zone);
    Ok(correspondence::approval(&ApprovalMessage {
        sender: &messages::sender(plan, asking.results),
        results: asking.results,
        pdf_sha256: &asking.pending.pdf_sha256,
        approver,
        recipients: &recipients(plan),
        rendered: rendered.naive_local(),
        request: asking.request,
    })?)
}

/// To whom the report goes once it is released, in words.
fn recipients(plan: &Plan) -> Vec<String> {
    let report = plan
        .delivery
        .iter()
        .flat_map(|spec| spec.to.iter().cloned());
    let departments = slices::departments(plan).into_iter();
    let slices = departments.filter_map(|(_, department)| {
        let liaison = department.liaison.as_ref()?;
        Some(format!("{liaison} (sólo las metas de {})", department.name))
    });
    report.chain(slices).collect()
}
