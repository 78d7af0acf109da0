//! The parts of a package: those that change are kept, the rest is copied.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const MOST_ENTRIES: usize = 10_000;
/// All parts that are read may inflate to so much.
const MOST_BYTES: u64 = 256 << 20;

/// A package and what changes in it.
pub(super) struct Parts<'b> {
    zip: ZipArchive<Cursor<&'b [u8]>>,
    names: Vec<String>,
    changed: BTreeMap<String, String>,
    left: u64,
}

impl<'b> Parts<'b> {
    /// Opens a zip with plain names.
    pub(super) fn open(bytes: &'b [u8]) -> Option<Self> {
        let zip = ZipArchive::new(Cursor::new(bytes)).ok()?;
        if zip.len() > MOST_ENTRIES || zip.has_duplicate_names() || zip.offset() != 0 {
            return None;
        }
        let mut names = Vec::with_capacity(zip.len());
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index).ok()?;
            let name = String::from_utf8(entry.name_raw().to_vec()).ok()?;
            let plain = !name.contains('\\') && !name.starts_with('/') && !name.contains("..");
            if entry.encrypted() || !plain {
                return None;
            }
            names.push(name);
        }
        let mut folded: Vec<String> = names.iter().map(|n| n.to_lowercase()).collect();
        folded.sort();
        if folded.windows(2).any(|w| w.first() == w.last()) {
            return None;
        }
        Some(Self {
            zip,
            names,
            changed: BTreeMap::new(),
            left: MOST_BYTES,
        })
    }

    /// Names of the parts that were there.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether there is such a part.
    pub(super) fn has(&self, name: &str) -> bool {
        self.changed.contains_key(name) || self.names.iter().any(|n| n.eq_ignore_ascii_case(name))
    }

    /// The text of a part in UTF-8, as it is now.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        if let Some(text) = self.changed.get(name) {
            return Some(text.clone());
        }
        let index = self.names.iter().position(|n| n == name)?;
        let file = self.zip.by_index(index).ok()?;
        let mut bytes = Vec::new();
        file.take(self.left.saturating_add(1))
            .read_to_end(&mut bytes)
            .ok()?;
        self.left = self.left.checked_sub(bytes.len() as u64)?;
        let mut text = String::from_utf8(bytes).ok()?;
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        super::xml::is_plain(&text).then_some(text)
    }

    /// Replaces a part, or adds one.
    pub(super) fn set(&mut self, name: &str, text: String) {
        self.changed.insert(name.to_owned(), text);
    }

    /// A name that no part has: `xl/comments7.xml`.
    pub(super) fn free(&self, stem: &str, ending: &str) -> Option<String> {
        (1..=MOST_ENTRIES)
            .map(|n| format!("{stem}{n}{ending}"))
            .find(|name| !self.has(name))
    }

    /// The new package.
    pub(super) fn finish(mut self) -> Option<Vec<u8>> {
        let mut out = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default());
        for (index, name) in self.names.iter().enumerate() {
            match self.changed.remove(name) {
                Some(text) => {
                    out.start_file(name.as_str(), options).ok()?;
                    out.write_all(text.as_bytes()).ok()?;
                }
                None => out.raw_copy_file(self.zip.by_index_raw(index).ok()?).ok()?,
            }
        }
        for (name, text) in self.changed {
            out.start_file(name, options).ok()?;
            out.write_all(text.as_bytes()).ok()?;
        }
        Some(out.finish().ok()?.into_inner())
    }
}
