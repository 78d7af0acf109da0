//! Hands messages to the mail server, a transaction a delivery, on one connection as long as it lasts.

use super::attempt::{DispatchRun, ReadyDelivery, final_note};
use super::round::SendFault;
use super::smtp::{Failure, Phase, Server, Session, TransactionOutcome};
use crate::delivery::error::DeliveryError;
use crate::failpoint;
use crate::ledger::DeliveryState;

/// Why nothing more is tried with the server in this run, where that is so.
pub(super) fn waits(run: &DispatchRun<'_>, server: &Server) -> Option<String> {
    match run.round.fault(server) {
        Some(SendFault::Doubt(id)) => Some(format!(
            "waits for the next run: what {} did with delivery {id} is in doubt",
            server.host
        )),
        Some(SendFault::Down(_)) => None,
        None if run.round.is_over() => Some(format!(
            "waits for the next run: the {} s that a run has for mail are over",
            run.settings.time.as_secs()
        )),
        None => None,
    }
}

/// Tries the delivery, and commits what the server made of it.
///
/// # Errors
/// The ledger can't be written.
pub(super) fn hand_over(
    run: &mut DispatchRun<'_>,
    server: Result<&Server, &Failure>,
    ready: &ReadyDelivery<'_>,
) -> Result<(), DeliveryError> {
    let mut state = DeliveryState::Sending;
    let outcome = match server {
        Ok(server) => transact(run, server, ready, &mut state)?,
        Err(unready) => TransactionOutcome::Down(unready.clone()),
    };
    let fault = match &outcome {
        TransactionOutcome::Down(f) => Some(SendFault::Down(f.clone())),
        TransactionOutcome::Ambiguous(_) => Some(SendFault::Doubt(ready.row.id)),
        TransactionOutcome::Accepted(_)
        | TransactionOutcome::Deferred(_)
        | TransactionOutcome::Rejected(_) => None,
    };
    if let (Ok(server), Some(fault)) = (server, fault) {
        run.round.note(server, fault);
    }
    let (next, note) = match outcome {
        TransactionOutcome::Accepted(reply) => {
            failpoint::hit("after-dot");
            (DeliveryState::Accepted, final_note(Phase::Dot, reply))
        }
        TransactionOutcome::Rejected(f) => (DeliveryState::Rejected, final_note(f.phase, f.reply)),
        TransactionOutcome::Ambiguous(f) => {
            (DeliveryState::Ambiguous, final_note(f.phase, f.reply))
        }
        TransactionOutcome::Deferred(f) | TransactionOutcome::Down(f) => {
            let mut note = run.later(ready.row, f.phase.as_str(), f.reply);
            if f.phase == Phase::Prepare {
                // No server was asked: once this machine is put right, the next run goes on.
                note.next_attempt_at = None;
            }
            (DeliveryState::Deferred, note)
        }
    };
    run.step(ready.row, state, next, &note)?;
    if next == DeliveryState::Accepted {
        failpoint::hit("accepted");
    }
    Ok(())
}

/// One transaction, on the open connection or a new one.
fn transact(
    run: &mut DispatchRun<'_>,
    server: &Server,
    ready: &ReadyDelivery<'_>,
    state: &mut DeliveryState,
) -> Result<TransactionOutcome, DeliveryError> {
    loop {
        if let Some(SendFault::Down(failure)) = run.round.fault(server) {
            return Ok(TransactionOutcome::Down(failure.clone()));
        }
        let mut session = match run.session.take() {
            Some(session) if session.usable() => session,
            _ => match Session::open(server, run.round.until()) {
                Ok(session) => session,
                Err(failure) => return Ok(TransactionOutcome::Down(failure)),
            },
        };
        let used_before = session.transactions() > 0;
        let (ledger, now, row) = (&mut *run.ledger, run.now, ready.row);
        let outcome = session.send(
            &run.settings.from.email,
            &ready.to,
            &ready.message,
            &mut || {
                failpoint::hit("before-dot");
                let note = final_note(
                    Phase::Dot,
                    "the end of the message is being sent".to_owned(),
                );
                ledger.transition(
                    row.id,
                    (DeliveryState::Sending, DeliveryState::DotIntent),
                    &note,
                    now,
                )?;
                *state = DeliveryState::DotIntent;
                failpoint::hit("dot-intent");
                if let Err(unwritten) = ready.record.note(row) {
                    // Without the record the end is not sent, so nothing is in doubt.
                    let note = final_note(Phase::Prepare, unwritten.to_string());
                    let (from, to) = (DeliveryState::DotIntent, DeliveryState::Deferred);
                    ledger.transition(row.id, (from, to), &note, now)?;
                    return Err(unwritten);
                }
                failpoint::hit("end-recorded");
                Ok(())
            },
        )?;
        let usable = session.usable();
        run.session = Some(session);
        // A server may close after some transactions; that is no reason to stop.
        if matches!(outcome, TransactionOutcome::Down(_)) && used_before && !usable {
            continue;
        }
        return Ok(outcome);
    }
}
