//! What homes have printed whose turn has not come: in one file without a name, so that neither
//! memory nor open files grow with the number of homes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// The most of one output that is passed on, in bytes.
const MOST: u64 = 256 << 20;

/// The file, made when it is first needed.
#[derive(Default)]
pub(super) struct Spool {
    file: Option<File>,
}

/// A stretch of the file.
pub(super) struct Kept {
    from: u64,
    length: u64,
}

impl Spool {
    /// Keeps everything that `output` holds.
    pub(super) fn keep(&mut self, output: &mut File) -> io::Result<Kept> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let from = file.seek(SeekFrom::End(0))?;
        output.rewind()?;
        let length = io::copy(&mut output.take(MOST), file)?;
        Ok(Kept { from, length })
    }

    /// Gives back what was kept.
    pub(super) fn give(&mut self, kept: &Kept) -> io::Result<Vec<u8>> {
        let Some(file) = &mut self.file else {
            return Ok(Vec::new());
        };
        file.seek(SeekFrom::Start(kept.from))?;
        let mut bytes = Vec::new();
        file.take(kept.length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Everything that `output` holds.
pub(super) fn whole(output: &mut File) -> io::Result<Vec<u8>> {
    output.rewind()?;
    let mut bytes = Vec::new();
    output.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_is_kept_is_given_back_in_any_order() {
        let mut spool = Spool::default();
        let mut keep = |text: &str| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            spool.keep(&mut file).unwrap()
        };
        let (one, none, other) = (keep("uno\n"), keep(""), keep("otro\n"));
        for (kept, text) in [(&other, "otro\n"), (&none, ""), (&one, "uno\n")] {
            assert_eq!(spool.give(kept).unwrap(), text.as_bytes());
        }
    }
}
