//! Names and texts as nobody would choose them, in every occasion's message.

use metas::correspondence::*;
use metas::diagnostic::{CellLocation, Diagnostic};
use metas::results::Results;

use super::cases::{self, Case, day, edition, moment, received, sender};

/// A word that no column has room for.
const LONG_WORD: &str = "Electroencefalografistaotorrinolaringologicamentedescentrados";
/// A department as long as definitions allow.
const LONG_NAME: &str =
    "Dirección General de Infraestructura Hidráulica, Saneamiento y Gestión Integral de Cuencas";
/// Markup, templates, shells, other scripts, and what turns a line around.
pub(super) const MEAN: &str = "<script>alert(1)</script> \"comillas\" 'simples' & {{ 7*7 }} {% raw %} # $ @ * _ שלום العربية \u{202e}fdp.exe\u{2066} 👩‍🌾\r\nBcc: otra@example.mx\u{0}\ttab";

fn text(n: usize) -> String {
    format!("{LONG_WORD} {MEAN} {n}")
}

/// The edition with hostile texts in all that it takes from definitions and files.
fn results() -> Results {
    let mut results = edition();
    results.plan.title = text(0);
    results.brand.name = text(1);
    results.brand.term = Some(text(2));
    results.brand.slogan = vec![text(3), LONG_NAME.to_owned()];
    results.brand.color = Some("red;background:url(x)".to_owned());
    results.session = Some(text(4));
    results.reason = Some(text(5));
    for axis in &mut results.axes {
        axis.title = text(6);
    }
    for (n, goal) in results.goals.iter_mut().enumerate() {
        goal.statement = format!("{} {}", text(n), "palabra ".repeat(40));
        goal.responsible = Some(LONG_NAME.to_owned());
        goal.shown.actual_value = Some("987,654,321.50\u{a0}pesos".to_owned());
        goal.shown.planned = Some(text(7));
        goal.shown.reason = Some(text(8));
    }
    for entry in &mut results.corrections {
        entry.statement = text(9);
        entry.shown.before = Some(text(10));
    }
    for entry in &mut results.goal_changes {
        entry.statement = text(11);
        entry.shown.before = Some(text(12));
    }
    for department in &mut results.departments {
        department.name = text(13);
        department.missing = 1;
    }
    results.findings_summary.missing = 2;
    results
}

fn findings(count: usize) -> Vec<Diagnostic> {
    let one = |n: usize| {
        Diagnostic::error("unknown-category", text(n))
            .in_cells(CellLocation {
                file: text(1),
                sheet: Some(text(2)),
                cell: Some(format!("D{n}")),
                header: Some(format!("{LONG_WORD}{LONG_WORD}")),
                raw: Some(MEAN.to_owned()),
            })
            .hint(text(3))
    };
    (1..=count).map(one).collect()
}

fn receipts(sender: &Sender) -> Vec<Case> {
    let mut file = received(&text(1), FileOutcome::Unusable, findings(500));
    file.returned = ReturnedWorkbook::TooLarge;
    let goals: Vec<GoalLine> = results().goals.iter().map(GoalLine::from).collect();
    let many: Vec<ReceivedFile> = (0..200)
        .map(|n| {
            received(
                &format!("{n} {MEAN}.xlsx"),
                FileOutcome::Observed,
                findings(n % 7 + 1),
            )
        })
        .collect();
    [
        ("hostile-receipt", vec![file]),
        ("hostile-receipt-200", many),
    ]
    .into_iter()
    .map(|(name, files)| {
        let letter = receipt(&Receipt {
            sender,
            plan: &text(0),
            period: cases::period(),
            department: LONG_NAME,
            files: &files,
            goals: &goals,
            new_version: NewVersion::InTime {
                until: day("2026-07-03"),
            },
        });
        (name, letter.unwrap())
    })
    .collect()
}

fn others(sender: &Sender, results: &Results) -> Vec<Case> {
    let missing = |n: usize| MissingFile {
        plan: text(n % 3),
        period: cases::period(),
        department: LONG_NAME.to_owned(),
        file: format!("{LONG_WORD}{LONG_WORD}*.xlsx"),
        sheet: Some(text(5)),
        deadline: day("2026-07-03"),
        state: MissingState::Unusable {
            file: text(6),
            reason: findings(1).pop(),
        },
        blank: Some(format!("{LONG_WORD}.xlsx")),
    };
    let files: Vec<MissingFile> = (0..9).map(missing).collect();
    let reminder = reminder(&Reminder {
        sender,
        today: day("2026-07-01"),
        files: &files,
    });
    let approval = approval(&ApprovalMessage {
        sender,
        results,
        pdf_sha256: &"ab".repeat(32),
        approver: MEAN,
        recipients: &[MEAN.to_owned(), format!("{LONG_WORD}@example.mx")],
        rendered: moment("2026-07-05 00:10"),
        request: ApprovalRequest::First,
    });
    let alert = alert(&Alert {
        sender,
        kind: AlertCause::Run,
        plan: Some(MEAN),
        period: Some(cases::period()),
        diagnostics: &findings(500),
        exit_status: Some(74),
        since: moment("2026-07-05 00:10"),
        now: moment("2026-07-05 00:10"),
        stage: AlertStage::New,
    });
    let slice = slice(&SliceMessage {
        sender,
        results,
        departments: &[LONG_NAME.to_owned()],
        attachment: None,
    });
    let report = report(&ReportMessage {
        sender,
        results,
        subject: "{title}: {period}",
        pdf_sha256: &"ab".repeat(32),
        page: Some("https://example.mx/\"><script>"),
        also_attached: &[],
    });
    vec![
        ("hostile-reminder", reminder.unwrap()),
        ("hostile-approval", approval.unwrap()),
        ("hostile-alert", alert.unwrap()),
        ("hostile-slice", slice.unwrap()),
        ("hostile-report", report.unwrap()),
    ]
}

/// Every occasion with them.
pub(super) fn cases() -> Vec<Case> {
    let results = results();
    let mut sender = sender();
    sender.brand = results.brand.clone();
    sender.from = Some(MEAN.to_owned());
    let mut all = receipts(&sender);
    all.extend(others(&sender, &results));
    all
}
