//! `metas doctor`: looks at everything that a run needs; sends nothing.

use serde_json::{Value, json};

use super::doctor_approvals;
use super::doctor_store;
use crate::console::{Console, counted};
use crate::delivery::{Credentials, Session};
use crate::diagnostic::{Diagnostic, visible};
use crate::edition::clock_check;
use crate::edition::folders;
use crate::edition::mailing;
use crate::edition::permissions;
use crate::edition::published;
use crate::edition::template_files;
use crate::edition::template_trial;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::Home;
use crate::plan::Plan;
use crate::report;

/// Room below which a run is not to be trusted, in bytes.
const ROOM: u64 = 200 << 20;

/// Checks one by one; one that fails does not stop the others.
///
/// # Errors
/// The home holds no plan.
pub(super) fn doctor(console: &Console, home: &Home) -> Result<ExitStatus, CommandError> {
    let mut checks: Vec<(String, Result<String, CommandError>)> = Vec::new();
    checks.push(("home".into(), Ok(home.root.display().to_string())));
    checks.push(("clock".into(), clock(home)));
    checks.push((
        "fonts".into(),
        Ok(format!("{} bundled families", report::font_families())),
    ));
    checks.push(("ledger".into(), ledger_opens(home)));
    if let Some(store) = doctor_store::works(home) {
        checks.push(("store".into(), store));
    }
    checks.push(("editions".into(), editions(home)));
    checks.push(("permissions".into(), closed(home)));
    checks.push(("disk".into(), room(home)));
    for id in home.plan_ids()? {
        let pipeline = match home.plan(&id) {
            Ok(pipeline) => pipeline,
            Err(error) => {
                checks.push((format!("plan {id}"), Err(error)));
                continue;
            }
        };
        let goals = format!(
            "{}, {}",
            counted(pipeline.goals.len(), "goal"),
            counted(pipeline.sources.len(), "source")
        );
        checks.push((format!("plan {id}"), Ok(goals)));
        checks.push((
            format!("template {}", pipeline.report.template),
            template(home, &pipeline),
        ));
        checks.push((format!("mail of {id}"), login(home, &pipeline)));
        if let Some(waiting) = doctor_approvals::waiting(home, &pipeline) {
            checks.push((format!("approvals of {id}"), waiting));
        }
    }
    Ok(tell(console, checks))
}

/// Whether the plan's template is whole and still typesets what this metas hands to it.
fn template(home: &Home, pipeline: &Plan) -> Result<String, CommandError> {
    let faults = template_files::faults(home, pipeline);
    if !faults.is_empty() {
        return Err(CommandError::of_all(faults));
    }
    template_trial::trial(home, &pipeline.report.template)
}

