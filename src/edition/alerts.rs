//! Alerts: the operator hears once of each cause, again while it lasts, and when it is over.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::concerns::{BLOCKED, Concern};
use super::notice::Writer;
use crate::correspondence;
use crate::correspondence::{Alert, AlertCause, AlertStage};
use crate::diagnostic::Diagnostic;
use crate::exit::CommandError;
use crate::home::Home;
use crate::ledger::{
    Delivery, DeliveryFilter, DeliveryState, Ledger, NewDelivery, Note, Occasion, OpenAlert, Topic,
};
use crate::period::Period;
use crate::plan::{Brand, DeliveryRules, Operator};

/// When the operator is told, counted from the first time.
const LADDER: [TimeDelta; 4] = [
    TimeDelta::zero(),
    TimeDelta::days(1),
    TimeDelta::days(7),
    TimeDelta::days(30),
];

/// A plan whose operator hears of what is wrong.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    /// The plan's id.
    pub plan: String,
    /// How it writes; none: nobody can be written to.
    pub delivery: Option<DeliveryRules>,
    /// Who hears.
    pub operator: Operator,
    /// What its messages say of the municipality.
    pub brand: Brand,
    /// Largest message, in MiB.
    pub message_mib: u64,
    /// The moment, in its zone.
    pub now: DateTime<Tz>,
}

/// What is wrong with a plan at the end of a run.
pub(crate) struct PlanFaults<'a> {
    /// What is wrong.
    pub concerns: &'a [Concern],
    /// Whether everything was looked at: what was told before and is not among them is over.
    pub complete: bool,
    /// Periods that have their report.
    pub issued: &'a [Period],
}

impl Watched {
    /// Queues what the operator is to be told.
    ///
    /// # Errors
    /// The archive or the ledger cannot be written.
    pub(crate) fn queue(
        &self,
        home: &Home,
        found: &PlanFaults<'_>,
        ledger: &mut Ledger,
    ) -> Result<(), CommandError> {
        let open = ledger.open_alerts(&self.plan)?;
        for (index, concern) in found.concerns.iter().enumerate() {
            let mut before = found.concerns[..index].iter();
            if before.any(|earlier| earlier.cause == concern.cause) {
                continue;
            }
            if concern.once {
                self.tell_once(home, concern, ledger)?;
            } else {
                let known = open.iter().find(|alert| alert.cause == concern.cause);
                self.tell(home, concern, known, ledger)?;
            }
        }
        if !found.complete {
            return Ok(());
        }
        for alert in &open {
            if !found.concerns.iter().any(|c| c.cause == alert.cause) {
                self.end(home, alert, found.issued, ledger)?;
            }
        }
        Ok(())
    }

    fn tell_once(
        &self,
        home: &Home,
        concern: &Concern,
        ledger: &mut Ledger,
    ) -> Result<(), CommandError> {
        let alert = self.alert(concern, self.now.to_utc(), AlertStage::New);
        let messages = self.messages(home, &alert, format!("once/{}", concern.cause))?;
        Ok(ledger.enqueue(&messages, self.now.to_utc())?)
    }

    fn tell(
        &self,
        home: &Home,
        concern: &Concern,
        known: Option<&OpenAlert>,
        ledger: &mut Ledger,
    ) -> Result<(), CommandError> {
        let at = self.now.to_utc();
        let since = known.map_or(at, |alert| alert.since);
        let told = known.map_or(0, |alert| alert.told);
        let due = steps_due(since + concern.patience, at);
        let content = content(&concern.diagnostics);
        if known.is_some_and(|alert| alert.content == content) && due <= told {
            return Ok(());
        }
        let mut alert = OpenAlert {
            plan: self.plan.clone(),
            cause: concern.cause.clone(),
            content,
            since,
            told,
            last_told_at: known.and_then(|alert| alert.last_told_at),
        };
        let mut messages = Vec::new();
        if due > told {
            alert.told = due;
            alert.last_told_at = Some(at);
            let stage = match told {
                0 => AlertStage::New,
                _ => AlertStage::Repeated,
            };
            let about = format!("{}{due}", episode(&alert));
            messages = self.messages(home, &self.alert(concern, since, stage), about)?;
        }
        Ok(ledger.keep_alert(&alert, &messages, at)?)
    }

