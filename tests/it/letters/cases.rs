//! One message of each kind, as a municipality would send it. What each says is the text of its
//! name below `tests/letters/`.

use chrono::{NaiveDate, NaiveDateTime};
use metas::correspondence::*;
use metas::diagnostic::{CellLocation, Diagnostic};
use metas::period::Period;
use metas::plan::Brand;
use metas::results::{FigureEntry, Results};

/// A name, and the message.
pub(super) type Case = (&'static str, Letter);

const SHA: &str = "9f2c4e0b7a6d5c3b2a1908f7e6d5c4b3a291807f6e5d4c3b2a190817263544f0";

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn moment(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

pub(super) fn period() -> Period {
    "2026-T2".parse().unwrap()
}

pub(super) fn sender() -> Sender {
    Sender {
        brand: Brand {
            name: "Municipio de Santa Lucía".to_owned(),
            term: Some("2024 - 2027".to_owned()),
            slogan: vec!["Cuentas claras".to_owned()],
            color: Some("#7a1f3d".to_owned()),
            logo: None,
        },
        from: Some("Gobierno Abierto <gobierno.abierto@example.mx>".to_owned()),
    }
}

/// A corrected edition of a quarter that has one before it.
pub(super) fn edition() -> Results {
    Results::parse(include_str!("../../results/edition.json")).unwrap()
}

/// The same as a first edition, of which nothing is corrected.
fn first_edition() -> Results {
    let mut results = edition();
    results.edition = 1;
    results.reason = None;
    results.folio = "programa-santa-lucia/2026-T2/v1".to_owned();
    results.corrections.clear();
    results.goal_changes.clear();
    results
}

fn finding(blocks: bool, cell: &str, header: &str, message: &str, hint: &str) -> Diagnostic {
    let finding = match blocks {
        true => Diagnostic::error("e", message),
        false => Diagnostic::warning("w", message),
    };
    finding.hint(hint).in_cells(CellLocation {
        file: "acuerdos.xlsx".to_owned(),
        sheet: Some("Acuerdos".to_owned()),
        cell: Some(cell.to_owned()),
        header: Some(header.to_owned()),
        raw: None,
    })
}

fn observations() -> Vec<Diagnostic> {
    let mut all = vec![finding(
        false,
        "E7",
        "Monto",
        "«12,500» es un texto que parece número; se leyó como 12500.",
        "Escriba el número sin comillas: 12500.",
    )];
    all.extend((9..=40).map(|row| {
        finding(
            false,
            &format!("D{row}"),
            "Fecha de conclusión",
            "La celda está vacía.",
            "Escriba una fecha, por ejemplo 15/03/2026.",
        )
    }));
    all
}

fn errors() -> Vec<Diagnostic> {
    let mut all = vec![
        finding(
            true,
            "C12",
            "Estatus",
            "«Concluida» no es una de las opciones.",
            "Escriba una de estas opciones: Concluido, En proceso, Pendiente.",
        ),
        finding(
            true,
            "D14",
            "Fecha de conclusión",
            "El 31/02/2026 no existe.",
            "Escriba una fecha que exista, por ejemplo 28/02/2026.",
        ),
    ];
    all.extend(observations().into_iter().take(1));
    all
}

pub(super) fn received(
    file: &str,
    outcome: FileOutcome,
    findings: Vec<Diagnostic>,
) -> ReceivedFile {
    let marked = ReturnedWorkbook::Marked("acuerdos.xlsx".to_owned());
    ReceivedFile {
        file: file.to_owned(),
        received: moment("2026-07-02 16:05"),
        bytes: 48_213,
        sha256: Some(SHA.to_owned()),
        rows: Some(449),
        outcome,
        returned: match findings.is_empty() {
            true => ReturnedWorkbook::Nothing,
            false => marked,
        },
        findings,
    }
}

fn receipt_of(files: &[ReceivedFile], new_version: NewVersion) -> Letter {
    let results = first_edition();
    let goals: Vec<GoalLine> = results.goals.iter().take(3).map(GoalLine::from).collect();
    let goals = match new_version {
        NewVersion::Issued { .. } => &[][..],
        _ => &goals,
    };
    receipt(&Receipt {
        sender: &sender(),
        plan: "Informe de avance del Programa de Gobierno de Santa Lucía",
        period: period(),
        department: "Servicios Públicos",
        files,
        goals,
        new_version,
    })
    .unwrap()
}

fn receipts() -> Vec<Case> {
    let in_time = NewVersion::InTime {
        until: day("2026-07-03"),
    };
    let late = NewVersion::Late {
        deadline: day("2026-07-03"),
    };
    let issued = NewVersion::Issued {
        edition: 1,
        on: day("2026-07-05"),
    };
    let accepted = received("acuerdos.xlsx", FileOutcome::Accepted, Vec::new());
    let observed = received("acuerdos.xlsx", FileOutcome::Observed, observations());
    let unusable = received("acuerdos.xlsx", FileOutcome::Unusable, errors());
    let no_book = ReceivedFile {
        rows: None,
        returned: ReturnedWorkbook::List("acuerdos (pdf) - observaciones.xlsx".to_owned()),
        ..received(
            "acuerdos.pdf",
            FileOutcome::Unusable,
            vec![
                Diagnostic::error(
                    "not-a-spreadsheet",
                    "El archivo no es una hoja de cálculo: es un documento PDF.",
                )
                .hint("Entregue los datos en un libro de Excel (.xlsx) o de LibreOffice (.ods)."),
            ],
        )
    };
    let many: Vec<ReceivedFile> = (1..=200)
        .map(|n| {
            let (outcome, findings) = match n {
                50 | 120 => (FileOutcome::Unusable, errors()),
                7 => (FileOutcome::Observed, observations()),
                _ => (FileOutcome::Accepted, Vec::new()),
            };
            received(&format!("colonia-{n:03}.xlsx"), outcome, findings)
        })
        .collect();
    vec![
        (
            "receipt-accepted",
            receipt_of(std::slice::from_ref(&accepted), in_time),
        ),
        ("receipt-observed", receipt_of(&[observed], in_time)),
        (
            "receipt-unusable",
            receipt_of(&[unusable, accepted.clone()], late),
        ),
        ("receipt-no-workbook", receipt_of(&[no_book], in_time)),
        ("receipt-after-the-report", receipt_of(&[accepted], issued)),
        ("receipt-200-files", receipt_of(&many, in_time)),
    ]
}

fn missing(file: &str, department: &str, deadline: &str) -> MissingFile {
    MissingFile {
        plan: "Programa de Gobierno de Santa Lucía".to_owned(),
        period: period(),
        department: department.to_owned(),
        file: file.to_owned(),
        sheet: None,
        deadline: day(deadline),
        state: MissingState::NotReceived,
        blank: Some(format!("{}.xlsx", file.split(['*', '.']).next().unwrap())),
    }
}

fn reminders() -> Vec<Case> {
    let works = missing("baches*.xlsx", "Servicios Públicos", "2026-07-03");
    let workshops = MissingFile {
        state: MissingState::Unusable {
            file: "talleres junio.xlsx".to_owned(),
            reason: errors().into_iter().next(),
        },
        sheet: Some("Talleres".to_owned()),
        blank: None,
        ..missing("talleres*.xlsx", "Bienestar y Participación", "2026-07-03")
    };
    let other_plan = MissingFile {
        plan: "Agenda de Mejora Regulatoria".to_owned(),
        period: "2026-M06".parse().unwrap(),
        ..missing("tramites.xlsx", "Servicios Públicos", "2026-06-30")
    };
    let both = [works.clone(), workshops.clone()];
    let all = [works.clone(), workshops, other_plan];
    let of = |today: &str, files: &[MissingFile]| {
        let about = Reminder {
            sender: &sender(),
            today: day(today),
            files,
        };
        reminder(&about).unwrap()
    };
    vec![
        ("reminder-before", of("2026-06-30", &both)),
        ("reminder-on-the-day", of("2026-07-03", &[works])),
        ("reminder-after", of("2026-07-05", &both)),
        ("reminder-two-plans", of("2026-07-02", &all)),
    ]
}

fn approvals() -> Vec<Case> {
    let of = |results: &Results, request: ApprovalRequest<'_>| {
        approval(&ApprovalMessage {
            sender: &sender(),
            results,
            pdf_sha256: SHA,
            approver: "Ana O'Farrill",
            recipients: &[
                "Secretariado Técnico <secretariado.tecnico@example.mx>".to_owned(),
                "servicios.publicos@example.mx".to_owned(),
            ],
            rendered: moment("2026-07-05 00:10"),
            request,
        })
        .unwrap()
    };
    let again = ApprovalRequest::Again {
        since: day("2026-07-05"),
        today: day("2026-07-08"),
    };
    let replaced = ApprovalRequest::Replaced {
        earlier: &SHA[8..],
        was_approved: true,
    };
    vec![
        (
            "approval-first",
            of(&first_edition(), ApprovalRequest::First),
        ),
        ("approval-again", of(&first_edition(), again)),
        ("approval-replaced", of(&edition(), replaced)),
    ]
}

fn alerts() -> Vec<Case> {
    let held = [Diagnostic::error(
        "goal-changed",
        "programa-santa-lucia 2026-T2: goal baches was published with target 80, and the definition says 70 now; nobody is named who decided",
    )
    .hint("name who decided in `changed`, or see the difference with `metas preview programa-santa-lucia --period 2026-T2`, then `metas run programa-santa-lucia --period 2026-T2`")];
    let of = |stage: AlertStage, now: &str| {
        alert(&Alert {
            sender: &sender(),
            kind: AlertCause::Held,
            plan: Some("programa-santa-lucia"),
            period: Some(period()),
            diagnostics: &held,
            exit_status: Some(3),
            since: moment("2026-07-05 00:10"),
            now: moment(now),
            stage,
        })
        .unwrap()
    };
    let disk = [Diagnostic::error(
        "disk-full",
        "cannot write state/ledger.db: no space left on device",
    )
    .hint("free some space; the next run goes on where this one stopped")];
    let disk = alert(&Alert {
        sender: &sender(),
        kind: AlertCause::Disk,
        plan: None,
        period: None,
        diagnostics: &disk,
        exit_status: Some(74),
        since: moment("2026-07-05 00:10"),
        now: moment("2026-07-05 00:10"),
        stage: AlertStage::New,
    });
    vec![
        ("alert-held", of(AlertStage::New, "2026-07-05 00:10")),
        ("alert-again", of(AlertStage::Repeated, "2026-07-12 00:10")),
        (
            "alert-resolved",
            of(AlertStage::Resolved, "2026-07-12 09:30"),
        ),
        ("alert-disk", disk.unwrap()),
    ]
}

fn report_of(results: &Results, page: Option<&str>) -> Letter {
    report(&ReportMessage {
        sender: &sender(),
        results,
        subject: "{title}: {period}",
        pdf_sha256: SHA,
        page,
        also_attached: &["las diapositivas".to_owned()],
    })
    .unwrap()
}

fn reports() -> Vec<Case> {
    let mut behind = first_edition();
    let page = Some("https://transparencia.example.mx/santa-lucia/2026-T2/");
    behind.findings_summary.missing = 2;
    behind.findings_summary.rejected = 1;
    behind.departments[0].missing = 2;
    behind.departments[1].rejected = 1;
    let mut first = first_edition();
    for goal in &mut first.goals {
        goal.previous = None::<FigureEntry>;
        goal.trend = None;
    }
    let own = ["Bienestar y Participación".to_owned()];
    let pages = slice(&SliceMessage {
        sender: &sender(),
        results: &first_edition(),
        departments: &own,
        attachment: Some("metas-2026-T2-v1.pdf"),
    });
    vec![
        ("report", report_of(&behind, page)),
        ("report-of-the-first-period", report_of(&first, None)),
        ("report-corrected", report_of(&edition(), None)),
        ("slice", pages.unwrap()),
    ]
}

/// One message of each kind.
pub(super) fn cases() -> Vec<Case> {
    [receipts(), reminders(), approvals(), alerts(), reports()].concat()
}
