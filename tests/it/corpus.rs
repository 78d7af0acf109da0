//! Broken copies of the workbooks under `tests/workbooks/`, of every format, read in this process:
//! whatever the bytes, there is a reading or a finding, never a panic.
//!
//! Bounded by `METAS_FUZZ_SECONDS` (2 where it is not set). A long run, 10 minutes a format:
//! `METAS_FUZZ_SECONDS=600 cargo test --test it -- --ignored fuzz --nocapture`
//! `METAS_FUZZ_SEEDS` names a folder with more workbooks to break, as `tests/tools/formats/` makes.
//! A file that panics is left in the temporary folder, and its path is told.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use metas::ingest::read_file;

use crate::ingest::{limits, source};

/// A small generator of numbers, so that a run can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.roll() % (most.max(1) as u64)).unwrap()
    }
}

const FORMATS: [&str; 5] = ["xlsx", "xlsb", "xls", "ods", "csv"];

/// Numbers that readers trip over, as text and as bytes.
const NASTY: [&str; 12] = [
    "0",
    "-1",
    "4294967295",
    "4294967296",
    "99999999999999999999",
    "1e308",
    "NaN",
    "",
    "XFD1048576",
    "A0",
    "&#0;",
    "_xD800_",
];

fn seeds(format: &str) -> Vec<(String, Vec<u8>)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workbooks")];
    folders.extend(std::env::var_os("METAS_FUZZ_SEEDS").map(PathBuf::from));
    let mut paths: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == format) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    let name = |p: &Path| p.file_name().unwrap().to_string_lossy().into_owned();
    paths
        .iter()
        .map(|p| (name(p), std::fs::read(p).unwrap()))
        .filter(|(_, bytes)| (1..200_000).contains(&bytes.len()))
        .collect()
}

/// One to eight changes of single bytes, stretches or numbers.
fn mutate(bytes: &mut Vec<u8>, dice: &mut Dice) {
    for _ in 0..=dice.below(8) {
        if bytes.is_empty() {
            return;
        }
        let at = dice.below(bytes.len());
        let end = (at + dice.below(64)).min(bytes.len());
        match dice.below(9) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => bytes[at] = dice.roll().to_le_bytes()[0],
            3 => bytes[at] ^= 1 << dice.below(8),
            4 => bytes[at..end].fill([0, 0xFF][dice.below(2)]),
            5 => {
                let piece = bytes[at..end].to_vec();
                let to = dice.below(bytes.len());
                bytes.splice(to..to, piece);
            }
            6 => number_at(bytes, at, dice),
            7 => {
                let word = [0u32, 1, 0x7FFF_FFFF, u32::MAX, u32::MAX - 1][dice.below(5)];
                for (offset, byte) in word.to_le_bytes().into_iter().enumerate() {
                    if let Some(slot) = bytes.get_mut(at + offset) {
                        *slot = byte;
                    }
                }
            }
            _ => bytes.insert(at, dice.roll().to_le_bytes()[0]),
        }
    }
}

/// The next run of digits becomes a nasty one.
fn number_at(bytes: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    let digit = |b: &u8| b.is_ascii_digit();
    if let Some(start) = bytes[at..].iter().position(digit).map(|n| at + n) {
        let length = bytes[start..].iter().take_while(|b| digit(b)).count();
        let nasty = NASTY[dice.below(NASTY.len())];
        bytes.splice(start..start + length, nasty.bytes());
    }
}

/// The zip with one of its parts changed before it is packed, so that checksums hold.
fn mutate_part(bytes: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).ok()?;
    let chosen = dice.below(zip.len());
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).ok()?;
        let name = part.name().ok()?.into_owned();
        let mut data = Vec::new();
        part.by_ref().take(1 << 20).read_to_end(&mut data).ok()?;
        if index == chosen {
            mutate(&mut data, dice);
        }
        let stored = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Stored);
        out.start_file(name, stored).ok()?;
        std::io::Write::write_all(&mut out, &data).ok()?;
    }
    Some(out.finish().ok()?.into_inner())
}

fn fuzz(format: &str, seconds: f64, seed: u64) -> usize {
    let seeds = seeds(format);
    let until = Instant::now() + Duration::from_secs_f64(seconds);
    let mut dice = Dice(seed | 1);
    let mut rounds = 0;
    while Instant::now() < until {
        let (name, bytes) = &seeds[dice.below(seeds.len())];
        let mut broken = bytes.clone();
        match dice.below(4) {
            0 => mutate(&mut broken, &mut dice),
            _ => match mutate_part(bytes, &mut dice) {
                Some(made) => broken = made,
                None => mutate(&mut broken, &mut dice),
            },
        }
        let begun = Instant::now();
        let outcome = std::panic::catch_unwind(|| {
            let reading = read_file(&broken, name, &source(), &limits(), &mut |_| {});
            assert!(
                reading.frame.is_some() || reading.is_blocked(),
                "neither data nor an error"
            );
            for finding in &reading.findings {
                assert!(!finding.message.is_empty(), "{finding:?}");
            }
        });
        if outcome.is_err() || begun.elapsed() > Duration::from_secs(15) {
            let kept = std::env::temp_dir().join(format!("metas-fuzz-{seed}-{rounds}-{name}"));
            std::fs::write(&kept, &broken).unwrap();
            panic!("{} breaks the reader", kept.display());
        }
        rounds += 1;
    }
    rounds
}

fn seconds(usual: f64) -> f64 {
    std::env::var("METAS_FUZZ_SECONDS")
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(usual)
}

#[test]
fn broken_copies_never_panic() {
    for format in FORMATS.iter().filter(|f| !seeds(f).is_empty()) {
        assert!(fuzz(format, seconds(2.0) / 5.0, 2026) > 0);
    }
}

/// The long run: other seeds at each start would not be repeatable, so `METAS_FUZZ_SEED` sets it.
#[test]
#[ignore = "runs METAS_FUZZ_SECONDS a format"]
fn fuzz_each_format() {
    let seed = std::env::var("METAS_FUZZ_SEED").map_or(1, |v| v.parse().unwrap());
    let formats: Vec<&str> = FORMATS
        .into_iter()
        .filter(|f| !seeds(f).is_empty())
        .collect();
    std::thread::scope(|scope| {
        for format in formats {
            scope
                .spawn(move || eprintln!("{format}: {} files", fuzz(format, seconds(600.0), seed)));
        }
    });
}
