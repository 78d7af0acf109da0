//! Every key of a definition does something. Its JSON Schema is walked: each key has a row that
//! changes the plan of `tests/definitions/keys/` and says what changes by it, or that names the
//! test which shows it. A key without a row fails, and so does a row without a key.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use indexmap::IndexMap;
use metas::delivery;
use metas::dropbox::{Collected, DropFolder};
use metas::indicators::{
    self, Availability, Computed, History, PastFigure, ReportingPeriod, SourceTable, Status,
};
use metas::plan::{self, Plan};
use metas::results::{self, ReportData};
use serde_json::Value;

use Seen::{Gone, New, Tested};

const BASE: &str = include_str!("../definitions/keys/base.toml");

/// How a key is seen to act.
enum Seen {
    /// This text of the plan is replaced by that one: then this is said, and was not before.
    New(&'static str, &'static str, &'static str),
    /// The same, and what was said before is not any more.
    Gone(&'static str, &'static str, &'static str),
    /// A test of this name shows it.
    Tested(&'static str),
}

type Row = (&'static str, Seen);

const RATIO: &str = "kind = \"ratio\"\n";
const TARGET: &str = "target = 80\n";

#[rustfmt::skip]
const PLAN: &[Row] = &[
    ("format", New("format = 1", "format = 2", "out-of-range")),
    ("plan.id", New("id = \"base\"", "id = \"obras\"", "plan-id")),
    ("plan.title", New("title = \"Plan de obras\"", "title = \"Plan vial\"", "subject = Plan vial: 2026-T2")),
    ("plan.title", New("title = \"Plan de obras\"", "title = \"Plan vial\"", "plan.title = \"Plan vial\"")),
    ("plan.subtitle", New("title = \"Plan de obras\"", "title = \"Plan de obras\"\nsubtitle = \"Calles y gente\"", "plan.subtitle = \"Calles y gente\"")),
    ("plan.timezone", New("timezone = \"America/Mexico_City\"", "timezone = \"America/Tijuana\"", "issued_at = \"2026-06-30T23:30:00-07:00\"")),
    ("plan.timezone", New("timezone = \"America/Mexico_City\"", "timezone = \"America/Tijuana\"", "preliminary = true")),
    ("plan.traffic_light.on_track", New("[schedule]", "traffic_light = { on_track = 95, at_risk = 70 }\n[schedule]", "goals.reparados.status = \"at-risk\"")),
    ("plan.traffic_light.at_risk", New("[schedule]", "traffic_light = { on_track = 97, at_risk = 96 }\n[schedule]", "goals.reparados.status = \"critical\"")),
    ("schedule.every", New("every = \"quarter\"", "every = \"month\"", "is not a period of this plan's schedule")),
    ("schedule.cutoff", New("[schedule]", "[schedule]\ncutoff = \"first day\"", "last day")),
    ("schedule.first_period", New("first_period = \"2026-T1\"", "first_period = \"2026-T2\"", "begun = 2026-T2")),
    ("schedule.report_after_days", New("[schedule]", "[schedule]\nreport_after_days = 9", "due = 2026-07-09")),
    ("schedule.submit_within_days", New("[schedule]", "[schedule]\nsubmit_within_days = 2", "files until = 2026-07-03 00:00:00")),
    ("schedule.remind_before_days", New("[schedule]", "[schedule]\nremind_before_days = [3]", "reminders")),
    ("schedule.remind_after_days", New("[schedule]", "[schedule]\nremind_after_days = [3]", "reminders")),
    ("schedule.remind_before_days", Tested("a_liaison_of_two_departments_has_one_reminder_a_day_and_a_clock_that_jumps_one")),
    ("schedule.remind_after_days", Tested("people_are_reminded_by_day_and_at_night_only_where_cron_calls_by_night_alone")),
    ("schedule.max_lateness_days", New("[schedule]", "[schedule]\nmax_lateness_days = 3", "held after = 2026-07-08")),
    ("schedule.incomplete", Tested("incomplete_can_hold_the_report")),
    ("department.*.name", New("name = \"Delegación Norte\"", "name = \"Alcaldía\"", "Alcaldía")),
    ("department.*.liaison", New("liaison = \"norte@example.mx\"", "liaison = \"otra@example.mx\"", "otra@example.mx")),
    ("department.*.liaison", Tested("a_liaison_may_be_sent_an_edition_too")),
    ("axis.*.title", New("title = \"Gente\"", "title = \"Las personas\"", "axes.gente.title = \"Las personas\"")),
    ("axis.*.intro", New("title = \"Gente\"", "title = \"Gente\"\nintro = \"Lo hecho.\"", "axes.gente.intro = \"Lo hecho.\"")),
    ("axis.*.activities", New("title = \"Gente\"", "title = \"Gente\"\nactivities = \"SELECT folio AS title FROM baches\"", "activities.0.title = \"A1\"")),
    ("report.template", Tested("check_finds_a_missing_template_and_a_missing_logo")),
    ("report.session.*", New("[delivery]", "[report]\nsession = { \"2026-T2\" = \"1ª Sesión\" }\n[delivery]", "session = \"1ª Sesión\"")),
    ("report.remarks", New("[delivery]", "[report]\nremarks = \"SELECT 'reparados' AS goal, folio AS cause FROM baches LIMIT 1\"\n[delivery]", "goals.reparados.shown.cause = \"A1\"")),
    ("report.remarks", Tested("what_is_said_of_a_goal_is_printed_with_it")),
    ("report.requests", New("[delivery]", "[report]\nrequests = \"SELECT folio AS text, 'Tesorería' AS who FROM baches LIMIT 1\"\n[delivery]", "requests.0.who = \"Tesorería\"")),
    ("report.license", New("[delivery]", "[report]\nlicense = \"CC0-1.0\"\n[delivery]", "license.name = \"CC0-1.0\"")),
    ("report.public_url", Tested("the_message_links_to_the_published_page")),
    ("report.completion_level", New("[delivery]", "[report]\ncompletion_level = true\n[delivery]", "goals.reparados.completion_level.shown = ")),
    ("report.brand.name", New("[delivery]", "[report]\nbrand = { name = \"VALLE\" }\n[delivery]", "brand.name = \"VALLE\"")),
    ("report.brand.term", New("[delivery]", "[report]\nbrand = { name = \"V\", term = \"2024-2027\" }\n[delivery]", "brand.term = \"2024-2027\"")),
    ("report.brand.slogan", New("[delivery]", "[report]\nbrand = { name = \"V\", slogan = \"Juntos\" }\n[delivery]", "brand.slogan.0 = \"Juntos\"")),
    ("report.brand.color", New("[delivery]", "[report]\nbrand = { name = \"V\", color = \"#123456\" }\n[delivery]", "brand.color = \"#123456\"")),
    ("report.brand.logo", New("[delivery]", "[report]\nbrand = { name = \"V\", logo = \"v.svg\" }\n[delivery]", "brand.logo = \"v.svg\"")),
    ("report.brand.logo", Tested("check_finds_a_missing_template_and_a_missing_logo")),
];

#[rustfmt::skip]
const SOURCE: &[Row] = &[
    ("source.*.department", New("department = \"norte\"", "department = \"sur\"", "blank baches/sur")),
    ("source.*.departments", Gone("departments = [\"norte\", \"sur\"]", "departments = [\"norte\"]", "goals.personas.missing_departments.0")),
    ("source.*.file", New("file = \"baches*.csv\"", "file = \"hoyos*.csv\"", "missing baches/norte: hoyos*.csv")),
    ("source.*.sheet", New("department = \"norte\"", "department = \"norte\"\nsheet = \"Hoyos\"", "name=\"Hoyos\"")),
    ("source.*.sheet", Tested("each_workbook_gives_the_findings_beside_it")),
    ("source.*.required", Tested("a_file_that_is_not_required_is_a_warning")),
    ("source.*.check", New("department = \"norte\"", "department = \"norte\"\ncheck = \"costo > 80\"", "check-failed")),
    ("source.*.columns.*.header", New("header = \"Folio\"", "header = \"Clave\"", "missing-header")),
    ("source.*.columns.*.type", New("header = \"Costo\", type = \"number\"", "header = \"Costo\", type = \"integer\"", "75.5")),
    ("source.*.columns.*.values", New("values = [\"Calle\", \"Avenida\"]", "values = [\"Calle\", \"Callejón\"]", "unknown-category")),
    ("source.*.columns.*.unique", New("header = \"Folio\", type = \"text\"", "header = \"Folio\", type = \"text\", unique = true", "duplicate")),
    ("source.*.columns.*.optional", New(", optional = true", ", optional = false", "blank-cell")),
    ("source.*.columns.*.personal", Gone("header = \"Folio\", type = \"text\"", "header = \"Folio\", type = \"text\", personal = true", "columns baches: folio")),
    ("source.*.columns.*.within", New(", optional = true", ", optional = true, within = \"period\"", "baches.csv, celda B2")),
    ("source.*.columns.*.min", New("header = \"Costo\", type = \"number\"", "header = \"Costo\", type = \"number\", min = 80", "75.5")),
    ("source.*.columns.*.max", New("header = \"Costo\", type = \"number\"", "header = \"Costo\", type = \"number\", max = 200", "250")),
];

#[rustfmt::skip]
const GOAL: &[Row] = &[
    ("goal.*.axis", New("axis = \"calles\"\nstatement = \"Reparar", "axis = \"gente\"\nstatement = \"Reparar", "goals.reparados.axis = \"gente\"")),
    ("goal.*.responsible", New(RATIO, "kind = \"ratio\"\nresponsible = \"sur\"\n", "goals.reparados.responsible = \"Delegación Sur\"")),
    ("goal.*.statement", New("statement = \"Reparar al menos", "statement = \"Arreglar al menos", "goals.reparados.statement = \"Arreglar")),
    ("goal.*.indicator", New(RATIO, "kind = \"ratio\"\nindicator = \"% de baches\"\n", "goals.reparados.indicator = \"% de baches\"")),
    ("goal.*.kind", New(RATIO, "kind = \"stock\"\n", "goals.reparados.shown.kind = \"Nivel\"")),
    ("goal.*.direction", New(RATIO, "kind = \"ratio\"\ndirection = \"descending\"\n", "goals.reparados.attainment_pct = 106.6")),
    ("goal.*.unit", New(RATIO, "kind = \"ratio\"\nunit = \"baches\"\n", "goals.reparados.shown.target = \"80\u{a0}baches\"")),
    ("goal.*.baseline", New("baseline = 20\n", "baseline = 31\n", "regressed")),
    ("goal.*.baseline", New("kind = \"constant\"\n", "kind = \"constant\"\nbaseline = 22\n", "goals.cloro.shown.baseline = \"22\"")),
    ("goal.*.baseline_year", New("baseline = 20\n", "baseline = 20\nbaseline_year = 2019\n", "goals.nivel.baseline_year = 2019")),
    ("goal.*.from_baseline", New("baseline = 20\n", "baseline = 20\nfrom_baseline = true\n", "goals.nivel.attainment_pct = 40.0")),
    ("goal.*.target", New(TARGET, "target = 70\n", "goals.reparados.shown.target = \"70%\"")),
    ("goal.*.planned.*", New("planned = { \"2026-T2\" = 80 }", "planned = { \"2026-T2\" = 150 }", "goals.reparados.status = \"critical\"")),
    ("goal.*.adjusted_target.value", New("adjusted_target = { value = 45", "adjusted_target = { value = 50", "goals.nivel.target = 50")),
    ("goal.*.adjusted_target.date", New("adjusted_target = { value = 45, date = \"2026-05\"", "adjusted_target = { value = 45, date = \"2026-09\"", "goals.nivel.target = 40")),
    ("goal.*.adjusted_target.reason", New("reason = \"Por la lluvia.\"", "reason = \"Por el sismo.\"", "goals.nivel.adjusted_target.reason = \"Por el sismo.\"")),
    ("goal.*.adjusted_target.authority", New("authority = \"Cabildo\"", "authority = \"Tesorería\"", "goals.nivel.adjusted_target.authority = \"Tesorería\"")),
    ("goal.*.changed.date", New(RATIO, "kind = \"ratio\"\nchanged = { date = \"2026-05-01\", reason = \"Por acuerdo.\", authority = \"Ayuntamiento\" }\n", "goals.reparados.changed.date = \"2026-05-01\"")),
    ("goal.*.changed.date", Tested("a_change_holds_once_the_plan_says_who_decided")),
    ("goal.*.changed.reason", New(RATIO, "kind = \"ratio\"\nchanged = { date = \"2026-05-01\", reason = \"Por acuerdo.\", authority = \"Ayuntamiento\" }\n", "goals.reparados.changed.reason = \"Por acuerdo.\"")),
    ("goal.*.changed.reason", Tested("a_change_holds_once_the_plan_says_who_decided")),
    ("goal.*.changed.authority", New(RATIO, "kind = \"ratio\"\nchanged = { date = \"2026-05-01\", reason = \"Por acuerdo.\", authority = \"Ayuntamiento\" }\n", "goals.reparados.changed.authority = \"Ayuntamiento\"")),
    ("goal.*.changed.authority", Tested("a_change_holds_once_the_plan_says_who_decided")),
    ("goal.*.cancelled.date", Gone("cancelled = { date = \"2026-05\"", "cancelled = { date = \"2026-09\"", "goals.parque.status = \"cancelled\"")),
    ("goal.*.cancelled.reason", New("reason = \"Sin terreno.\"", "reason = \"Sin dinero.\"", "Sin dinero.")),
    ("goal.*.cancelled.authority", New("authority = \"Patronato\"", "authority = \"Contraloría\"", "por Contraloría")),
    ("goal.*.basis", New("basis = \"period\"", "basis = \"year-to-date\"", "goals.personas.actual_value = 10")),
    ("goal.*.band.low", New("low = 25", "low = 31", "goals.cloro.attainment_pct = 0")),
    ("goal.*.band.high", New("high = 35", "high = 29", "goals.cloro.attainment_pct = 0")),
    ("goal.*.steps.id", New("id = \"obra\"", "id = \"tramo\"", "the plan has no step \"obra\"")),
    ("goal.*.steps.title", New("title = \"Obra\"", "title = \"Tramo\"", "goals.puente.steps.obra.title = \"Tramo\"")),
    ("goal.*.steps.due", New("due = \"2026-03\"", "due = \"2026-08\"", "goals.puente.planned = 0")),
    ("goal.*.steps.weight", New("due = \"2026-11\"", "due = \"2026-11\", weight = 3", "goals.puente.progress_pct = 75")),
    ("goal.*.steps.after", New("due = \"2026-11\"", "due = \"2026-11\", after = \"plano\"", "is done before \"plano\"")),
    ("goal.*.due", New("target = 80\ndue = \"2026-12\"", "target = 80\ndue = \"2026-06\"", "goals.reparados.status = \"not-met\"")),
    ("goal.*.recurs_until", New("due = \"2025-12\"", "due = \"2025-12\"\nrecurs_until = \"2027-12\"", "goals.reglamento.due = \"2026-12-31\"")),
    ("goal.*.targets.*", New(TARGET, "target = 80\nrecurs_until = \"2027-12\"\ntargets = { \"2026\" = 50 }\n", "goals.reparados.target = 50")),
    ("goal.*.window.from", New(TARGET, "target = 80\nwindow = { from = \"2026-09\", to = \"2026-12\" }\n", "goals.reparados.status = \"scheduled\"")),
    ("goal.*.window.to", New("basis = \"period\"", "basis = \"period\"\nwindow = { from = \"2026-01\", to = \"2026-10\" }", "goals.personas.variables.hasta = \"2026-10-31\"")),
    ("goal.*.span.from", New("basis = \"period\"", "basis = \"period\"\nspan = { from = \"2025-10\", to = \"2026-12\" }", "goals.personas.variables.desde = \"2025-10-01\"")),
    ("goal.*.span.to", New("basis = \"period\"", "basis = \"period\"\nspan = { from = \"2026-01\", to = \"2026-11\" }", "goals.personas.variables.hasta = \"2026-11-30\"")),
    ("goal.*.query", New("query = \"SELECT COUNT(fecha) AS", "query = \"SELECT COUNT(*) AS", "goals.reparados.numerator = 4")),
    ("goal.*.note", New(RATIO, "kind = \"ratio\"\nnote = \"Son {numerator}.\"\n", "goals.reparados.note = \"Son 3.\"")),
    ("goal.*.requires", New("basis = \"period\"", "basis = \"period\"\nrequires = \"all\"", "goals.personas.status = \"no-data\"")),
    ("goal.*.definition", New(RATIO, "kind = \"ratio\"\ndefinition = \"Mide baches.\"\n", "goals.reparados.sheet.definition = \"Mide baches.\"")),
    ("goal.*.dimension", New(RATIO, "kind = \"ratio\"\ndimension = \"Eficacia\"\n", "goals.reparados.sheet.dimension = \"Eficacia\"")),
    ("goal.*.method", New(RATIO, "kind = \"ratio\"\nmethod = \"Se cuentan.\"\n", "goals.reparados.sheet.method = \"Se cuentan.\"")),
    ("goal.*.frequency", New(RATIO, "kind = \"ratio\"\nfrequency = \"Trimestral\"\n", "goals.reparados.sheet.frequency = \"Trimestral\"")),
    ("goal.*.verification", New(RATIO, "kind = \"ratio\"\nverification = \"Bitácora\"\n", "goals.reparados.sheet.verification = \"Bitácora\"")),
];

#[rustfmt::skip]
const DELIVERY: &[Row] = &[
    ("delivery.from", New("from = \"metas@example.mx\"", "from = \"otra@example.mx\"", "from = otra@example.mx")),
    ("delivery.to", New("to = [\"secretaria@example.mx\"]", "to = [\"otra@example.mx\"]", "allowed = otra@example.mx")),
    ("delivery.subject", New("to = [\"secretaria@example.mx\"]", "to = [\"secretaria@example.mx\"]\nsubject = \"Informe {period}\"", "subject = Informe 2026-T2")),
    ("delivery.receipts", Gone("to = [\"secretaria@example.mx\"]", "to = [\"secretaria@example.mx\"]\nreceipts = false", "receipts for its files")),
    ("delivery.receipts", Tested("a_file_that_is_not_taken_in_has_its_receipt_too_and_once")),
    ("delivery.slices", New("to = [\"secretaria@example.mx\"]", "to = [\"secretaria@example.mx\"]\nslices = true", "the pages of its goals")),
    ("delivery.slices", Tested("each_liaison_gets_the_pages_of_its_own_goals")),
    ("approval.by", Tested("a_report_waits_and_the_run_says_so_once")),
    ("approval.by", New("[delivery]", "[approval]\nby = [\"titular\"]\n[delivery]", "invalid-mailbox")),
    ("operator.email", New("[delivery]", "[operator]\nemail = [\"sistemas\"]\n[delivery]", "invalid-mailbox")),
    ("operator.email", Tested("what_holds_is_told_at_once_after_1_and_7_days_and_when_it_is_over")),
    ("operator.ping", Tested("a_watcher_is_told_of_the_begin_and_the_end_of_each_run")),
    ("operator.ping", New("[delivery]", "[operator]\nping = \"ping.example.mx\"\n[delivery]", "invalid-url")),
    ("delivery.smtp.host", New("to = [\"secretaria@example.mx\"]", "to = [\"secretaria@example.mx\"]\nsmtp = { host = \"mx.example.mx\" }", "mx.example.mx")),
    ("delivery.smtp.port", New("to = [\"secretaria@example.mx\"]", "to = [\"secretaria@example.mx\"]\nsmtp = { host = \"mx.example.mx\", port = 2525 }", "2525")),
    ("delivery.smtp.tls", New("to = [\"secretaria@example.mx\"]", "to = [\"secretaria@example.mx\"]\nsmtp = { host = \"mx.example.mx\", tls = \"implicit\" }", "port: 465, tls: Implicit")),
    ("delivery.smtp.user", New("to = [\"secretaria@example.mx\"]", "to = [\"secretaria@example.mx\"]\nsmtp = { host = \"mx.example.mx\", user = \"correo\" }", "correo")),
    ("delivery.smtp.auth", New("to = [\"secretaria@example.mx\"]", "to = [\"secretaria@example.mx\"]\nsmtp = { host = \"mx.example.mx\", auth = \"password\" }", "login-without-user")),
    ("delivery.smtp.auth", Tested("each_way_to_log_in_is_read")),
    ("delivery.smtp.oauth.token_command", Tested("each_way_to_log_in_is_read")),
    ("delivery.smtp.oauth.token_url", Tested("each_way_to_log_in_is_read")),
    ("delivery.smtp.oauth.client_id", Tested("each_way_to_log_in_is_read")),
    ("delivery.smtp.oauth.scope", Tested("each_way_to_log_in_is_read")),
    ("delivery.smtp.ca_file", New("to = [\"secretaria@example.mx\"]", "to = [\"secretaria@example.mx\"]\nsmtp = { host = \"mx.example.mx\", ca_file = \"ca.pem\" }", "ca.pem can't be read")),
    ("limits.file_mib", Tested("file_mib_bounds_a_file")),
    ("limits.inflated_mib", Tested("each_workbook_gives_the_findings_beside_it")),
    ("limits.cells", New("[delivery]", "[limits]\ncells = 3\n[delivery]", "la hoja tiene más de 3 celdas")),
    ("limits.columns", New("[delivery]", "[limits]\ncolumns = 1\n[delivery]", "missing-header-row")),
    ("limits.memory_mib", Tested("a_child_without_memory_is_a_finding")),
    ("limits.seconds", Tested("what_a_file_does_to_its_reader_is_its_finding")),
    ("limits.run_mib", Tested("a_run_has_bounds_of_its_own")),
    ("limits.run_seconds", Tested("a_run_has_bounds_of_its_own")),
    ("limits.quiet_seconds", New("[delivery]", "[limits]\nquiet_seconds = 60\n[delivery]", "unsettled baches.csv")),
    ("limits.mail_seconds", Tested("mail_seconds_bounds_the_mail_of_a_run")),
    ("limits.message_mib", Tested("message_mib_bounds_a_message")),
];

/// Parts of the schema that are a table keyed by id, period or year.
const KEYED: &str = "*";

/// Every key that holds a value, as a path.
fn keys(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    let known = schema["properties"].as_object().filter(|p| !p.is_empty());
    if let Some(properties) = known {
        for (name, inner) in properties {
            keys(inner, &below(name), found);
        }
    } else if schema["additionalProperties"].is_object() {
        keys(&schema["additionalProperties"], &below(KEYED), found);
    } else if schema["items"]["properties"].is_object() {
        keys(&schema["items"], path, found);
    } else {
        found.insert(path.to_owned());
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    [PLAN, SOURCE, GOAL, DELIVERY].into_iter().flatten()
}

#[test]
fn every_key_of_the_schema_has_a_row_and_every_row_its_key() {
    let mut known = BTreeSet::new();
    keys(&plan::json_schema(), "", &mut known);
    let told: BTreeSet<String> = rows().map(|(key, _)| (*key).to_owned()).collect();
    let missing: Vec<_> = known.difference(&told).collect();
    let extra: Vec<_> = told.difference(&known).collect();
    assert!(
        missing.is_empty(),
        "nothing shows that these act: {missing:?}"
    );
    assert!(extra.is_empty(), "these are no keys: {extra:?}");
}

/// Parts of the schema, as JSON pointers without `properties` and what tables by id repeat.
#[rustfmt::skip]
const SCHEMA: &[(&str, &str)] = &[
    ("required", r#"["format", "plan", "schedule", "department", "axis", "goal"]"#),
    ("additionalProperties", "false"),
    ("schedule.report_after_days default", "5"),
    ("schedule.max_lateness_days maximum", "3660"),
    ("schedule.remind_before_days items/maximum", "366"),
    ("schedule.incomplete default", r#""issue""#),
    ("plan.traffic_light default", r#"{"on_track": 90.0, "at_risk": 70.0}"#),
    ("plan.title maxLength", "200"),
    ("plan.timezone examples", r#"["America/Mexico_City"]"#),
    ("report.template default", r#""informe""#),
    ("report.license default", r#""CC-BY-4.0""#),
    ("report.brand.slogan anyOf/1/items/maxLength", "200"),
    ("delivery.subject default", r#""{title}: {period}""#),
    ("delivery.to minItems", "1"),
    ("delivery.receipts default", "true"),
    ("delivery.slices default", "false"),
    ("delivery.smtp.auth default", "null"),
    ("approval required", r#"["by"]"#),
    ("approval.by minItems", "1"),
    ("operator.email minItems", "1"),
    ("schedule.remind_after_days items/minimum", "1"),
    ("delivery.smtp.tls default", r#""starttls""#),
    ("delivery.smtp.port maximum", "65535"),
    ("limits.cells default", "20000000"),
    ("limits required", "null"),
    ("source.*.required default", "true"),
    ("source.*.columns.*.optional default", "false"),
    ("source.*.columns.*.type oneOf/3/const", r#""percent""#),
    ("goal.*.requires default", r#""any""#),
    ("goal.*.steps items/properties/weight/default", "1.0"),
    ("goal.* required", r#"["axis", "statement", "kind"]"#),
];

/// An editor shows what a key is taken for where it is left out, and what it may be.
#[test]
fn the_schema_tells_defaults_bounds_and_choices() {
    let schema = plan::json_schema();
    for (place, told) in SCHEMA {
        let (key, part) = place.split_once(' ').unwrap_or(("", place));
        let steps = key.split('.').filter(|step| !step.is_empty());
        let table = steps.fold(&schema, |table, step| match step {
            KEYED => &table["additionalProperties"],
            name => &table["properties"][name],
        });
        let found = table.pointer(&format!("/{part}")).unwrap_or(&Value::Null);
        let told: Value = serde_json::from_str(told).unwrap();
        assert_eq!(*found, told, "{place}");
    }
    let text = schema.to_string();
    assert!(!text.contains("null") && !text.contains("uint"), "{text}");
}

#[test]
fn every_key_does_something() {
    let base = outcome(BASE, None);
    let mut wrong = Vec::new();
    for (key, seen) in rows() {
        let name = key.trim_end_matches(".*").rsplit('.').next().unwrap();
        let (from, to, says, new) = match seen {
            New(from, to, says) => (from, to, says, true),
            Gone(from, to, says) => (from, to, says, false),
            Tested(test) => {
                wrong.extend(named(test, name).err());
                continue;
            }
        };
        assert_eq!(BASE.matches(from).count(), 1, "{key}: {from}");
        assert!(to.contains(name), "{key}: the change is of another key");
        let now = outcome(&BASE.replace(from, to), new.then_some(says));
        if base.contains(says) == new || now.contains(says) != new {
            let changed: Vec<&str> = now.lines().filter(|l| !base.contains(*l)).collect();
            wrong.push(format!(
                "{key}: \"{says}\" {} by it; what changes:\n  {}",
                if new { "does not come" } else { "does not go" },
                changed[..changed.len().min(12)].join("\n  ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether there is a test of that name, in a file that speaks of the key.
pub(crate) fn named(test: &str, key: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests/it")];
    let function = format!("#[test]\nfn {test}(").replace("#[test]\n", "");
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                if text.contains(&function) && text.contains(key) {
                    return Ok(());
                }
            }
        }
    }
    Err(format!("no test {test} that speaks of {key}"))
}

/// Everything that the program makes of a definition, as lines, or all until something is said.
/// Nothing is typeset or sent.
fn outcome(definition: &str, until: Option<&str>) -> String {
    let plan = match plan::parse("base.toml", definition) {
        Ok(plan) => plan,
        Err(wrong) => return metas::console::plain_text(&wrong),
    };
    let mut out = metas::console::plain_text(&plan.warnings);
    for part in [calendar, mail, blanks, looks, files, figures] {
        part(&plan, &mut out);
        if until.is_some_and(|said| out.contains(said)) {
            break;
        }
    }
    out
}

/// Half an hour into July in Mexico City.
fn now(plan: &Plan) -> chrono::DateTime<chrono_tz::Tz> {
    let moment: chrono::DateTime<chrono::Utc> = "2026-07-01T06:30:00Z".parse().unwrap();
    moment.with_timezone(&plan.plan.timezone)
}

fn period(plan: &Plan) -> metas::period::Period {
    metas::period::Period::containing("2026-06-30".parse().unwrap(), plan.schedule.every)
}

fn calendar(plan: &Plan, out: &mut String) {
    let (schedule, period) = (&plan.schedule, period(plan));
    let begun = schedule.begun_by("2026-06-30".parse().unwrap());
    let begun: Vec<String> = begun.iter().map(ToString::to_string).collect();
    writeln!(out, "begun = {}", begun.join(" ")).unwrap();
    writeln!(out, "due = {}", schedule.due_on(period)).unwrap();
    writeln!(out, "held after = {}", schedule.held_after(period)).unwrap();
    writeln!(out, "files until = {}", schedule.files_deadline(period)).unwrap();
}

fn collected(plan: &Plan) -> Collected {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/definitions/keys/inputs");
    let newest = ["baches.csv", "norte/cursos.csv"]
        .map(|file| std::fs::metadata(folder.join(file)).unwrap())
        .map(|looks| {
            use std::os::unix::fs::MetadataExt;
            let changed = Duration::from_secs(u64::try_from(looks.ctime()).unwrap() + 1);
            looks
                .modified()
                .unwrap()
                .max(SystemTime::UNIX_EPOCH + changed)
        });
    let moment = newest[0].max(newest[1]) + Duration::from_secs(10);
    let dropbox = DropFolder {
        folder: &folder,
        archive: None,
        attended: false,
        now: &|| moment,
        wait: &|_| {},
        earlier: &[],
    };
    metas::dropbox::collect(&dropbox, &plan.sources, &plan.limits).unwrap()
}

fn tables(plan: &Plan, out: &mut String) -> IndexMap<String, SourceTable> {
    let collected = collected(plan);
    out.push_str(&metas::console::plain_text(&collected.findings));
    for one in &collected.missing {
        writeln!(
            out,
            "missing {}/{}: {}",
            one.source, one.department, one.pattern
        )
        .unwrap();
    }
    for file in &collected.unsettled {
        writeln!(out, "unsettled {file}").unwrap();
    }
    let mut tables = IndexMap::new();
    for source in plan.sources.values() {
        let mut parts = Vec::new();
        for file in collected
            .submissions
            .iter()
            .filter(|s| s.source == source.id)
        {
            let bytes = std::fs::read(&file.path).unwrap();
            let read =
                metas::ingest::read_file(&bytes, &file.file, source, &plan.limits, &mut |_| {});
            out.push_str(&metas::console::plain_text(&read.findings));
            parts.extend(read.frame.map(|frame| (file.department.clone(), frame)));
        }
        let there: Vec<&String> = parts.iter().map(|(department, _)| department).collect();
        let all = source.providers.departments().iter();
        let absent: Vec<String> = all.filter(|d| !there.contains(d)).cloned().collect();
        let availability = match (parts.is_empty(), absent.is_empty()) {
            (_, true) => Availability::Complete,
            (false, false) => Availability::Partial(absent),
            (true, false) => Availability::Unavailable(absent, "no hay archivo".to_owned()),
        };
        let table = SourceTable::stack(source, parts, Vec::new(), availability);
        let names: Vec<&str> = table
            .frame
            .get_column_names()
            .iter()
            .map(|name| name.as_str())
            .collect();
        writeln!(out, "columns {}: {}", source.id, names.join(", ")).unwrap();
        tables.insert(source.id.clone(), table);
    }
    tables
}

fn figures(plan: &Plan, out: &mut String) {
    let (period, now) = (period(plan), now(plan));
    let plan = plan.at(period);
    let moment = ReportingPeriod::of(period, now.date_naive());
    let tables = tables(&plan, out);
    let before = PastFigure {
        period: period.previous(),
        edition: 1,
        actual_value: Some(30.0),
        period_value: Some(30.0),
        progress_pct: Some(30.0),
        status: Status::InProgress,
        method: None,
    };
    let history = History::from_iter([("personas".to_owned(), vec![before])]);
    let computed = indicators::compute(&plan, &moment, &tables, &history);
    out.push_str(&metas::console::plain_text(&computed.findings));
    document(&plan, &computed, &history, out);
}

/// What a report says before there are figures.
fn looks(plan: &Plan, out: &mut String) {
    document(plan, &Computed::default(), &History::new(), out);
}

fn files(plan: &Plan, out: &mut String) {
    tables(plan, out);
}

fn document(plan: &Plan, computed: &Computed, history: &History, out: &mut String) {
    let (period, now) = (period(plan), now(plan));
    let moment = ReportingPeriod::of(period, now.date_naive());
    let document = results::document(&ReportData {
        pipeline: plan,
        period,
        edition: 1,
        replaces: &[],
        cutoff: moment.cutoff,
        issued_at: now,
        preliminary: !moment.closed,
        draft: false,
        goals: &computed.goals,
        activities: &computed.activities,
        remarks: &computed.remarks,
        requests: &computed.requests,
        departments: &[],
        sources: &[],
        findings: &[],
        history,
        corrects: None,
        removed: &[],
        past_submissions: &[],
        files_open: false,
    });
    flat(&document.json(), "", out);
}

/// A document as lines of path and value; what has an id goes by it.
fn flat(value: &Value, path: &str, out: &mut String) {
    let below = |name: &str| match path {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(k, v)| flat(v, &below(k), out)),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| {
            let id = item["id"].as_str().or(item["step"].as_str());
            flat(item, &below(id.unwrap_or(&n.to_string())), out);
        }),
        other => writeln!(out, "{path} = {other}").unwrap(),
    }
}

/// What the blank workbooks say.
fn blanks(plan: &Plan, out: &mut String) {
    for source in plan.sources.values() {
        for department in source.providers.departments() {
            let blank = metas::workbook::template(plan, source, department, &[]).unwrap();
            writeln!(out, "blank {}/{department}: {}", source.id, blank.name).unwrap();
            let mut zip = zip::ZipArchive::new(std::io::Cursor::new(blank.bytes)).unwrap();
            for part in ["xl/workbook.xml", "xl/sharedStrings.xml"] {
                zip.by_name(part).unwrap().read_to_string(out).unwrap();
                out.push('\n');
            }
        }
    }
}

fn mail(plan: &Plan, out: &mut String) {
    let Some(spec) = &plan.delivery else {
        return;
    };
    let departments = plan.departments.values();
    let liaisons: Vec<String> = departments.filter_map(|d| d.liaison.clone()).collect();
    let folder = Path::new("/nowhere");
    let time = std::time::Duration::ZERO;
    let ready = delivery::settings(&plan.plan.id, spec, &liaisons, folder, time).unwrap();
    writeln!(out, "from = {}", ready.from).unwrap();
    writeln!(out, "allowed = {}", ready.allowed.join(" ")).unwrap();
    writeln!(out, "server = {:?}", ready.server).unwrap();
    let period = period(plan).to_string();
    let subject =
        metas::correspondence::report_subject(&spec.subject, &plan.plan.title, &period, 1);
    writeln!(out, "subject = {subject}").unwrap();
}

#[test]
fn a_file_that_is_not_required_is_a_warning() {
    let home = crate::bad_input::home();
    let check = ["check", "--period", "2026-T1"];
    std::fs::rename(
        home.file("inputs/2026-T1/baches.csv"),
        home.file("inputs/2026-T1/otro.csv"),
    )
    .unwrap();
    home.metas(&check).code(65).says(&["error[missing-file]"]);
    let source = "file = \"baches*.csv\"";
    let optional = format!("{source}\nrequired = false");
    home.replace("pipelines/baches.toml", source, &optional);
    home.metas(&check).ok().says(&["warning[missing-file]"]);
}

#[test]
fn file_mib_bounds_a_file() {
    let plan = |mib: u32| {
        let text = format!("{BASE}[limits]\nfile_mib = {mib}\n");
        plan::parse("base.toml", &text).unwrap()
    };
    let bytes = vec![b'x'; (1 << 20) + 1];
    for (mib, told) in [(1, true), (2, false)] {
        let plan = plan(mib);
        let source = &plan.sources["baches"];
        let read =
            metas::ingest::read_file(&bytes, "baches.csv", source, &plan.limits, &mut |_| {});
        let too_big = read.findings.iter().any(|f| f.code == "file-too-big");
        assert_eq!(too_big, told, "{mib} MiB: {:?}", read.findings);
    }
}

/// What templates print of the document: a key that only stands in the data prints nothing.
#[test]
fn templates_use_what_a_definition_says_of_looks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("report-templates/informe");
    let mut templates = String::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "typ") {
                templates.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    for field in [
        "plan.title",
        "plan.subtitle",
        "brand.name",
        "brand.term",
        "brand.slogan",
        "brand.color",
        "brand.logo",
        "data.session",
        "completion_level",
        ".intro",
        ".statement",
        ".indicator",
        ".responsible",
        "baseline_year",
        ".baseline",
        "adjusted_target.reason",
        "adjusted_target.authority",
        "adjusted_target.shown",
        ".note",
        "sheet",
        "data.activities",
    ] {
        assert!(templates.contains(field), "no template prints {field}");
    }
}
