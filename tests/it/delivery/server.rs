//! A plain SMTP server in a thread, with faults on demand.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server does wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
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
}

/// What the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Envelope sender.
    pub from: String,
    /// Envelope recipient.
    pub to: String,
    /// The message, unstuffed.
    pub message: Vec<u8>,
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
pub struct Scripted {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Scripted {
    pub fn start(faults: &[Fault]) -> Self {
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

    pub fn set(&self, faults: &[Fault]) {
        self.state.lock().unwrap().faults = faults.to_vec();
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }

    /// Verbs in the order that they came.
    pub fn commands(&self) -> String {
        self.state.lock().unwrap().commands.join(" ")
    }

    /// Texts that ended without their dot.
    pub fn unfinished(&self) -> u32 {
        self.state.lock().unwrap().unfinished
    }

    fn fault<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.state.lock().unwrap().faults.iter().find_map(pick)
    }

    fn serve(&self, stream: TcpStream) -> Option<()> {
        let mut out = stream.try_clone().ok()?;
        let mut say = |line: &str| out.write_all(format!("{line}\r\n").as_bytes()).ok();
        let mut input = BufReader::new(stream);
        let (mut from, mut to, mut transactions) = (String::new(), String::new(), 0);
        say("220 scripted")?;
        loop {
            let mut line = String::new();
            if input.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_owned();
            self.state.lock().unwrap().commands.push(verb.clone());
            let address = || {
                let inner = line
                    .split_once('<')
                    .and_then(|(_, rest)| rest.split_once('>'));
                inner
                    .map(|(address, _)| address.to_owned())
                    .unwrap_or_default()
            };
            match verb.as_str() {
                "EHLO" => {
                    let lines = self.fault(|f| match f {
                        Fault::Ehlo(lines) => Some(*lines),
                        _ => None,
                    });
                    say(lines.unwrap_or("250-scripted\r\n250 SIZE 20000000"))?;
                }
                "MAIL" => {
                    transactions += 1;
                    if transactions > 1
                        && self
                            .fault(|f| (*f == Fault::OneTransaction).then_some(()))
                            .is_some()
                    {
                        say("421 too many messages on this connection")?;
                        return None;
                    }
                    from = address();
                    let no = self.fault(|f| match f {
                        Fault::Mail(line) => Some(*line),
                        _ => None,
                    });
                    say(no.unwrap_or("250 ok"))?;
                }
                "RCPT" => {
                    to = address();
                    let no = self.fault(|f| match f {
                        Fault::Rcpt(who, line) if *who == to => Some(*line),
                        _ => None,
                    });
                    say(no.unwrap_or("250 ok"))?;
                }
                "DATA" => {
                    let no = self.fault(|f| match f {
                        Fault::Data(line) => Some(*line),
                        _ => None,
                    });
                    if let Some(no) = no {
                        say(no)?;
                        continue;
                    }
                    say("354 go on")?;
                    if self
                        .fault(|f| (*f == Fault::CloseInText).then_some(()))
                        .is_some()
                    {
                        let _ = input.read_exact(&mut [0; 1000]);
                        return None;
                    }
                    let Some(message) = text(&mut input) else {
                        self.state.lock().unwrap().unfinished += 1;
                        return None;
                    };
                    let taken = Taken {
                        from: from.clone(),
                        to: to.clone(),
                        message,
                    };
                    let fault = self.fault(|f| match f {
                        Fault::Dot(_) | Fault::CloseAfterDot | Fault::SilentAfterDot => {
                            Some(f.clone())
                        }
                        _ => None,
                    });
                    match fault {
                        Some(Fault::Dot(line)) => say(line)?,
                        Some(Fault::SilentAfterDot) => thread::sleep(Duration::from_secs(2)),
                        Some(_) => {
                            self.state.lock().unwrap().taken.push(taken);
                            return None;
                        }
                        None => {
                            self.state.lock().unwrap().taken.push(taken);
                            say("250 2.0.0 queued as 1")?;
                        }
                    }
                }
                "RSET" => say("250 ok")?,
                "QUIT" => {
                    say("221 bye")?;
                    return None;
                }
                _ => say("502 what")?,
            }
        }
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
