//! The bytes to and from a server. Each read and each write ends at a deadline that covers all of
//! it, so that no server can hold a run by being slow.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::reply::{NoReply, Reply, ReplyLine, described};

/// Longest line of a reply; RFC 5321 allows 512 bytes.
const LONGEST_LINE: usize = 8 * 1024;

/// Longest reply.
const LONGEST_REPLY: usize = 128 * 1024;

/// How long to look for what was not asked for.
const GLANCE: Duration = Duration::from_millis(2);

/// A socket whose every operation ends at the deadline.
struct Timed {
    socket: TcpStream,
    deadline: Instant,
}

impl Timed {
    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        Ok(left)
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.socket.set_read_timeout(Some(self.left()?))?;
            match self.socket.read(buffer) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    return Err(ErrorKind::TimedOut.into());
                }
                other => return other,
            }
        }
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        loop {
            self.socket.set_write_timeout(Some(self.left()?))?;
            match self.socket.write(buffer) {
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    return Err(ErrorKind::TimedOut.into());
                }
                other => return other,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

enum Wire {
    Plain(Timed),
    Protected(Box<StreamOwned<ClientConnection, Timed>>),
}

impl Wire {
    fn within(&mut self, deadline: Instant) {
        match self {
            Self::Plain(timed) => timed.deadline = deadline,
            Self::Protected(stream) => stream.sock.deadline = deadline,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(timed) => timed.read(buffer),
            Self::Protected(stream) => stream.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(timed) => timed.write_all(bytes),
            Self::Protected(stream) => stream.write_all(bytes).and_then(|()| stream.flush()),
        }
    }
}

/// What lies on the line that nobody asked for.
pub(super) enum Unasked {
    /// Nothing.
    Nothing,
    /// Part of a reply, or more.
    Bytes,
    /// The connection is gone.
    Closed(io::Error),
}

/// A connection to a server, plain or protected.
pub(super) struct Channel {
    wire: Wire,
    /// Bytes that have come and were not read yet.
    received: Vec<u8>,
}

impl Channel {
    pub(super) fn new(socket: TcpStream) -> Self {
        let deadline = Instant::now();
        Self {
            wire: Wire::Plain(Timed { socket, deadline }),
            received: Vec::new(),
        }
    }

    /// The same connection, protected.
    pub(super) fn protect(
        self,
        config: &Arc<ClientConfig>,
        host: &str,
        deadline: Instant,
    ) -> io::Result<Self> {
        let Wire::Plain(mut timed) = self.wire else {
            return Ok(self);
        };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let mut connection =
            ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
        timed.deadline = deadline;
        while connection.is_handshaking() {
            if connection.complete_io(&mut timed)? == (0, 0) {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(Self {
            wire: Wire::Protected(Box::new(StreamOwned::new(connection, timed))),
            received: Vec::new(),
        })
    }

    /// Whether bytes have come that no reply has used.
    pub(super) fn has_more(&self) -> bool {
        !self.received.is_empty()
    }

    /// Looks, without waiting, whether something has come that was not asked for.
    pub(super) fn unasked(&mut self) -> Unasked {
        if self.has_more() {
            return Unasked::Bytes;
        }
        match self.more(Instant::now() + GLANCE) {
            Ok(()) => Unasked::Bytes,
            Err(e) if e.kind() == ErrorKind::TimedOut => Unasked::Nothing,
            Err(e) => Unasked::Closed(e),
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8], deadline: Instant) -> io::Result<()> {
        self.wire.within(deadline);
        self.wire.write(bytes)
    }

    /// Reads one reply, all its lines.
    pub(super) fn reply(&mut self, deadline: Instant) -> Result<Reply, NoReply> {
        let mut reply: Option<Reply> = None;
        let mut length = 0;
        loop {
            let came = reply.as_ref().map(|reply| reply.code);
            let bytes = self.line(deadline).map_err(|e| NoReply {
                why: described(&e),
                code: came,
            })?;
            length += bytes.len();
            let line = ReplyLine::parse(&bytes).ok_or_else(|| NoReply::unreadable(&bytes))?;
            if came.is_some_and(|code| code != line.code) {
                return Err(NoReply::unreadable(&bytes));
            }
            let last = line.last;
            let so_far = reply.get_or_insert_with(|| Reply::new(line.code));
            so_far.lines.push(line.text);
            if last {
                return Ok(reply.unwrap_or_else(|| Reply::new(line.code)));
            }
            if length > LONGEST_REPLY {
                return Err(NoReply {
                    why: "the server's reply does not end".to_owned(),
                    code: Some(line.code),
                });
            }
        }
    }

    /// The next line without its end.
    fn line(&mut self, deadline: Instant) -> io::Result<Vec<u8>> {
        let mut looked_at = 0;
        loop {
            let end = self.received[looked_at..].iter().position(|b| *b == b'\n');
            if let Some(end) = end {
                let mut line: Vec<u8> = self.received.drain(..=looked_at + end).collect();
                line.truncate(line.trim_ascii_end().len());
                return Ok(line);
            }
            looked_at = self.received.len();
            if looked_at > LONGEST_LINE {
                return Err(io::Error::other(
                    "a line of the server's reply does not end",
                ));
            }
            self.more(deadline)?;
        }
    }

    /// Waits for more bytes.
    fn more(&mut self, deadline: Instant) -> io::Result<()> {
        self.wire.within(deadline);
        let mut buffer = [0; 4096];
        match self.wire.read(&mut buffer)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            n => {
                self.received.extend_from_slice(&buffer[..n]);
                Ok(())
            }
        }
    }
}
