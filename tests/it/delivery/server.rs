//! A plain SMTP server in a thread, with faults on demand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server does wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answers RCPT for this address with this line.
    Rcpt(&'static str, &'static str),
    /// Answers MAIL with this line.
    Mail(&'static str),
    /// Answers MAIL with 421 and closes, from the second transaction of a connection on.
    OneTransaction,
    /// Answers DATA with this line.
    Data(&'static str),
    /// Answers the final dot with this line and keeps nothing.
    Dot(&'static str),
    /// Takes the message, keeps it, and closes without a word.
    CloseAfterDot,
    /// Takes the message and says nothing.
    SilentAfterDot,
    /// Closes while the text is coming.
    CloseInText,
    /// Answers EHLO with these lines.
    Ehlo(&'static str),
    /// Does this instead of what it should at `greeting`, a verb, `text` (before the end of the
    /// message has come) or `dot`.
    At(&'static str, Act),
}

/// What a server does where it should answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Sends these bytes and goes on.
    Say(&'static [u8]),
    /// Sends these bytes and closes.
    SayAndClose(&'static [u8]),
    /// Says nothing, for a long time.
    Silence,
    /// Sends this for ever, a byte every 20 milliseconds.
    Drip(&'static [u8]),
    /// Sends this for ever, as fast as it can.
    Flood(&'static [u8]),
}

/// What the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Taken {
    /// Envelope sender.
    pub(crate) from: String,
    /// Envelope recipient.
    pub(crate) to: String,
    /// The message, unstuffed.
    pub(crate) message: Vec<u8>,
}

#[derive(Default)]
struct State {
    faults: Vec<Fault>,
    taken: Vec<Taken>,
    commands: Vec<String>,
    unfinished: u32,
}

/// The server; it lives as long as the test's process.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

impl Scripted {
    pub(crate) fn start(faults: &[Fault]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let server = Self { port, state };
        server.set(faults);
        let accepting = server.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = accepting.clone();
                thread::spawn(move || serving.serve(stream));
            }
        });
        server
    }

    pub(crate) fn set(&self, faults: &[Fault]) {
        self.state.lock().unwrap().faults = faults.to_vec();
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }

    /// Verbs in the order that they came.
    pub(crate) fn commands(&self) -> String {
        self.state.lock().unwrap().commands.join(" ")
    }

    /// Texts that ended without their dot.
    pub(crate) fn unfinished(&self) -> u32 {
        self.state.lock().unwrap().unfinished
    }

    fn fault<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.state.lock().unwrap().faults.iter().find_map(pick)
    }

    fn has(&self, fault: &Fault) -> bool {
        self.state.lock().unwrap().faults.contains(fault)
    }

    fn keep(&self, taken: Taken) {
        self.state.lock().unwrap().taken.push(taken);
    }

    fn serve(self, stream: TcpStream) -> Option<()> {
        let out = stream.try_clone().ok()?;
        let mut dialogue = Dialogue {
            server: self,
            input: BufReader::new(stream),
            out,
            from: String::new(),
            to: String::new(),
            transactions: 0,
        };
        dialogue
            .acts("greeting")
            .unwrap_or_else(|| dialogue.say("220 scripted"))?;
        loop {
            dialogue.command()?;
        }
    }
}

/// One connection; a step that gives `None` ends it.
struct Dialogue {
    server: Scripted,
    input: BufReader<TcpStream>,
    out: TcpStream,
    from: String,
    to: String,
    transactions: u32,
}

impl Dialogue {
    fn say(&mut self, line: &str) -> Option<()> {
        self.out.write_all(format!("{line}\r\n").as_bytes()).ok()
    }

    /// Does what the fault at this place says; none where there is none.
    fn acts(&mut self, place: &str) -> Option<Option<()>> {
        let act = self.server.fault(|f| match f {
            Fault::At(at, act) if *at == place => Some(*act),
            _ => None,
        })?;
        Some(match act {
            Act::Say(bytes) => self.out.write_all(bytes).ok(),
            Act::SayAndClose(bytes) => self.out.write_all(bytes).ok().and(None),
            Act::Silence => {
                let _ = self.input.read(&mut [0; 1]);
                None
            }
            Act::Drip(bytes) => loop {
                for byte in bytes {
                    if self.out.write_all(&[*byte]).is_err() {
                        return Some(None);
                    }
                    thread::sleep(Duration::from_millis(20));
                }
            },
            Act::Flood(bytes) => {
                while self.out.write_all(bytes).is_ok() {}
                None
            }
        })
    }

    fn command(&mut self) -> Option<()> {
        let mut line = String::new();
        if self.input.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let verb = line.trim_end().split([' ', ':']).next()?.to_owned();
        let address = line
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'));
        let address = address.map_or_else(String::new, |(address, _)| address.to_owned());
        self.server
            .state
            .lock()
            .unwrap()
            .commands
            .push(verb.clone());
        if let Some(done) = self.acts(&verb) {
            return done;
        }
        match verb.as_str() {
            "EHLO" => {
                let lines = self.server.fault(|f| match f {
                    Fault::Ehlo(lines) => Some(*lines),
                    _ => None,
                });
                self.say(lines.unwrap_or("250-scripted\r\n250 SIZE 20000000"))
            }
            "MAIL" => self.mail(address),
            "RCPT" => {
                self.to = address;
                let no = self.server.fault(|f| match f {
                    Fault::Rcpt(who, line) if *who == self.to => Some(*line),
                    _ => None,
                });
                self.say(no.unwrap_or("250 ok"))
            }
            "DATA" => self.data(),
            "RSET" => self.say("250 ok"),
            "QUIT" => self.say("221 bye").and(None),
            _ => self.say("502 what"),
        }
    }

    fn mail(&mut self, address: String) -> Option<()> {
        self.transactions += 1;
        self.from = address;
        if self.transactions > 1 && self.server.has(&Fault::OneTransaction) {
            return self
                .say("421 too many messages on this connection")
                .and(None);
        }
        let no = self.server.fault(|f| match f {
            Fault::Mail(line) => Some(*line),
            _ => None,
        });
        self.say(no.unwrap_or("250 ok"))
    }

    fn data(&mut self) -> Option<()> {
        let no = self.server.fault(|f| match f {
            Fault::Data(line) => Some(*line),
            _ => None,
        });
        if let Some(no) = no {
            return self.say(no);
        }
        self.say("354 go on")?;
        if self.server.has(&Fault::CloseInText) {
            let _ = self.input.read_exact(&mut [0; 1000]);
            return None;
        }
        if let Some(done) = self.acts("text") {
            done?;
        }
        let Some(message) = text(&mut self.input) else {
            self.server.state.lock().unwrap().unfinished += 1;
            return None;
        };
        let taken = Taken {
            from: self.from.clone(),
            to: self.to.clone(),
            message,
        };
        if let Some(done) = self.acts("dot") {
            self.server.keep(taken);
            return done;
        }
        let refusal = self.server.fault(|f| match f {
            Fault::Dot(line) => Some(*line),
            _ => None,
        });
        if let Some(refusal) = refusal {
            return self.say(refusal);
        }
        if self.server.has(&Fault::SilentAfterDot) {
            thread::sleep(Duration::from_secs(2));
            return None;
        }
        self.server.keep(taken);
        if self.server.has(&Fault::CloseAfterDot) {
            return None;
        }
        self.say("250 2.0.0 queued as 1")
    }
}

/// Reads up to the final dot and takes the stuffing out.
fn text(input: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line).ok()? == 0 || !line.ends_with(b"\r\n") {
            return None;
        }
        match line.as_slice() {
            b".\r\n" => return Some(message),
            [b'.', rest @ ..] => message.extend_from_slice(rest),
            rest => message.extend_from_slice(rest),
        }
    }
}
