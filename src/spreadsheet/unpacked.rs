//! A zip as calamine is given it: the same parts, not compressed, made while they are read.
//!
//! calamine opens and inflates the parts itself and lets nobody see a part's bytes on the way. A
//! second reading for what it does not tell would cost as much as the first. So it is given a zip
//! that exists in parts only: its directory is real, and what it reads of a part is inflated at
//! that moment and passes a [`Scan`] on its way. Nothing is inflated twice, nothing is held whole.

use std::cell::RefCell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

use encoding_rs::{UTF_16BE, UTF_16LE};
use memchr::{memchr, memmem, memrchr};

use super::cell::{Area, Sink};
use super::package::{Package, unreadable};
use super::read_error::ReadError;

/// In tests small, so that stretches end everywhere.
const CHUNK: usize = if cfg!(test) { 100 } else { 64 << 10 };
/// The longest stretch that a scan may want to see at once: a cell.
const LONGEST: usize = 16 << 20;

/// Looks at the content of a part on its way to calamine, and may put it right.
pub(super) trait Scan {
    /// Looks at `bytes`, which go on where it stopped looking before, writes to `out` what is to
    /// pass, and tells how many it has seen. `ended` says that no more follow.
    fn scan(&mut self, bytes: &[u8], ended: bool, out: &mut Vec<u8>) -> Result<usize, ReadError>;
}

/// Lets everything pass.
struct PlainScan;

impl Scan for PlainScan {
    fn scan(&mut self, bytes: &[u8], _: bool, out: &mut Vec<u8>) -> Result<usize, ReadError> {
        out.extend_from_slice(bytes);
        Ok(bytes.len())
    }
}

/// Puts right what the shared texts do to calamine: it reserves room for as many as are declared,
/// and a false count takes the process down; and it takes the spaces off the ends of each piece of
/// a text, which glues words together.
#[derive(Default)]
struct SharedTexts {
    /// How much has passed, as long as the count may follow.
    passed: usize,
}

/// The count stands in the first element.
const HEAD: usize = 2048;

impl Scan for SharedTexts {
    fn scan(&mut self, bytes: &[u8], ended: bool, out: &mut Vec<u8>) -> Result<usize, ReadError> {
        let whole = if ended {
            bytes.len()
        } else {
            memrchr(b'<', bytes).unwrap_or(0)
        };
        let begin = out.len();
        keep_spaces(bytes.get(..whole).unwrap_or_default(), out);
        if self.passed < HEAD {
            let passed = out.get_mut(begin..).unwrap_or_default();
            let head = passed.len().min(HEAD);
            self.passed += head;
            let head = passed.get_mut(..head).unwrap_or_default();
            if let Some(at) = memmem::find(head, b"uniqueCount")
                && let Some(letter) = head.get_mut(at)
            {
                *letter = b'x';
            }
        }
        Ok(whole)
    }
}

/// Writes texts in which spaces at the ends of `t` elements are kept. No tag is cut in `bytes`.
pub(super) fn keep_spaces(bytes: &[u8], out: &mut Vec<u8>) {
    let mut written = 0;
    for at in memmem::find_iter(bytes, b"<t>") {
        let text = bytes.get(at + 3..).unwrap_or_default();
        let length = memchr(b'<', text).unwrap_or(text.len());
        let text = text.get(..length).unwrap_or_default();
        if text.trim_ascii().len() < text.len() {
            out.extend_from_slice(bytes.get(written..at + 2).unwrap_or_default());
            out.extend_from_slice(b" xml:space=\"preserve\"");
            written = at + 2;
        }
    }
    out.extend_from_slice(bytes.get(written..).unwrap_or_default());
}

enum PartContent {
    /// Headers and the directory.
    Head(Vec<u8>),
    /// A part of the package, by its number.
    Part(usize),
    /// A part that was written anew.
    Text(usize, Rc<[u8]>),
}

/// A part that is being read.
struct Stream<'b> {
    segment: usize,
    /// How many bytes were given away.
    at: u64,
    source: Box<dyn Read + 'b>,
    ended: bool,
    /// What was inflated, and not yet seen by the scan.
    raw: Vec<u8>,
    scan: Box<dyn Scan + 'b>,
    /// What may pass, and how much of it has.
    out: Vec<u8>,
    begin: usize,
}

impl Stream<'_> {
    fn fill(&mut self) -> Result<(), ReadError> {
        self.out.clear();
        self.begin = 0;
        loop {
            let mut held = self.raw.len();
            self.raw.resize(held + CHUNK, 0);
            while !self.ended && held < self.raw.len() {
                let room = self.raw.get_mut(held..).unwrap_or_default();
                let read = self.source.read(room).map_err(|e| unreadable(&e))?;
                self.ended = read == 0;
                held += read;
            }
            self.raw.truncate(held);
            let seen = self.scan.scan(&self.raw, self.ended, &mut self.out)?;
            self.raw.drain(..seen);
            if !self.out.is_empty() || self.ended {
                return Ok(());
            }
            if held > LONGEST {
                return Err(ReadError::damaged("una celda no termina"));
            }
        }
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ReadError> {
        if self.begin == self.out.len() && !(self.ended && self.raw.is_empty()) {
            self.fill()?;
        }
        let waiting = self.out.get(self.begin..).unwrap_or_default();
        let copied = copy(waiting, buf);
        self.begin += copied;
        self.at += copied as u64;
        Ok(copied)
    }
}

