//! `metas approve PLAN PERIOD --by NAME`: releases exactly the PDF that waits, as the one who may.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use chrono::DateTime;
use chrono_tz::Tz;
use clap::Args;
use serde_json::{Value, json};

use crate::console::Console;
use crate::delivery::message::parse_mailbox;
use crate::diagnostic::{Diagnostic, did_you_mean, visible};
use crate::edition::approval;
use crate::edition::held;
use crate::edition::held::HeldEdition;
use crate::edition::input_folder::InputFolder;
use crate::edition::issue;
use crate::edition::mailing;
use crate::edition::publish::Publishing;
use crate::edition::published;
use crate::edition::release;
use crate::edition::request::IssueRequest;
use crate::edition::slices;
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::{AsOf, Home};
use crate::indicators::ReportingPeriod;
use crate::ledger::{Ledger, PendingApproval};
use crate::period::Period;
use crate::plan::Plan;

/// `metas approve`.
#[derive(Debug, Args)]
pub struct ApproveArguments {
    /// The plan
    pub plan: String,
    /// The period
    pub period: Period,
    /// Who releases it: a name or address of [approval] by
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// Only the PDF whose SHA-256 begins so
    #[arg(long, value_name = "PREFIX")]
    pub sha256: Option<String>,
    /// Do not ask for confirmation on a terminal
    #[arg(long)]
    pub yes: bool,
    /// Act as at this moment: 2026-04-06 or 2026-04-06T09:00, local to the plan, or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
}

/// Releases the edition that waits for a period and sends it.
///
/// # Errors
/// Nothing waits, the person may not, the PDF is another, or what waits is not what it would be made
/// of now; then nothing is released.
pub(crate) fn approve(
    console: &Console,
    home: &Home,
    arguments: &ApproveArguments,
) -> Result<ExitStatus, CommandError> {
    let plan = home.plan(&arguments.plan)?;
    let now = home::now(arguments.as_of, plan.plan.timezone)?;
    let plan = plan.at(arguments.period);
    let release = Releasing {
        console,
        home,
        plan: &plan,
        period: arguments.period,
        by: approver(&plan, &arguments.by)?,
        now,
    };
    let prefix = arguments.sha256.as_deref().map(prefix).transpose()?;
    // Whoever is asked takes their time: no run is kept waiting for that. What was confirmed is
    // looked at again before it is released.
    let shown = match work::open_if_there(home)? {
        Some(ledger) => release.waiting(&ledger, prefix.as_deref())?,
        None => return Err(release.nothing_waits(None)),
    };
    if !console.json() {
        console.data(&Value::Null, &release.shown(&shown));
    }
    if !arguments.yes && !confirmed()? {
        return Err(CommandError::new(
            ExitStatus::Held,
            Diagnostic::error("not-confirmed", "nothing was released")
                .hint("it waits as before; answer y to release it, or give --yes"),
        ));
    }
    let pdf = shown.pending.pdf_sha256;
    let mut work = work::begin(console, home, now.to_utc())?;
    let waiting = release.waiting(&work.ledger, Some(&pdf))?;
    release.publish(&mut work.ledger, waiting)
}

/// What is to be released, by whom and when.
struct Releasing<'a> {
    console: &'a Console,
    home: &'a Home,
    plan: &'a Plan,
    period: Period,
    by: String,
    now: DateTime<Tz>,
}

/// What waits, as it lies there, and what it was asked for with.
struct WaitingApproval {
    pending: PendingApproval,
    held: HeldEdition,
    request: IssueRequest,
    reason: Option<String>,
    preliminary: bool,
}