fn clock(home: &Home) -> Result<String, CommandError> {
    let now = home::now(None, chrono_tz::Tz::UTC)?;
    let built = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default();
    if now.date_naive() < built {
        let message = format!("the clock says {}", now.date_naive());
        return Err(CommandError::environment(
            Diagnostic::error("clock", message).hint("set it, or let NTP set it"),
        ));
    }
    let ledger = work::open_if_there(home)?;
    let wrong = match &ledger {
        Some(ledger) => clock_check::went_back(ledger, None, &now)?,
        None => None,
    };
    if let Some(wrong) = wrong {
        return Err(CommandError::environment(wrong));
    }
    Ok(now.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

fn ledger_opens(home: &Home) -> Result<String, CommandError> {
    let Some(ledger) = work::open_if_there(home)? else {
        return Ok("none yet; the first run makes it".to_owned());
    };
    let editions = ledger.editions(None, None)?;
    ledger.check()?;
    let published = editions.iter().filter(|e| e.published).count();
    let known = counted(published, "edition");
    if ledger.is_on_a_server() {
        return Ok(format!("{known}, in {}", ledger.place()));
    }
    Ok(known)
}

/// Every edition as it was published, and none that the ledger does not know.
fn editions(home: &Home) -> Result<String, CommandError> {
    let ledger = work::open_if_there(home)?;
    let mut found = Vec::new();
    for plan in folders::plans(home)? {
        let unknown = published::unknown(home, ledger.as_ref(), &plan, None);
        found.extend(unknown?);
    }
    if let Some(ledger) = &ledger {
        found.extend(published::damaged(home, ledger, None)?);
    }
    if found.is_empty() {
        Ok("every published file is as it was published".to_owned())
    } else {
        Err(CommandError::of_all(found))
    }
}

/// What departments sent and what is not published yet is nobody else's to read.
fn closed(home: &Home) -> Result<String, CommandError> {
    let open = permissions::open(home);
    if open.is_empty() {
        Ok("state/ and reports/ are for this user alone".to_owned())
    } else {
        Err(CommandError::of_all(open))
    }
}

fn room(home: &Home) -> Result<String, CommandError> {
    let fault = |message: String| CommandError::environment(Diagnostic::error("disk", message));
    let disk = rustix::fs::statvfs(&home.root)
        .map_err(|e| fault(format!("cannot look at {}: {e}", home.root.display())))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    tempfile::NamedTempFile::new_in(&home.root)
        .map_err(|e| fault(format!("cannot write in {}: {e}", home.root.display())))?;
    enough(free).map_err(fault)
}

fn enough(free: u64) -> Result<String, String> {
    let free_mib = free >> 20;
    if free < ROOM {
        return Err(format!(
            "only {free_mib} MiB free; a run wants {}",
            ROOM >> 20
        ));
    }
    Ok(format!("{free_mib} MiB free"))
}

fn login(home: &Home, pipeline: &Plan) -> Result<String, CommandError> {
    let settings = mailing::settings(home, pipeline)?;
    let Some(settings) = settings else {
        return Ok("the plan writes to nobody".to_owned());
    };
    let hint =
        "put it right in [delivery.smtp], or in the variables and files that hold its secrets";
    let fault =
        |message: String| CommandError::environment(Diagnostic::error("smtp", message).hint(hint));
    let server = match &settings.server {
        None => return Ok("no SMTP server: messages go to state/outbox/".to_owned()),
        Some(Ok(server)) => server,
        Some(Err(unready)) => return Err(fault(unready.reply.clone())),
    };
    match Session::open(server, None) {
        Ok(session) => {
            session.quit();
            let how = match &server.login {
                Some(login) => {
                    let with = match login {
                        Credentials::Password { .. } => "a password",
                        Credentials::Token { .. } => "a token",
                    };
                    format!(
                        "logged in to {} as {} with {with}",
                        server.host,
                        login.user()
                    )
                }
                None => format!("{} answers; no user is set", server.host),
            };
            Ok(how)
        }
        Err(failure) => Err(fault(format!(
            "{} port {} can't be used ({}): {}",
            server.host,
            server.port,
            failure.phase.as_str(),
            failure.reply
        ))),
    }
}

fn tell(console: &Console, checks: Vec<(String, Result<String, CommandError>)>) -> ExitStatus {
    let widest = checks.iter().map(|(name, _)| name.chars().count()).max();
    let widest = widest.unwrap_or_default();
    let mut text = String::new();
    let mut list: Vec<Value> = Vec::new();
    let mut faults = Vec::new();
    // Something is wrong, unless all that is wrong passes by itself.
    let mut status = ExitStatus::Done;
    for (name, outcome) in checks {
        match outcome {
            Ok(what) => {
                text.push_str(&format!("  ok     {name:widest$}  {}\n", visible(&what)));
                list.push(json!({ "check": name, "ok": true, "what": what }));
            }
            Err(error) => {
                let found = error.diagnostics;
                status = match (status, error.status) {
                    (ExitStatus::Done | ExitStatus::Later, ExitStatus::Later) => ExitStatus::Later,
                    (_, _) => ExitStatus::Environment,
                };
                let what: Vec<&str> = found.iter().map(|d| d.message.as_str()).collect();
                let first = visible(what.first().unwrap_or(&""));
                text.push_str(&format!("  FAULT  {name:widest$}  {first}\n"));
                list.push(json!({ "check": name, "ok": false, "what": what.join("; ") }));
                faults.extend(found);
            }
        }
    }
    console.data(&json!({ "checks": list, "ok": faults.is_empty() }), &text);
    console.diagnostics(&faults);
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_with_less_than_200_mib_is_a_fault() {
        let mib = 1 << 20;
        assert_eq!(enough(200 * mib).unwrap(), "200 MiB free");
        assert_eq!(
            enough(200 * mib - 1).unwrap_err(),
            "only 199 MiB free; a run wants 200"
        );
    }
}
