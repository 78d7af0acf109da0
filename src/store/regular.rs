//! SHELL: opens regular files, and nothing else. Opening a FIFO waits for somebody who writes into
//! it, and reading a device need not end: neither may keep a run from going on.

#![allow(clippy::disallowed_methods, reason = "the shell: opens files")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

/// Opens a regular file for reading; links are followed.
///
/// # Errors
/// It can't be opened, or is a folder, FIFO, socket or device.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // Looked at first, because opening a device can already do something.
    if !fs::metadata(path)?.is_file() {
        return Err(not_regular());
    }
    let mut options = OpenOptions::new();
    options.read(true);
    // What takes the file's place between the two looks must not hold the opening up.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(not_regular());
    }
    Ok(file)
}

/// The bytes of a regular file.
///
/// # Errors
/// As [`open`]; or it can't be read.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = open(path)?;
    let mut bytes = Vec::new();
    let size = file.metadata()?.len();
    bytes.try_reserve_exact(usize::try_from(size).unwrap_or(usize::MAX))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_regular() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "it is no regular file (a folder, FIFO, socket or device)",
    )
}

/// Whether an error says that the machine is short of something for the moment, so that the same
/// can go well a little later: too many open files, processes or threads, no memory, a network
/// share that is being mounted again.
pub(crate) fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    if matches!(
        error.kind(),
        Kind::Interrupted
            | Kind::WouldBlock
            | Kind::OutOfMemory
            | Kind::TimedOut
            | Kind::StaleNetworkFileHandle
            | Kind::ExecutableFileBusy
            | Kind::ResourceBusy
    ) {
        return true;
    }
    #[cfg(unix)]
    if let Some(errno) = rustix::io::Errno::from_io_error(error) {
        return matches!(errno, rustix::io::Errno::MFILE | rustix::io::Errno::NFILE);
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_fifo_and_a_device_are_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        assert!(made.unwrap().success());
        for path in [fifo.as_path(), Path::new("/dev/zero"), folder.path()] {
            let error = read(path).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{path:?}");
        }
        let file = folder.path().join("a");
        fs::write(&file, "abc").unwrap();
        assert_eq!(read(&file).unwrap(), b"abc");
    }

    #[test]
    fn too_many_open_files_pass() {
        // EMFILE, EAGAIN, EINTR, ESTALE; then ENOSPC, EIO, EACCES, ENOENT.
        for (errno, passing) in [
            (24, true),
            (11, true),
            (4, true),
            (116, true),
            (28, false),
            (5, false),
            (13, false),
            (2, false),
        ] {
            let error = io::Error::from_raw_os_error(errno);
            assert_eq!(is_passing(&error), passing, "{error}");
        }
    }
}