impl Releasing<'_> {
    /// What waits, looked at whole: its files, its PDF and what it is made of.
    fn waiting(
        &self,
        ledger: &Ledger,
        prefix: Option<&str>,
    ) -> Result<WaitingApproval, CommandError> {
        let id = &self.plan.plan.id;
        let pending = ledger
            .pending_approval(id, self.period)?
            .ok_or_else(|| self.nothing_waits(Some(ledger)))?;
        let held = held::read(self.home, &pending)?;
        if let Some(prefix) = prefix.filter(|prefix| !pending.pdf_sha256.starts_with(prefix)) {
            return Err(another_pdf(&pending, prefix));
        }
        let request = IssueRequest {
            period: self.period,
            now: self.now,
            attended: true,
            inputs: held.request.inputs.clone(),
            out: held.request.out.clone(),
            dry_run: false,
            correction: held.request.reason.clone(),
            draft: false,
        };
        let mut editions = ledger.editions(Some(id), Some(self.period))?;
        editions.retain(|edition| edition.published);
        if editions.iter().any(|edition| edition.key == pending.key) {
            return Err(self.nothing_waits(Some(ledger)));
        }
        let replaces = issue::replaced(&editions, request.correction.as_deref(), self.plan);
        let closed = ReportingPeriod::of(self.period, self.now.date_naive()).closed;
        let waiting = WaitingApproval {
            pending,
            held,
            reason: replaces.last().and_then(|one| one.reason.clone()),
            request,
            preliminary: !closed,
        };
        self.unknown_editions(ledger, &waiting)?;
        self.is_current(ledger, &waiting)?;
        Ok(waiting)
    }

    /// Nothing is released where the ledger does not know what is published.
    fn unknown_editions(
        &self,
        ledger: &Ledger,
        waiting: &WaitingApproval,
    ) -> Result<(), CommandError> {
        let out = waiting.request.out.as_deref();
        let found = published::unknown(self.home, Some(ledger), &self.plan.plan.id, out)?;
        if found.is_empty() {
            return Ok(());
        }
        Err(CommandError {
            status: ExitStatus::Held,
            diagnostics: found,
        })
    }

    /// What waits is what would be made now.
    fn is_current(&self, ledger: &Ledger, waiting: &WaitingApproval) -> Result<(), CommandError> {
        let period = (self.plan.plan.id.as_str(), self.period);
        let named = waiting.request.inputs.as_ref();
        let inputs = InputFolder::of(self.home, Some(ledger), period, named)?;
        let of = (&waiting.pending, &waiting.held);
        let what = self.publishing(waiting);
        if approval::is_current(self.console, &what, ledger, of, &inputs)? {
            return Ok(());
        }
        let key = &waiting.pending.key;
        let message = format!(
            "edition {} of {} {} is not what it would be made of now: a file, the definition or the template has changed since it was made on {}, and the approval is void",
            key.edition,
            key.plan,
            key.period,
            waiting
                .pending
                .rendered_at
                .with_timezone(&self.now.timezone())
                .format("%Y-%m-%d %H:%M")
        );
        let hint = format!(
            "Nothing was released. The next run makes it anew and asks again: metas run {}",
            key.plan
        );
        Err(CommandError::new(
            ExitStatus::Held,
            Diagnostic::error("approval-void", message).hint(hint),
        ))
    }

    fn publishing<'w>(&'w self, waiting: &'w WaitingApproval) -> Publishing<'w> {
        Publishing {
            home: self.home,
            pipeline: self.plan,
            request: &waiting.request,
            key: &waiting.pending.key,
            preliminary: waiting.preliminary,
            reason: waiting.reason.as_deref(),
        }
    }

    /// What goes to whom.
    fn shown(&self, waiting: &WaitingApproval) -> String {
        let WaitingApproval { pending, held, .. } = waiting;
        let key = &pending.key;
        let folder = held.folder.strip_prefix(&self.home.root);
        let pdf = folder.unwrap_or(&held.folder).join("report.pdf");
        let mut text = format!(
            "{} {}, edition {}, made on {}\n  {}\n  SHA-256 {}\n  as {}\n",
            key.plan,
            key.period,
            key.edition,
            pending
                .rendered_at
                .with_timezone(&self.now.timezone())
                .format("%Y-%m-%d %H:%M"),
            visible(&pdf.to_string_lossy()),
            pending.pdf_sha256,
            self.by
        );
        text.push_str("The report goes to:\n");
        for to in self.recipients() {
            text.push_str(&format!("  {to}\n"));
        }
        if self.recipients().is_empty() {
            text.push_str("  nobody: the plan has no [delivery]\n");
        }
        let slices = slices::departments(self.plan);
        if !slices.is_empty() {
            text.push_str("The pages of their own goals go to:\n");
        }
        for (id, department) in slices {
            let liaison = department.liaison.as_deref().unwrap_or_default();
            text.push_str(&format!("  {liaison} ({id})\n"));
        }
        text
    }

    fn recipients(&self) -> &[String] {
        let delivery = self.plan.delivery.as_ref();
        delivery.map_or(&[], |delivery| &delivery.to)
    }

    /// Publishes what waits, sends it, and tells.
    fn publish(
        &self,
        ledger: &mut Ledger,
        waiting: WaitingApproval,
    ) -> Result<ExitStatus, CommandError> {
        let attended = true;
        let doubt = published::since_restore(ledger, self.plan, self.period, attended)?;
        self.console.diagnostics(doubt.as_slice());
        let pending = waiting.pending.clone();
        let place = {
            let held = &waiting.held;
            let what = self.publishing(&waiting);
            release::release(&what, ledger, (&pending, held), &self.by)?
        };
        let mut mailer = mailing::Mailer::new(self.console, self.home);
        let sent = mailer.send_due(self.plan, ledger, self.now.to_utc())?;
        self.tell(&pending, place, sent)
    }

    fn tell(
        &self,
        pending: &PendingApproval,
        place: PathBuf,
        sent: mailing::SendOutcome,
    ) -> Result<ExitStatus, CommandError> {
        let key = &pending.key;
        let document = json!({
            "plan": key.plan,
            "period": key.period,
            "edition": key.edition,
            "directory": place.display().to_string(),
            "pdf_sha256": pending.pdf_sha256,
            "approved_by": self.by,
            "approved_at": self.now.to_utc(),
            "deliveries": sent.documents,
            "exit_code": sent.status.code(),
        });
        let text = format!(
            "{} {}: edition {} approved by {} and issued: {}\n{}",
            key.plan,
            key.period,
            key.edition,
            self.by,
            place.display(),
            sent.text
        );
        self.console.data(&document, &text);
        Ok(sent.status)
    }

    /// Nothing waits for the period: why, as far as that can be told.
    fn nothing_waits(&self, ledger: Option<&Ledger>) -> CommandError {
        let (id, period) = (&self.plan.plan.id, self.period);
        let editions = ledger.and_then(|ledger| ledger.editions(Some(id), Some(period)).ok());
        let last = editions.into_iter().flatten().rfind(|e| e.published);
        let approved = match (ledger, &last) {
            (Some(ledger), Some(last)) => ledger.approved(&last.key).ok().flatten(),
            _ => None,
        };
        let hint = match (last, approved) {
            (Some(last), Some(approved)) => format!(
                "edition {} was approved by {} and is issued",
                last.key.edition,
                approved.by.unwrap_or_default()
            ),
            (Some(last), None) => format!("edition {} is issued already", last.key.edition),
            (None, _) => format!(
                "an edition waits once a run has made it: metas run {id}; metas status {id} tells what waits"
            ),
        };
        let message = format!("no edition of {id} {period} waits for approval");
        CommandError::usage("nothing-to-approve", message, hint)
    }
}

