//! Where no server is configured, messages become files in `state/outbox/`, in a folder an occasion.

#![allow(clippy::disallowed_methods, reason = "the shell writes the outbox")]

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::attempt::{DispatchRun, ReadyDelivery};
use crate::delivery::error::DeliveryError;
use crate::failpoint;
use crate::ledger::{Delivery, DeliveryState, Note};
use crate::store::disk;

/// Writes the delivery into the outbox, and commits what became of it; gives the file.
///
/// # Errors
/// The ledger can't be written.
pub(super) fn hand_over(
    run: &mut DispatchRun<'_>,
    ready: &ReadyDelivery<'_>,
) -> Result<Option<PathBuf>, DeliveryError> {
    match put(&run.home.root.join("state"), ready.row, &ready.message) {
        Ok(path) => {
            failpoint::hit("after-dot");
            let shown = path.strip_prefix(run.home.root).unwrap_or(&path);
            let note = Note {
                phase: Some("outbox".to_owned()),
                reply: Some(format!("written to {}", shown.display())),
                ..Note::default()
            };
            run.step(
                ready.row,
                DeliveryState::Sending,
                DeliveryState::Accepted,
                &note,
            )?;
            failpoint::hit("accepted");
            Ok(Some(path))
        }
        Err(e) => {
            let note = run.later(
                ready.row,
                "outbox",
                format!("the outbox can't be written: {e}"),
            );
            run.step(
                ready.row,
                DeliveryState::Sending,
                DeliveryState::Deferred,
                &note,
            )?;
            Ok(None)
        }
    }
}

/// Writes a delivery's frozen message as a file for its recipient; done again, nothing changes.
fn put(state_dir: &Path, delivery: &Delivery, message: &[u8]) -> io::Result<PathBuf> {
    let occasion = delivery.topic.occasion.as_str();
    let folder = state_dir.join("outbox").join(occasion);
    disk::make_private_folder(&folder)?;
    let path = folder.join(file_name(delivery));
    match fs::read(&path) {
        Ok(there) if there == message => {}
        _ => write_whole(&path, message)?,
    }
    Ok(path)
}

fn file_name(delivery: &Delivery) -> String {
    let topic = &delivery.topic;
    let about: Vec<String> = topic.about.split('/').map(safe).collect();
    format!(
        "{}_{}_{}.eml",
        safe(&topic.plan),
        about.join("_"),
        safe(&delivery.recipient)
    )
}

/// The text with everything but letters, digits and `@ . _ + -` written as `%XX`, so that two
/// recipients never share a file.
fn safe(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'@' | b'.' | b'_' | b'+' | b'-' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Writes a file that is there whole or not at all, for this user only, and that survives a power
/// cut once this returns.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".tmp");
    let temporary = folder.join(name);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&temporary, path)?;
    // The rename itself lies in the folder.
    disk::sync_folder(folder)
}