struct Inner<'b> {
    package: Package<'b>,
    /// Where each segment begins.
    starts: Vec<u64>,
    contents: Vec<PartContent>,
    length: u64,
    at: u64,
    stream: Option<Stream<'b>>,
    /// Looks at the next part that is opened.
    next_scan: Option<Box<dyn Scan + 'b>>,
    error: Option<ReadError>,
}

/// A handle of the zip; copies read the same one.
#[derive(Clone)]
pub(super) struct Unpacked<'b>(Rc<RefCell<Inner<'b>>>);

impl<'b> Unpacked<'b> {
    /// The zip of a package's parts without those that are `left_out`. Parts may
    /// become up to twice as long on their way: calamine stops where the content ends.
    pub(super) fn new(package: &Package<'b>, left_out: &[&str]) -> Self {
        let mut inner = Inner {
            package: package.clone(),
            starts: Vec::new(),
            contents: Vec::new(),
            length: 0,
            at: 0,
            stream: None,
            next_scan: None,
            error: None,
        };
        let mut directory = Vec::new();
        let mut count = 0u16;
        for (index, part) in package.parts.iter().enumerate() {
            if left_out
                .iter()
                .any(|name| part.name.eq_ignore_ascii_case(name))
            {
                continue;
            }
            let (content, size, crc) = match rewritten(package, index) {
                Some(text) => {
                    let (size, crc) = (text.len() as u64, sum(&text));
                    (PartContent::Text(index, text.into()), size, crc)
                }
                None => (PartContent::Part(index), part.size * 2 + 64, part.crc),
            };
            let offset = u32::try_from(inner.length).unwrap_or(u32::MAX);
            let head = header(crc, u32::try_from(size).unwrap_or(u32::MAX), &part.name);
            directory.extend(b"PK\x01\x02\x14\x00");
            directory.extend(&head);
            directory.extend([0; 10]);
            directory.extend(offset.to_le_bytes());
            directory.extend(part.name.as_bytes());
            let mut local = b"PK\x03\x04".to_vec();
            local.extend(&head);
            local.extend(part.name.as_bytes());
            inner.add(local.len() as u64, PartContent::Head(local));
            inner.add(size, content);
            count += 1;
        }
        // The end of a zip is looked for backwards, some thousand bytes at a time: no part is to be
        // opened by that.
        inner.add(4096, PartContent::Head(vec![0; 4096]));
        let begin = u32::try_from(inner.length).unwrap_or(u32::MAX);
        let length = u32::try_from(directory.len()).unwrap_or(u32::MAX);
        directory.extend(b"PK\x05\x06\0\0\0\0");
        directory.extend(count.to_le_bytes());
        directory.extend(count.to_le_bytes());
        directory.extend(length.to_le_bytes());
        directory.extend(begin.to_le_bytes());
        directory.extend([0, 0]);
        inner.add(directory.len() as u64, PartContent::Head(directory));
        Self(Rc::new(RefCell::new(inner)))
    }

    /// Has `scan` look at the next part that is opened.
    pub(super) fn watch(&self, scan: Box<dyn Scan + 'b>) {
        let mut inner = self.0.borrow_mut();
        inner.stream = None;
        inner.error = None;
        inner.next_scan = Some(scan);
    }

    /// Passes what is left of a sheet by its scan, and tells `sink` the merged areas that it found:
    /// they follow the cells, and what is wrong out there harms no cell.
    pub(super) fn pass_merged(&self, sink: &mut dyn Sink, merged: impl FnOnce() -> Vec<Area>) {
        self.pass_rest();
        for area in merged() {
            sink.merged(area);
        }
    }

    /// Passes what is left of the part that is being read by its scan.
    fn pass_rest(&self) {
        let mut inner = self.0.borrow_mut();
        let Some(mut stream) = inner.stream.take() else {
            return;
        };
        while stream.fill().is_ok() && !stream.out.is_empty() {}
    }

    /// Why the last reading failed, where calamine was only told that it did.
    pub(super) fn error(&self) -> Option<ReadError> {
        self.0.borrow_mut().error.take()
    }
}

/// The fields that a local header and the directory share: version to `extra field length`.
fn header(crc: u32, size: u32, name: &str) -> Vec<u8> {
    let mut head = vec![0x14, 0, 0, 8, 0, 0, 0, 0, 0x21, 0];
    head.extend(crc.to_le_bytes());
    head.extend(size.to_le_bytes());
    head.extend(size.to_le_bytes());
    head.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
    head.extend([0, 0]);
    head
}

