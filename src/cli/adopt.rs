//! `metas adopt PLAN PERIOD`: records the editions that lie in a period's folder as issued and
//! delivered, where the ledger that knew them is lost. Sends nothing and changes no edition.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::console::Console;
use crate::delivery::message::{Mailbox, parse_mailbox};
use crate::delivery::{message_id_of, recipients_of};
use crate::diagnostic::Diagnostic;
use crate::edition::archive;
use crate::edition::folders;
use crate::edition::issue::FINAL_EDITION;
use crate::edition::manifest::{MANIFEST_FILE, Manifest, ManifestSubmission};
use crate::edition::messages;
use crate::edition::publish;
use crate::edition::published;
use crate::edition::release::{APPROVAL_FILE, ApprovalDocument};
use crate::edition::work;
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::home;
use crate::home::Home;
use crate::ledger::{
    Adoption, Approved, Edition, EditionKey, Ledger, NewDelivery, Occasion, SubmissionRecord,
    SubmissionState, Topic, Transport,
};
use crate::period::Period;
use crate::results::{RESULTS_FILE, Results};
use clap::Args;

/// `metas adopt`.
#[derive(Debug, Args)]
pub struct AdoptArguments {
    /// The plan
    pub plan: String,
    /// The period
    pub period: Period,
    /// They lie below this folder instead of reports/
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// An edition as its folder tells it.
struct FoundEdition {
    adoption: Adoption,
    manifest: Manifest,
    goals: usize,
}

/// Records what lies there.
///
/// # Errors
/// Nothing lies there, or one of the editions is not whole; then nothing is recorded.
pub(crate) fn adopt(
    console: &Console,
    home: &Home,
    arguments: &AdoptArguments,
) -> Result<ExitStatus, CommandError> {
    let (plan, period) = (arguments.plan.as_str(), arguments.period);
    let out = arguments.out.as_deref();
    let pipeline = home.plan(plan)?;
    let now = home::now(None, pipeline.plan.timezone)?.to_utc();
    let mut work = work::begin(console, home, now)?;
    let ledger = &mut work.ledger;
    let folder = publish::folder(home, out, plan, period);
    let known: Vec<Edition> = ledger
        .editions(Some(plan), Some(period))?
        .into_iter()
        .filter(|e| e.published)
        .collect();
    let numbers = contiguous(home, &folder, out, plan, period)?;
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for number in numbers {
        let key = EditionKey {
            plan: plan.to_owned(),
            period,
            edition: number,
        };
        let place = folder.join(format!("v{number}"));
        let before = known.iter().find(|e| e.key == key);
        match read(home, &place, &key) {
            Ok(one) if is_the_known(&one, before) => {}
            Ok(_) if before.is_some() => wrong.push(another(&place)),
            Ok(one) => found.push(one),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    if !wrong.is_empty() {
        return Err(CommandError {
            status: ExitStatus::Findings,
            diagnostics: wrong,
        });
    }
    record(home, ledger, &found, now)?;
    tell(console, home, &folder, &found);
    Ok(ExitStatus::Done)
}

/// The editions that lie there; they begin with 1 and leave none out.
fn contiguous(
    home: &Home,
    folder: &Path,
    out: Option<&Path>,
    plan: &str,
    period: Period,
) -> Result<Vec<u32>, CommandError> {
    let root = out.map_or_else(|| home.root.join("reports"), Path::to_owned);
    let lies = folders::lying(&root, plan)?;
    let mine = lies.iter().filter(|l| l.period == period);
    let numbers: Vec<u32> = mine.map(|l| l.number).collect();
    if numbers.is_empty() {
        let message = format!("{} holds no edition", folder.display());
        let hint = "put the folders v1, v2, … back as they were published; where nothing was ever issued there is nothing to adopt";
        return Err(CommandError::usage("nothing-to-adopt", message, hint));
    }
    if numbers
        .iter()
        .zip(1..)
        .any(|(number, expected)| *number != expected)
    {
        let message = format!(
            "{} holds the editions {numbers:?}: one before them is missing",
            folder.display()
        );
        let hint = "put the missing folder back as it was published; nothing was recorded";
        let error = Diagnostic::error("edition-missing", message).hint(hint);
        return Err(CommandError::new(ExitStatus::Findings, error));
    }
    Ok(numbers)
}

fn is_the_known(found: &FoundEdition, known: Option<&Edition>) -> bool {
    known.is_some_and(|k| k.manifest_sha256 == found.adoption.edition.manifest_sha256)
}

fn another(place: &Path) -> Diagnostic {
    let message = format!(
        "{} is not the edition of that number that the ledger knows",
        place.display()
    );
    Diagnostic::error("unknown-edition", message).hint(
        "Two homes have issued it. Move the folder aside, or put the ledger that knows it back.",
    )
}

/// Reads one edition's folder; every file of it must be what its manifest says.
fn read(home: &Home, place: &Path, key: &EditionKey) -> Result<FoundEdition, Diagnostic> {
    let unsound = |why: &str| {
        let message = format!("{} is no sound edition: {why}", place.display());
        Diagnostic::error("edition-changed", message)
            .hint("Nothing was recorded. Put the folder back as it was published.")
    };
    let token = folders::token(place).map_err(|e| unsound(&e.to_string()))?;
    if token.is_some() {
        let message = format!("{} was never announced: its run died", place.display());
        let hint = "Nobody has got it. Remove that folder; the next run issues the edition.";
        return Err(Diagnostic::error("edition-in-making", message).hint(hint));
    }
    if let Some(why) = published::damage(place, None) {
        return Err(unsound(&why));
    }
    let bytes = fs::read(place.join(MANIFEST_FILE)).map_err(|e| unsound(&e.to_string()))?;
    let manifest = Manifest::parse(&bytes).map_err(|e| unsound(&e))?;
    let of = EditionKey {
        plan: manifest.plan.clone(),
        period: manifest.period,
        edition: manifest.edition,
    };
    if of != *key {
        let EditionKey {
            plan,
            period,
            edition,
        } = of;
        return Err(unsound(&format!(
            "its manifest is of {plan} {period} v{edition}"
        )));
    }
    let results = fs::read_to_string(place.join(RESULTS_FILE))
        .map_err(|e| unsound(&format!("results.json: {e}")))?;
    let said = Results::parse(&results).map_err(|e| unsound(&format!("results.json: {e}")))?;
    let approved = approved(place, &manifest).map_err(|e| unsound(&e))?;
    let edition = Edition {
        key: key.clone(),
        published: true,
        preliminary: said.preliminary,
        // One that waited for approval was issued when it was released.
        issued_at: approved
            .as_ref()
            .and_then(|approved| approved.at)
            .unwrap_or_else(|| manifest.issued_at.to_utc()),
        reason: reason(&manifest),
        manifest_sha256: Some(sha256_hex(&bytes)),
        results: Some(results),
        directory: Some(folders::recorded(home, place)),
        adopted: true,
    };
    let adoption = Adoption {
        edition,
        deliveries: deliveries(place, key).map_err(|e| unsound(&e))?,
        approved,
    };
    Ok(FoundEdition {
        adoption,
        manifest,
        goals: said.goals.len(),
    })
}

/// Who released it, where it waited for that: as the file says that its manifest vouches for.
fn approved(place: &Path, manifest: &Manifest) -> Result<Option<Approved>, String> {
    if manifest.file(APPROVAL_FILE).is_none() {
        return Ok(None);
    }
    let wrong = |why: String| format!("{APPROVAL_FILE}: {why}");
    let bytes = fs::read(place.join(APPROVAL_FILE)).map_err(|e| wrong(e.to_string()))?;
    let document = ApprovalDocument::parse(&bytes).map_err(wrong)?;
    Ok(Some(document.approved()))
}

/// Why it replaced the one before it, in the words that it was issued with.
fn reason(manifest: &Manifest) -> Option<String> {
    let given = manifest.reason.clone();
    given.or_else(|| (manifest.edition > 1).then(|| FINAL_EDITION.to_owned()))
}

/// One delivery for each recipient that the edition's message names. The message of each bore a
/// Message-ID of its own; editions of before that had one for all.
fn deliveries(place: &Path, key: &EditionKey) -> Result<Vec<NewDelivery>, String> {
    let path = place.join("message.eml");
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(format!("message.eml: {e}")),
    };
    let first = message_id_of(&bytes).ok_or("message.eml has no Message-ID")?;
    let recipients = recipients_of(&bytes);
    let sender = first
        .trim_end_matches('>')
        .rsplit('@')
        .next()
        .and_then(|domain| parse_mailbox(&format!("metas@{domain}")).ok());
    let made = |recipient: &String, from: &Mailbox| messages::message_id(key, recipient, from);
    let own = sender.filter(|from| recipients.iter().any(|r| made(r, from) == first));
    let sha256 = sha256_hex(&bytes);
    let one = |recipient: String| NewDelivery {
        topic: Topic::edition(Occasion::Report, key),
        transport: Transport::Smtp,
        message_id: match &own {
            Some(from) => made(&recipient, from),
            None => first.clone(),
        },
        message_path: archive::place(&sha256).to_string_lossy().into_owned(),
        message_sha256: sha256.clone(),
        recipient,
    };
    Ok(recipients.iter().cloned().map(one).collect())
}

fn record(
    home: &Home,
    ledger: &mut Ledger,
    found: &[FoundEdition],
    now: DateTime<Utc>,
) -> Result<(), CommandError> {
    for one in found {
        let issued_at = &one.adoption.edition.issued_at;
        ledger.record_submissions(&submissions(&one.manifest), *issued_at)?;
        let folder = folders::folder_of(home, &one.adoption.edition);
        for delivery in one.adoption.deliveries.iter().take(1) {
            archive_again(home, &delivery.message_sha256, &folder.join("message.eml"))?;
        }
        for (sha256, path) in made_from(home, &one.manifest) {
            archive_again(home, &sha256, &path)?;
        }
    }
    let adoptions: Vec<Adoption> = found.iter().map(|f| f.adoption.clone()).collect();
    Ok(ledger.adopt(&adoptions, now)?)
}

/// The files that the edition was made from, so that none of them is taken for one that came later.
fn submissions(manifest: &Manifest) -> Vec<SubmissionRecord> {
    let one = |s: &ManifestSubmission| SubmissionRecord {
        plan: manifest.plan.clone(),
        period: manifest.period,
        source: s.source.clone(),
        department: s.department.clone(),
        file: s.file.clone(),
        sha256: s.sha256.clone(),
        size: i64::try_from(s.bytes).unwrap_or(i64::MAX),
        state: if manifest.late(&s.source, &s.department).is_some() {
            SubmissionState::Late
        } else {
            SubmissionState::Received
        },
    };
    manifest.submissions.iter().map(one).collect()
}

/// What the edition was made from, with where each file may still lie.
fn made_from(home: &Home, manifest: &Manifest) -> Vec<(String, PathBuf)> {
    let inputs = home.inputs(manifest.period);
    let sent = manifest.submissions.iter();
    let sent = sent.map(|s| (&s.sha256, &s.file, inputs.join(&s.file)));
    let other = manifest.made_from.iter();
    let other = other.map(|f| {
        let below = match f.path.strip_prefix("inputs/") {
            Some(photo) => inputs.join(photo),
            None => home.root.join(&f.path),
        };
        (&f.sha256, &f.path, below)
    });
    sent.chain(other)
        .filter(|(_, path, _)| crate::store::files::is_inside(path))
        .map(|(sha256, _, place)| (sha256.clone(), place))
        .collect()
}

/// Puts a file back into the archive where it still is what it was.
fn archive_again(home: &Home, sha256: &str, path: &Path) -> Result<(), CommandError> {
    match fs::read(path) {
        Ok(bytes) if sha256_hex(&bytes) == sha256 => archive::put(home, &bytes).map(|_| ()),
        _ => Ok(()),
    }
}

fn tell(console: &Console, home: &Home, folder: &Path, found: &[FoundEdition]) {
    let mut text = String::new();
    let mut list = Vec::new();
    for one in found {
        let Adoption {
            edition,
            deliveries,
            ..
        } = &one.adoption;
        let key = &edition.key;
        let lost: Vec<String> = made_from(home, &one.manifest)
            .into_iter()
            .filter(|(sha256, _)| !archive::is_whole(home, sha256))
            .map(|(_, path)| {
                path.strip_prefix(&home.root)
                    .unwrap_or(&path)
                    .display()
                    .to_string()
            })
            .collect();
        let to: Vec<&str> = deliveries.iter().map(|d| d.recipient.as_str()).collect();
        let kind = if edition.preliminary {
            "preliminary"
        } else {
            "final"
        };
        text.push_str(&format!(
            "{} {} v{} ({kind}), issued on {}: recorded as issued, with {} figures, and as delivered to {}. Nothing was sent.\n",
            key.plan,
            key.period,
            key.edition,
            edition.issued_at.format("%Y-%m-%d"),
            one.goals,
            if to.is_empty() { "nobody".to_owned() } else { to.join(", ") },
        ));
        if !lost.is_empty() {
            text.push_str(&format!(
                "  Not in the archive any more, so that `metas verify` can't make it again: {}\n",
                lost.join(", ")
            ));
        }
        list.push(json!({
            "edition": key.edition,
            "preliminary": edition.preliminary,
            "issued_at": edition.issued_at,
            "recipients": to,
            "not_in_archive": lost,
        }));
    }
    if found.is_empty() {
        text = format!(
            "{}: the ledger knows all that lies there; nothing was recorded.\n",
            folder.display()
        );
    }
    console.data(&json!({ "directory": folder, "adopted": list }), &text);
}