/// The PDF that waits is another than the one that was looked at: a person must look again.
fn another_pdf(pending: &PendingApproval, prefix: &str) -> CommandError {
    let key = &pending.key;
    let message = format!(
        "the PDF that waits for {} {} has SHA-256 {}, which does not begin with {prefix}",
        key.plan, key.period, pending.pdf_sha256
    );
    let hint = format!(
        "Nothing was released. Look at the one that waits, then: {}",
        approval::command(pending)
    );
    CommandError::new(
        ExitStatus::Held,
        Diagnostic::error("another-pdf", message).hint(hint),
    )
}

/// A beginning of a SHA-256 in hex.
fn prefix(text: &str) -> Result<String, CommandError> {
    let lower = text.trim().to_ascii_lowercase();
    let hex = lower.chars().all(|c| c.is_ascii_hexdigit());
    if hex && (4..=64).contains(&lower.len()) {
        return Ok(lower);
    }
    Err(CommandError::usage(
        "sha256-prefix",
        format!("\"{text}\" is no beginning of a SHA-256"),
        "give 4 to 64 of its hexadecimal digits, as sha256sum prints them",
    ))
}

/// The approver of the plan that is named or addressed so, as the definition writes them.
fn approver(plan: &Plan, by: &str) -> Result<String, CommandError> {
    let id = &plan.plan.id;
    let all = mailing::approvers(plan);
    if all.is_empty() {
        let message = format!("{id} has no [approval]: its reports wait for nobody");
        let hint = format!("add [approval] with by to {}", plan.text.name);
        return Err(CommandError::usage("no-approval", message, hint));
    }
    let asked = by.trim().to_lowercase();
    let is_asked = |mailbox: &&String| {
        let known = names(mailbox).into_iter().chain([mailbox.to_string()]);
        known.into_iter().any(|text| text.to_lowercase() == asked)
    };
    let mut found = all.iter().filter(is_asked);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(_), Some(_)) => Err(CommandError::usage(
            "which-approver",
            format!("\"{by}\" is the name of several who may approve {id}"),
            format!("give the address: {}", all.join(", ")),
        )),
        (None, _) => Err(unknown_approver(plan, by, all)),
    }
}

/// The name and the address of a mailbox.
fn names(mailbox: &str) -> Vec<String> {
    parse_mailbox(mailbox).map_or_else(
        |_| Vec::new(),
        |mailbox| {
            let address = mailbox.email.to_string();
            mailbox.name.into_iter().chain([address]).collect()
        },
    )
}

fn unknown_approver(plan: &Plan, by: &str, all: &[String]) -> CommandError {
    let known: Vec<String> = all.iter().flat_map(|mailbox| names(mailbox)).collect();
    let near = did_you_mean(by, known.iter().map(String::as_str));
    let near = near.map(|near| format!("did you mean \"{near}\"? "));
    CommandError::usage(
        "unknown-approver",
        format!("{by} is none of those who may approve {}", plan.plan.id),
        format!(
            "{}[approval] by names {}",
            near.unwrap_or_default(),
            all.join(", ")
        ),
    )
}

/// Asks on a terminal; elsewhere the command line is the word.
fn confirmed() -> Result<bool, CommandError> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Ok(true);
    }
    let failed = |e: &std::io::Error| CommandError::io("read", "standard input".as_ref(), e);
    let mut prompt = std::io::stderr();
    prompt
        .write_all(b"Release exactly this PDF? [y/N] ")
        .and_then(|()| prompt.flush())
        .map_err(|e| failed(&e))?;
    let mut answer = String::new();
    stdin
        .lock()
        .read_line(&mut answer)
        .map_err(|e| failed(&e))?;
    let answer = answer.trim().to_lowercase();
    Ok(["y", "yes", "s", "sí", "si"].contains(&answer.as_str()))
}
