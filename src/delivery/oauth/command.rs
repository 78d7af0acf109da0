//! A token that a program prints.

#![allow(clippy::disallowed_methods, reason = "the shell starts programs")]

use std::env;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{GivenToken, LONGEST, NoToken};
use crate::delivery::secret::Secret;

/// What of this process's environment a program is given: what programs need to find themselves,
/// their settings, their credentials and the way out; not our own secrets.
const GIVEN: [&str; 24] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "TMPDIR",
    "TZ",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "CREDENTIALS_DIRECTORY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "https_proxy",
    "no_proxy",
];

/// How often a program that has said all is looked at.
const GLANCE: Duration = Duration::from_millis(10);

/// Runs it, without a shell, for `time` at most. What it says beside the token is left unread: it
/// may be as secret.
pub(super) fn run(words: &[String], time: Duration) -> Result<GivenToken, NoToken> {
    let end = Instant::now() + time;
    let Some((program, arguments)) = words.split_first() else {
        return Err(NoToken::lasting("token_command is empty"));
    };
    let wrong = |why: String| NoToken::lasting(format!("token_command: {program} {why}"));
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    command.envs(
        GIVEN
            .iter()
            .filter_map(|name| Some((name, env::var_os(name)?))),
    );
    command
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(Stdio::piped());
    // A group of its own, so that whatever it starts ends with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command
        .spawn()
        .map_err(|e| wrong(format!("can't be started: {e}")))?;
    let ended = output(&mut child, end).and_then(|said| Some((said, exit(&mut child, end)?)));
    match ended {
        None => {
            kill(&mut child);
            Err(wrong(format!("did not end in {} s", time.as_secs())))
        }
        Some((said, _)) if said.len() > LONGEST => Err(wrong(format!(
            "printed more than {LONGEST} bytes: it must print the token alone"
        ))),
        Some((_, status)) if !status.success() => Err(wrong(format!(
            "failed ({status}): run it by hand as this user to see why"
        ))),
        Some((said, _)) => token(&said).map_err(wrong),
    }
}

/// All that it says, or the beginning of it where that is too much; none where it does not end.
fn output(child: &mut Child, end: Instant) -> Option<Vec<u8>> {
    let pipe = child.stdout.take()?;
    let (tell, told) = mpsc::channel();
    // A read can't be interrupted; what is killed ends it.
    thread::Builder::new()
        .spawn(move || {
            let mut said = Vec::new();
            // So much that a token that is too long is seen to be.
            let most = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 2;
            let read = pipe.take(most).read_to_end(&mut said);
            let _ = tell.send(read.map(|_| said));
        })
        .ok()?;
    let left = end.saturating_duration_since(Instant::now());
    told.recv_timeout(left).ok()?.ok()
}

fn exit(child: &mut Child, end: Instant) -> Option<ExitStatus> {
    while Instant::now() < end {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status);
        }
        thread::sleep(GLANCE);
    }
    None
}

fn kill(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

fn token(said: &[u8]) -> Result<GivenToken, String> {
    let said = std::str::from_utf8(said).unwrap_or("\u{fffd}").trim();
    if said.is_empty() {
        return Err("printed nothing".to_owned());
    }
    if said.contains(['\n', '\r']) {
        return Err("printed more than one line: it must print the token alone".to_owned());
    }
    Ok(GivenToken {
        token: Secret::new(said.to_owned()),
        lifetime: None,
    })
}
