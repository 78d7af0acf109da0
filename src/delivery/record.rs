//! What stands beside the reports about the sending: a line for each time that the end of a message
//! to a recipient was begun to be sent, on the disk before it is; for an edition in its folder, for
//! what carries none in the plan's. It outlives the ledger: one that is lost, or put back from
//! before the send, is held against it, so that nothing goes out a second time in silence. It is
//! hidden and no part of an edition's manifest.

#![allow(clippy::disallowed_methods, reason = "the shell keeps the record")]

use std::cell::Cell;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::delivery::error::DeliveryError;
use crate::delivery::home::DeliveryHome;
use crate::diagnostic::Diagnostic;
use crate::hash::sha256_hex;
use crate::ledger::{Delivery, Ledger, TOKEN_FILE};
use crate::percent::encoded;
use crate::store::{Store, disk, keep, presence};

/// Name of the file in the edition's folder.
pub const RECORD_FILE: &str = ".deliveries";

/// One line.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
struct RecordLine {
    event: String,
    to: String,
    message_id: String,
}

impl RecordLine {
    fn of(row: &Delivery) -> Self {
        Self {
            event: "end-sent".to_owned(),
            to: row.recipient.clone(),
            message_id: row.message_id.clone(),
        }
    }
}

/// A run that has published an edition sends none of it before that is announced.
fn not_announced(row: &Delivery, directory: &str) -> Diagnostic {
    let message = format!(
        "delivery {} to {} waits: its edition is published and not announced yet: {directory}",
        row.id, row.recipient
    );
    Diagnostic::error("edition-not-announced", message)
        .hint("The next run announces it and sends; what kept this one from it is told beside.")
}

/// The record of one edition, or of a plan's notices.
#[derive(Debug)]
pub(super) struct Record<'s> {
    path: PathBuf,
    store: Option<&'s dyn Store>,
    /// How many ends are noted in the store.
    in_store: Cell<usize>,
}

impl<'s> Record<'s> {
    /// The record that a delivery belongs in.
    ///
    /// # Errors
    /// `edition-missing` where the folder of its edition is gone, `edition-not-announced`, and what
    /// the ledger says.
    pub(super) fn of(
        ledger: &Ledger,
        home: DeliveryHome<'s>,
        row: &Delivery,
    ) -> Result<Self, DeliveryError> {
        let Some(key) = row.topic.edition_key() else {
            return Self::of_notices(home, &row.topic.plan);
        };
        let editions = ledger.editions(Some(&key.plan), Some(key.period))?;
        let directory = editions
            .into_iter()
            .find(|e| e.key == key)
            .map_or_else(|| key.folder(), |e| e.place());
        let folder = home.root.join(&directory);
        let record = Self::in_folder(&folder, home.store);
        if !presence::is_folder(&folder).map_err(|e| record.wrong("read", &e.source))? {
            let message = format!(
                "delivery {} to {} waits: the folder of its edition is gone: {directory}",
                row.id, row.recipient
            );
            let hint = "Put it back: `metas restore FILE --missing` takes it from a file of `metas backup`.";
            let gone = Diagnostic::error("edition-missing", message).hint(hint);
            return Err(DeliveryError::EditionMissing(gone));
        }
        let token = folder.join(TOKEN_FILE);
        if presence::lies(&token).map_err(|e| record.wrong("read", &e.source))? {
            return Err(DeliveryError::Later(not_announced(row, &directory)));
        }
        Ok(record)
    }

    fn in_folder(folder: &Path, store: Option<&'s dyn Store>) -> Self {
        Self {
            path: folder.join(RECORD_FILE),
            store,
            in_store: Cell::new(0),
        }
    }

    fn of_notices(home: DeliveryHome<'s>, plan: &str) -> Result<Self, DeliveryError> {
        let folder = home.root.join("reports").join(plan);
        let record = Self::in_folder(&folder, home.store);
        disk::make_private_folder(&folder).map_err(|e| record.wrong("written", &e))?;
        Ok(record)
    }

    /// How many times the end of a delivery's message was begun to be sent.
    pub(super) fn ends(&self, row: &Delivery) -> Result<usize, DeliveryError> {
        if let Some(store) = self.store {
            self.in_store.set(store.list(&object_folder(row))?.len());
        }
        Ok(self.ends_here(row)?.max(self.in_store.get()))
    }

    fn ends_here(&self, row: &Delivery) -> Result<usize, DeliveryError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(e) => return Err(self.wrong("read", &e)),
        };
        let expected = RecordLine::of(row);
        // A line that a run could not write to its end was not followed by the end of a message.
        let lines = bytes
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice::<RecordLine>(line).ok());
        Ok(lines.filter(|line| *line == expected).count())
    }

    /// Notes that the end of a delivery's message is about to be sent.
    pub(super) fn note(&self, row: &Delivery) -> Result<(), DeliveryError> {
        self.append(row).map_err(|e| self.wrong("written", &e))?;
        let Some(store) = self.store else {
            return Ok(());
        };
        let number = self.in_store.get() + 1;
        let key = format!("{}/{number}.json", object_folder(row));
        // Its keys are texts, so that this cannot fail.
        let line = serde_json::to_vec(&RecordLine::of(row)).unwrap_or_default();
        keep(store, &key, &line)?;
        self.in_store.set(number);
        Ok(())
    }

    fn append(&self, row: &Delivery) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.path)?;
        let mut line = serde_json::to_vec(&RecordLine::of(row))?;
        line.push(b'\n');
        if !ends_in_a_line(&mut file)? {
            line.insert(0, b'\n');
        }
        file.write_all(&line)?;
        file.sync_all()?;
        if let Some(folder) = self.path.parent().filter(|_| cfg!(unix)) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn wrong(&self, doing: &str, error: &io::Error) -> DeliveryError {
        let message = format!(
            "the record beside the reports can't be {doing}: {}: {error}",
            self.path.display()
        );
        let hint = "Nothing more is sent until it can: check the disk, and that this user may write there.";
        Diagnostic::error("record-unusable", message)
            .hint(hint)
            .into()
    }
}

/// Where the ends of a delivery's message are noted in the store: people's addresses are no keys.
fn object_folder(row: &Delivery) -> String {
    let whose = format!("{}\n{}", row.recipient, row.message_id);
    let (plan, whose) = (encoded(&row.topic.plan), sha256_hex(whose.as_bytes()));
    format!("deliveries/{plan}/{whose}")
}

fn ends_in_a_line(file: &mut File) -> io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(true);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last == [b'\n'])
}
