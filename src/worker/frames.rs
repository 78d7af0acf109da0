//! Frames between parent and child: eight bytes of length, little-endian, then that many bytes.

use std::io::{self, Read, Write};

pub(crate) fn write_frame(out: &mut dyn Write, bytes: &[u8]) -> io::Result<()> {
    out.write_all(&(bytes.len() as u64).to_le_bytes())?;
    out.write_all(bytes)?;
    out.flush()
}

/// The next frame; none at the end.
pub(crate) fn read_frame(input: &mut dyn Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0u8; 8];
    let mut read = 0;
    while let Some(rest) = head.get_mut(read..).filter(|r| !r.is_empty()) {
        match input.read(rest) {
            Ok(0) if read == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => read += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u64::from_le_bytes(head);
    if length > most {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::new();
    // Taken at once, so that nothing is moved while the rest comes in.
    let room = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.try_reserve_exact(room)?;
    input.take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::too_many_lines)]

    use super::*;

    #[test]
    fn frames_come_back() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, b"uno").unwrap();
        write_frame(&mut pipe, b"").unwrap();
        let mut input = pipe.as_slice();
        assert_eq!(
            read_frame(&mut input, 9).unwrap().as_deref(),
            Some(&b"uno"[..])
        );
        assert_eq!(
            read_frame(&mut input, 9).unwrap().as_deref(),
            Some(&b""[..])
        );
        assert_eq!(read_frame(&mut input, 9).unwrap(), None);
        assert!(read_frame(&mut &pipe[..6], 9).is_err());
        assert!(read_frame(&mut pipe.as_slice(), 2).is_err());
    }

    /// Gives one byte at a time, and is interrupted before each.
    struct Interrupted<'b>(&'b [u8], bool);

    impl Read for Interrupted<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let most = buffer.len().min(1);
            self.0.read(&mut buffer[..most])
        }
    }

    #[test]
    fn an_interrupted_frame_comes_whole() {
        let mut pipe = Vec::new();
        write_frame(&mut pipe, b"uno").unwrap();
        let mut input = Interrupted(&pipe, false);
        assert_eq!(
            read_frame(&mut input, 9).unwrap().as_deref(),
            Some(&b"uno"[..])
        );
        assert_eq!(read_frame(&mut input, 9).unwrap(), None);
    }
}