/// A part that calamine would not understand as it is, written anew: one in UTF-16, and the
/// relations of an xlsb by prefixed names, or to sheets of macros, which make it refuse the file.
fn rewritten(package: &Package<'_>, index: usize) -> Option<Vec<u8>> {
    let part = package.parts.get(index)?;
    let name = part.name.to_ascii_lowercase();
    let is_relations = name.ends_with(".rels");
    if !is_relations && !name.ends_with(".xml") {
        return None;
    }
    let mut inflate = package.inflate(part);
    let mut text = vec![0; 4];
    inflate.read_exact(&mut text).ok()?;
    let encoding = match text.as_slice() {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => Some(UTF_16BE),
        _ => None,
    };
    if encoding.is_none() && !is_relations {
        return None;
    }
    inflate.read_to_end(&mut text).ok()?;
    let text = match encoding {
        Some(encoding) => encoding.decode_with_bom_removal(&text).0.into_owned(),
        None => String::from_utf8(text).ok()?,
    };
    Some(
        if is_relations {
            plain_relations(&text)
        } else {
            text
        }
        .into_bytes(),
    )
}

fn plain_relations(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, tag) in text.split('<').enumerate() {
        if number > 0 {
            out.push('<');
        }
        let (end, name) = match tag.strip_prefix('/') {
            Some(name) => ("/", name),
            None => ("", tag),
        };
        out.push_str(end);
        match name.split_once(':') {
            Some((prefix, rest)) if prefix.chars().all(char::is_alphanumeric) => out.push_str(rest),
            _ => out.push_str(name),
        }
    }
    out.replace("/xlMacrosheet\"", "/chartsheet\"")
        .replace("/xlIntlMacrosheet\"", "/chartsheet\"")
        .replace("\"macrosheets/", "\"chartsheets/")
}

fn sum(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}

fn copy(from: &[u8], to: &mut [u8]) -> usize {
    let length = from.len().min(to.len());
    if let (Some(from), Some(to)) = (from.get(..length), to.get_mut(..length)) {
        to.copy_from_slice(from);
    }
    length
}

impl<'b> Inner<'b> {
    fn add(&mut self, size: u64, content: PartContent) {
        self.starts.push(self.length);
        self.contents.push(content);
        self.length += size;
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ReadError> {
        let segment = self.starts.partition_point(|start| *start <= self.at) - 1;
        let start = self.starts.get(segment).copied().unwrap_or(0);
        let end = self.starts.get(segment + 1).copied().unwrap_or(self.length);
        let offset = self.at - start;
        let most = buf
            .len()
            .min(usize::try_from(end.saturating_sub(self.at)).unwrap_or(usize::MAX));
        let buf = buf.get_mut(..most).unwrap_or_default();
        if let Some(PartContent::Head(bytes)) = self.contents.get(segment) {
            let rest = usize::try_from(offset).ok().and_then(|o| bytes.get(o..));
            return Ok(copy(rest.unwrap_or_default(), buf));
        }
        let mut stream = match self.stream.take() {
            Some(stream) if stream.segment == segment && stream.at <= offset => stream,
            _ => match self.open(segment) {
                Some(stream) => stream,
                None => return Ok(0),
            },
        };
        while stream.at < offset {
            let skip = usize::try_from(offset - stream.at).unwrap_or(usize::MAX);
            if stream.read(&mut vec![0; skip.min(CHUNK)])? == 0 {
                break;
            }
        }
        let read = stream.read(buf)?;
        self.stream = Some(stream);
        Ok(read)
    }

    fn open(&mut self, segment: usize) -> Option<Stream<'b>> {
        let (index, text) = match self.contents.get(segment)? {
            PartContent::Head(_) => return None,
            PartContent::Part(index) => (*index, None),
            PartContent::Text(index, text) => (*index, Some(Rc::clone(text))),
        };
        let part = self.package.parts.get(index)?;
        let counted = part
            .name
            .to_ascii_lowercase()
            .ends_with("sharedstrings.xml");
        let scan: Box<dyn Scan + 'b> = match self.next_scan.take() {
            Some(scan) => scan,
            None if counted => Box::new(SharedTexts::default()),
            None => Box::new(PlainScan),
        };
        Some(Stream {
            segment,
            at: 0,
            source: match text {
                Some(text) => Box::new(Cursor::new(text)),
                None => Box::new(self.package.inflate(part)),
            },
            ended: false,
            raw: Vec::new(),
            scan,
            out: Vec::new(),
            begin: 0,
        })
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut inner = self.0.borrow_mut();
        match inner.read(buf) {
            Ok(read) => {
                inner.at += read as u64;
                Ok(read)
            }
            Err(error) => {
                inner.error.get_or_insert(error);
                Err(io::Error::other("the part can't be read"))
            }
        }
    }
}

impl Seek for Unpacked<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let mut inner = self.0.borrow_mut();
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => inner.length.checked_add_signed(by),
            SeekFrom::Current(by) => inner.at.checked_add_signed(by),
        };
        inner.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(inner.at)
    }
}
