//! An address that a person types, among those that a definition names.

use crate::delivery::message::{Mailbox, parse_mailbox};
use crate::diagnostic::did_you_mean;
use crate::exit::CommandError;
use crate::plan::Plan;

/// An address that the definition does not name.
pub(super) struct UnknownAddress {
    /// What was asked for.
    pub asked: String,
    /// What the definition names.
    pub known: Vec<String>,
    /// The one that may have been meant.
    pub near: Option<String>,
}

/// The mailbox among those `named` that has the address `to`; letters may be large or small.
///
/// # Errors
/// The plan writes to nobody, `to` is no address, or what `unknown` makes of one that is not named.
pub(super) fn known_mailbox<'a>(
    plan: &Plan,
    to: &str,
    named: impl Iterator<Item = &'a String>,
    unknown: impl FnOnce(UnknownAddress) -> CommandError,
) -> Result<Mailbox, CommandError> {
    if plan.delivery.is_none() {
        return Err(CommandError::usage(
            "no-delivery",
            format!("{} writes to nobody", plan.plan.id),
            "add [delivery] with from and to to its definition",
        ));
    }
    let asked = parse_mailbox(to)
        .map_err(|why| {
            CommandError::usage(
                "address-invalid",
                why.to_string(),
                "write --to name@example.mx",
            )
        })?
        .email
        .to_string();
    let known: Vec<Mailbox> = named.filter_map(|text| parse_mailbox(text).ok()).collect();
    let same = |mailbox: &&Mailbox| mailbox.email.to_string().eq_ignore_ascii_case(&asked);
    if let Some(mailbox) = known.iter().find(same) {
        return Ok(mailbox.clone());
    }
    let known: Vec<String> = known.iter().map(|m| m.email.to_string()).collect();
    let near = did_you_mean(&asked, known.iter().map(String::as_str));
    let near = near.map(str::to_owned);
    Err(unknown(UnknownAddress { asked, known, near }))
}
