//! A compound file: streams scattered over sectors. Chains are followed no longer than the file
//! is, so that a cycle ends.

use crate::ingest::bytes::{Bytes, utf16};
use crate::ingest::cell::Trouble;

const END: u32 = 0xFFFF_FFFE;
const MOST_SECTORS: u32 = 0xFFFF_FFFA;

struct Entry {
    name: String,
    start: u32,
    size: usize,
}

/// An opened compound file.
pub struct Compound<'b> {
    bytes: Bytes<'b>,
    sector: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini: Vec<u8>,
    cutoff: usize,
    entries: Vec<Entry>,
}

impl<'b> Compound<'b> {
    /// Reads the allocation tables and the directory.
    pub fn open(file: &'b [u8]) -> Result<Self, Trouble> {
        Self::read(file).ok_or_else(broken)
    }

    fn read(file: &'b [u8]) -> Option<Self> {
        let bytes = Bytes(file);
        let sector = match bytes.u16(30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let mut compound = Self {
            bytes,
            sector,
            fat: Vec::new(),
            mini_fat: Vec::new(),
            mini: Vec::new(),
            cutoff: bytes.u32(56)? as usize,
            entries: Vec::new(),
        };
        compound.read_fat()?;
        let directory = compound.chain(bytes.u32(48)?, usize::MAX)?;
        for raw in directory.chunks_exact(128) {
            compound.entries.extend(entry(Bytes(raw), sector));
        }
        let mini_fat = compound.chain(bytes.u32(60)?, usize::MAX)?;
        compound.mini_fat = numbers(&mini_fat);
        if let Some(root) = compound.entries.first() {
            compound.mini = compound.chain(root.start, root.size)?;
        }
        Some(compound)
    }

    fn read_fat(&mut self) -> Option<()> {
        let mut tables: Vec<u32> = (0..109).map_while(|i| self.bytes.u32(76 + 4 * i)).collect();
        let mut next = self.bytes.u32(68)?;
        let mut left = self.bytes.0.len() / self.sector + 1;
        while next < MOST_SECTORS && left > 0 {
            let table = numbers(self.sector(next)?);
            next = *table.last()?;
            tables.extend(table.split_last()?.1);
            left -= 1;
        }
        let most = self.bytes.0.len() / self.sector + 1;
        for table in tables.into_iter().filter(|t| *t < MOST_SECTORS).take(most) {
            // A file cut off has tables past its end; what they would say is missed later.
            let Some(sector) = self.sector(table) else {
                break;
            };
            let numbers = numbers(sector);
            self.fat.extend(numbers);
        }
        Some(())
    }

    fn sector(&self, number: u32) -> Option<&'b [u8]> {
        let start = (number as usize).checked_add(1)?.checked_mul(self.sector)?;
        let end = start.checked_add(self.sector)?.min(self.bytes.0.len());
        self.bytes.0.get(start..end).filter(|s| !s.is_empty())
    }

    /// The bytes of a chain of sectors, at most `size` of them; none for a chain that is broken.
    fn chain(&self, start: u32, size: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut next = start;
        let mut left = self.fat.len() + 1;
        while next < MOST_SECTORS && out.len() < size {
            left = left.checked_sub(1)?;
            out.extend_from_slice(self.sector(next)?);
            next = *self.fat.get(next as usize)?;
        }
        out.truncate(size);
        (next < MOST_SECTORS || next == END || start >= MOST_SECTORS).then_some(out)
    }

    fn mini_chain(&self, start: u32, size: usize) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let mut next = start;
        let mut left = self.mini_fat.len() + 1;
        while next < MOST_SECTORS && out.len() < size {
            left = left.checked_sub(1)?;
            let at = (next as usize).checked_mul(64)?;
            let end = at.checked_add(64)?.min(self.mini.len());
            out.extend_from_slice(self.mini.get(at..end)?);
            next = *self.mini_fat.get(next as usize)?;
        }
        out.truncate(size);
        Some(out)
    }

    /// Whether there is a stream of that name.
    pub fn has(&self, name: &str) -> bool {
        self.entries
            .iter()
            .any(|e| e.name.eq_ignore_ascii_case(name))
    }

    /// A stream's bytes.
    pub fn stream(&self, name: &str) -> Result<Option<Vec<u8>>, Trouble> {
        let Some(entry) = self
            .entries
            .iter()
            .find(|e| e.name.eq_ignore_ascii_case(name))
        else {
            return Ok(None);
        };
        let stream = if entry.size < self.cutoff {
            self.mini_chain(entry.start, entry.size)
        } else {
            self.chain(entry.start, entry.size)
        };
        let stream = stream
            .filter(|s| s.len() == entry.size)
            .ok_or_else(broken)?;
        Ok(Some(stream))
    }
}

fn entry(raw: Bytes<'_>, sector: usize) -> Option<Entry> {
    let units = usize::from(raw.u16(64)?).min(64).checked_sub(2)?;
    // Storages (1) hold other streams, such as macros; only streams (2) and the root (5) count.
    if !matches!(raw.u8(66)?, 2 | 5) {
        return None;
    }
    let size = if sector == 512 {
        raw.u32(120)? as usize
    } else {
        usize::try_from(u64::from(raw.u32(120)?) | u64::from(raw.u32(124)?) << 32).ok()?
    };
    Some(Entry {
        name: utf16(raw.0.get(..units)?),
        start: raw.u32(116)?,
        size,
    })
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes
        .chunks_exact(4)
        .map(|four| Bytes(four).u32(0).unwrap_or(END))
        .collect()
}

fn broken() -> Trouble {
    Trouble::damaged(
        "está cortado o revuelto por dentro, como ocurre cuando la copia queda a medias",
    )
}
