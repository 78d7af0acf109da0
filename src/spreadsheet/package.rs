//! A zip of parts, opened with its bounds: entry count, declared sizes, bytes as they come.

use super::read_error::{password, too_big};
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::rc::Rc;

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::read_error::ReadError;
use crate::plan::Limits;

const MAX_ENTRIES: usize = 10_000;

/// One part, still compressed.
#[derive(Clone)]
pub(crate) struct Part<'b> {
    /// Its name as the zip has it.
    pub name: String,
    /// Its name for comparison.
    folded: String,
    data: &'b [u8],
    deflated: bool,
    /// Checksum of its content.
    pub crc: u32,
    /// Declared size of its content.
    pub size: u64,
}

/// An opened zip.
#[derive(Clone)]
pub(crate) struct Package<'b> {
    /// Its parts, in the order of the directory.
    pub parts: Rc<[Part<'b>]>,
    most: u64,
}

impl<'b> Package<'b> {
    /// Opens the zip and checks what its directory declares.
    pub(crate) fn open(bytes: &'b [u8], limits: &Limits) -> Result<Self, ReadError> {
        let mut zip = ZipArchive::new(Cursor::new(bytes))
            .map_err(|_| ReadError::damaged("su índice interno (zip) no se puede leer, como ocurre cuando la copia queda a medias"))?;
        if zip.len() > MAX_ENTRIES {
            return Err(too_big(&format!("contiene {} partes", zip.len())));
        }
        let twice = || ReadError::damaged("contiene dos partes con el mismo nombre");
        if zip.has_duplicate_names() {
            return Err(twice());
        }
        let most = limits.inflated_mib.saturating_mul(1 << 20);
        let mut total = 0u64;
        let mut parts: Vec<Part<'b>> = Vec::with_capacity(zip.len());
        for index in 0..zip.len() {
            let entry = zip
                .by_index_raw(index)
                .map_err(|_| ReadError::damaged("una entrada de su índice no se puede leer"))?;
            if entry.encrypted() {
                return Err(password());
            }
            total = total.saturating_add(entry.size());
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            let folded = normal(&name);
            if folded.split('/').any(|part| part == "..") {
                return Err(ReadError::damaged("contiene rutas que salen de él"));
            }
            let data = data(bytes, entry.data_start(), entry.compressed_size());
            let deflated = entry.compression() == CompressionMethod::Deflated;
            if data.is_none() || !(deflated || entry.compression() == CompressionMethod::Stored) {
                let what = format!("su parte «{}» no se puede abrir", short(&name));
                return Err(ReadError::damaged(&what));
            }
            parts.push(Part {
                name,
                folded,
                data: data.unwrap_or_default(),
                deflated,
                crc: entry.crc32(),
                size: entry.size(),
            });
        }
        let mut names: Vec<&str> = parts.iter().map(|part| part.folded.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(twice());
        }
        if total > most {
            return Err(too_big(&format!("descomprimido mide {} MB", total >> 20)));
        }
        Ok(Self {
            parts: parts.into(),
            most,
        })
    }

    /// Whether there is such a part.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<&Part<'b>> {
        let folded = normal(name);
        self.parts.iter().find(|part| part.folded == folded)
    }

    /// Opens a part; `None` where there is none.
    pub(crate) fn part(&self, name: &str) -> Option<Box<dyn BufRead + 'b>> {
        let inflate = self.inflate(self.find(name)?);
        Some(Box::new(BufReader::with_capacity(32 << 10, inflate)))
    }

    /// The content of a part, as a stream.
    pub(crate) fn inflate(&self, part: &Part<'b>) -> Inflate<'b> {
        // The inflater panics where there is no memory for it, and calamine is often what asks for
        // it: that would pass for the file's damage. This ends the process with the right word.
        drop(std::hint::black_box(Vec::<u8>::with_capacity(INFLATER)));
        Inflate {
            inner: if part.deflated {
                Box::new(DeflateDecoder::new(part.data))
            } else {
                Box::new(part.data)
            },
            left: self.most,
            sum: Crc::new(),
            crc: part.crc,
        }
    }

    /// A small part, whole.
    pub(crate) fn bytes(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(reader) = self.part(name) else {
            return Ok(None);
        };
        let mut out = Vec::new();
        reader
            .take(most)
            .read_to_end(&mut out)
            .map_err(|_| ReadError::damaged(&format!("su parte «{}» está cortada", short(name))))?;
        Ok(Some(out))
    }
}

/// More than an inflater takes, and less than what the allocator asks of the system apart.
const INFLATER: usize = 100 << 10;

fn data(bytes: &[u8], start: Option<u64>, length: u64) -> Option<&[u8]> {
    let start = usize::try_from(start?).ok()?;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    bytes.get(start..end)
}

fn normal(name: &str) -> String {
    name.trim_start_matches('/')
        .replace('\\', "/")
        .to_lowercase()
}

fn short(name: &str) -> String {
    name.chars().take(60).collect()
}

/// Inflated bytes, counted as they come, because declared sizes can lie, and held against the
/// checksum at their end.
pub(crate) struct Inflate<'b> {
    inner: Box<dyn Read + 'b>,
    left: u64,
    sum: Crc,
    crc: u32,
}

/// What the reader says when a part inflates beyond its bound.
const TOO_MUCH: &str = "inflates beyond the limit";

impl Read for Inflate<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other(TOO_MUCH))?;
        self.sum.update(buf.get(..read).unwrap_or_default());
        if read == 0 && !buf.is_empty() && self.sum.sum() != self.crc {
            return Err(io::Error::other("wrong checksum"));
        }
        Ok(read)
    }
}

/// The finding about a part that can't be inflated.
pub(crate) fn unreadable(error: &io::Error) -> ReadError {
    if error.to_string().contains(TOO_MUCH) {
        return too_big("descomprimido pasa del límite");
    }
    ReadError::cut_off()
}