    /// Ends an alert: says so to an operator who was told of it, and withdraws what has not gone
    /// out.
    fn end(
        &self,
        home: &Home,
        alert: &OpenAlert,
        issued: &[Period],
        ledger: &mut Ledger,
    ) -> Result<(), CommandError> {
        let at = self.now.to_utc();
        let rows = ledger.deliveries(&DeliveryFilter {
            plan: Some(self.plan.clone()),
            occasion: Some(Occasion::Alert),
            ..DeliveryFilter::default()
        })?;
        let episode = episode(alert);
        let of_it = |row: &&Delivery| row.topic.about.starts_with(&episode);
        let rows: Vec<&Delivery> = rows.iter().filter(of_it).collect();
        let was_told = |row: &&&Delivery| row.state == DeliveryState::Accepted;
        let mut messages = Vec::new();
        if rows.iter().any(|row| was_told(&row)) && !is_moot(alert, issued) {
            let concern = Concern::new(alert.cause.clone(), alert_cause_of(&alert.cause), &[]);
            let over = self.alert(&concern, alert.since, AlertStage::Resolved);
            messages = self.messages(home, &over, format!("{episode}over"))?;
        }
        let note = Note {
            reply: Some("what it tells of is over".to_owned()),
            ..Note::default()
        };
        for row in rows {
            if matches!(row.state, DeliveryState::Queued | DeliveryState::Deferred) {
                ledger.transition(row.id, (row.state, DeliveryState::Superseded), &note, at)?;
            }
        }
        Ok(ledger.end_alert((&self.plan, &alert.cause), &messages, at)?)
    }

    fn alert<'c>(
        &'c self,
        concern: &'c Concern,
        since: DateTime<Utc>,
        stage: AlertStage,
    ) -> AlertText<'c> {
        AlertText {
            concern,
            since,
            stage,
            period: concern.period,
        }
    }

    /// The message to each operator; none where the plan writes to nobody.
    fn messages(
        &self,
        home: &Home,
        text: &AlertText<'_>,
        about: String,
    ) -> Result<Vec<NewDelivery>, CommandError> {
        let Some(delivery) = &self.delivery else {
            return Ok(Vec::new());
        };
        let writer = Writer {
            home,
            delivery,
            brand: self.brand.clone(),
            message_mib: self.message_mib,
            date: self.now.to_utc(),
        };
        let letter = correspondence::alert(&Alert {
            sender: &writer.sender(),
            kind: text.concern.kind,
            plan: Some(&self.plan),
            period: text.period,
            diagnostics: &text.concern.diagnostics,
            exit_status: text.concern.status.map(|status| status.code()),
            since: text.since.with_timezone(&self.now.timezone()).naive_local(),
            now: self.now.naive_local(),
            stage: text.stage,
        })?;
        let topic = Topic::notice(Occasion::Alert, &self.plan, text.period, about);
        let to = self.operator.email.iter();
        to.map(|operator| writer.frozen(topic.clone(), operator, &letter, &[]))
            .collect()
    }
}

/// What one alert says.
struct AlertText<'a> {
    concern: &'a Concern,
    since: DateTime<Utc>,
    stage: AlertStage,
    period: Option<Period>,
}

/// How many steps of the ladder have come by `now`, of an alert that is first told at `first`.
fn steps_due(first: DateTime<Utc>, now: DateTime<Utc>) -> u32 {
    let come = LADDER.iter().filter(|after| first + **after <= now);
    u32::try_from(come.count()).unwrap_or(u32::MAX)
}

/// What the messages of one alert, from its begin to its end, are known by.
fn episode(alert: &OpenAlert) -> String {
    format!("{}/{}/", alert.cause, alert.since.format("%Y%m%dT%H%M%SZ"))
}

fn content(diagnostics: &[Diagnostic]) -> String {
    let messages: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
    messages.join("\n")
}

/// Whether the end of a cause is no good news: the report was issued without the file.
fn is_moot(alert: &OpenAlert, issued: &[Period]) -> bool {
    alert.cause.strip_prefix(BLOCKED).is_some_and(|rest| {
        let period = rest.split('/').next().and_then(|text| text.parse().ok());
        period.is_some_and(|period| issued.contains(&period))
    })
}

/// What kind of thing a cause is, where only its name is left.
fn alert_cause_of(cause: &str) -> AlertCause {
    match cause.split('/').next().unwrap_or_default() {
        "held" => AlertCause::Held,
        "blocked" => AlertCause::SourceBlocked,
        "definition" => AlertCause::PlanUnreadable,
        "rejected" | "bounced" => AlertCause::DeliveryRejected,
        "ambiguous" => AlertCause::DeliveryUncertain,
        "waiting" => AlertCause::DeliveryDelayed,
        "clock" => AlertCause::Clock,
        _ => AlertCause::Run,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_alert_is_told_at_once_and_after_1_7_and_30_days() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let first = at("2026-04-05T06:00:00Z");
        for (now, steps) in [
            ("2026-04-05T05:00:00Z", 0),
            ("2026-04-05T06:00:00Z", 1),
            ("2026-04-06T05:00:00Z", 1),
            ("2026-04-06T06:00:00Z", 2),
            ("2026-04-12T06:00:00Z", 3),
            ("2026-05-05T06:00:00Z", 4),
            ("2027-01-01T00:00:00Z", 4),
        ] {
            assert_eq!(steps_due(first, at(now)), steps, "{now}");
        }
    }
}
