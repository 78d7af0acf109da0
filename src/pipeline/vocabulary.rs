//! Every key of a definition: its shape, whether it must be there, what it means. The structure
//! check and the JSON Schema are both made from these tables, so that they cannot disagree.

/// A key of a table.
pub(super) struct Key {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    pub doc: &'static str,
}

/// What a value must look like.
pub(super) enum Shape {
    /// A text that is not printed as it stands: an id, a query, a file name.
    Text,
    /// A printed text of one line, with at most so many letters.
    Line(usize),
    /// One such line, or a list of them.
    Lines(usize),
    /// Printed prose with at most so many letters; it may have line breaks.
    Prose(usize),
    Bool,
    Integer { min: i64, max: i64 },
    Number,
    Period,
    Date,
    Choice(&'static [&'static str]),
    TextList,
    TextOrList,
    IntegerList,
    /// A table with known keys.
    Table(&'static [Key]),
    /// A table of such tables, keyed by id.
    ById(&'static [Key]),
    /// A list of such tables.
    TableList(&'static [Key]),
    /// A table keyed by period.
    ByPeriod(&'static Shape),
    /// A table keyed by year.
    ByYear(&'static Shape),
}

const fn must(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, required: true, doc }
}

const fn may(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, required: false, doc }
}

pub(super) const FORMAT: i64 = 1;

/// Letters of a printed name or title at most: what a cover, a running head and a mail's subject
/// have room for.
pub(super) const TITLE: usize = 200;
/// Letters of a goal's statement at most: what a slide can show whole.
const STATEMENT: usize = 1_000;
/// Letters of one text of prose at most: about two pages.
const PROSE: usize = 5_000;

pub(super) static ROOT: &[Key] = &[
    must("format", Shape::Integer { min: FORMAT, max: FORMAT }, "Format of this file: 1."),
    must("plan", Shape::Table(PLAN), "What the plan is."),
    must("schedule", Shape::Table(SCHEDULE), "When reports are due."),
    must("department", Shape::ById(DEPARTMENT), "Departments, by id."),
    may("source", Shape::ById(SOURCE), "Spreadsheets; each id is a SQL table."),
    must("axis", Shape::ById(AXIS), "Axes, in the order of the report."),
    must("goal", Shape::ById(GOAL), "Goals, in the order of the report."),
    may("report", Shape::Table(REPORT), "What the report looks like. Default: the template informe in a neutral colour."),
    may("delivery", Shape::Table(DELIVERY), "Who receives the report. Absent: nobody is written to."),
    may("limits", Shape::Table(LIMITS), "Bounds for what a department's file may ask for."),
];

static PLAN: &[Key] = &[
    must("id", Shape::Text, "The plan's id: lower case, digits and hyphens; the file's name without .toml."),
    must("title", Shape::Line(TITLE), "The report's title."),
    may("subtitle", Shape::Line(500), "What the report is about, below its title."),
    must("timezone", Shape::Text, "IANA time zone in which days begin and end, such as America/Mexico_City."),
    may("traffic_light", Shape::Table(TRAFFIC_LIGHT), "Bands of attainment against what was planned to date. Default 90 and 70."),
];

static TRAFFIC_LIGHT: &[Key] = &[
    must("on_track", Shape::Number, "At least this percentage: En tiempo."),
    must("at_risk", Shape::Number, "At least this percentage: Con riesgo; below: Crítico."),
];

static SCHEDULE: &[Key] = &[
    must("every", Shape::Choice(&["month", "quarter", "half-year", "year"]), "Length of a period."),
    may("cutoff", Shape::Choice(&["last day"]), "Day of the period on which its figures are cut, local time."),
    may("report_after_days", Shape::Integer { min: 0, max: 366 }, "Days between the cutoff and the day that the report is due. Default 5."),
    may("submit_within_days", Shape::Integer { min: 0, max: 366 }, "Days after the cutoff until whose end departments' files are due; a file that comes later is late. Default: report_after_days."),
    may("remind_before_days", Shape::IntegerList, "Days before the files' deadline on which liaisons are reminded. Has no effect yet: no reminders are sent."),
    may("remind_after_days", Shape::IntegerList, "Days after the files' deadline on which liaisons are reminded while the report is not issued. Has no effect yet: no reminders are sent."),
    may("max_lateness_days", Shape::Integer { min: 0, max: 3660 }, "An unattended run later than this holds and asks. Default 45."),
    must("first_period", Shape::Period, "No period before this one is ever due."),
    may("incomplete", Shape::Choice(&["issue", "hold"]), "A source missing or blocked: issue with Sin información (default), or hold."),
];

static DEPARTMENT: &[Key] = &[
    must("name", Shape::Line(TITLE), "Name as printed."),
    may("liaison", Shape::Text, "The liaison's e-mail address."),
];

static SOURCE: &[Key] = &[
    may("department", Shape::Text, "The department that sends it."),
    may("departments", Shape::TextOrList, "Several departments that fill in the same columns, or \"all\"."),
    must("file", Shape::Text, "Glob below inputs/<period>/; {department} stands for the department's id."),
    may("sheet", Shape::Text, "Name or glob of the sheet. Absent: the sheet that has the headers."),
    may("required", Shape::Bool, "Whether its absence is an error. Default true."),
    may("check", Shape::TextOrList, "SQL conditions that every row must meet."),
    must("columns", Shape::ById(COLUMN), "Columns, by the name that queries use."),
];

static COLUMN: &[Key] = &[
    must("header", Shape::TextOrList, "Header in the sheet, or several that are accepted."),
    must("type", Shape::Choice(&["text", "integer", "number", "percent", "date", "category"]), "What its cells hold."),
    may("values", Shape::TextList, "The texts that a category may hold."),
    may("unique", Shape::Bool, "No value twice."),
    may("optional", Shape::Bool, "A blank cell, or no such column, is no error."),
    may("personal", Shape::Bool, "Personal data: checked, then dropped by the reader."),
    may("min", Shape::Number, "Smallest value allowed."),
    may("max", Shape::Number, "Largest value allowed."),
    may("within", Shape::Choice(&["period"]), "\"period\": a date outside the period that is reported is an error."),
];

static AXIS: &[Key] = &[
    must("title", Shape::Line(TITLE), "Title as printed."),
    may("intro", Shape::Prose(PROSE), "Prose before its goals."),
    may("activities", Shape::Text, "Query for its activities: title, and optionally date, text, photo, alt, goal."),
];

static WINDOW: &[Key] = &[
    must("from", Shape::Date, "First day or month."),
    must("to", Shape::Date, "Last day or month."),
];

static GOAL: &[Key] = &[
    must("axis", Shape::Text, "The axis that it belongs to."),
    may("responsible", Shape::Text, "Responsible department."),
    must("statement", Shape::Line(STATEMENT), "The goal as published."),
    may("indicator", Shape::Line(STATEMENT), "The indicator as published."),
    must("kind", Shape::Choice(&["ratio", "cumulative", "stock", "constant", "milestone", "process", "narrative"]), "How it is measured."),
    may("direction", Shape::Choice(&["ascending", "descending", "constant"]), "Whether more is better. Default ascending."),
    may("unit", Shape::Line(60), "Unit of its values, as printed."),
    may("baseline", Shape::Number, "Value before the plan began; of a constant goal it is printed only."),
    may("baseline_year", Shape::Integer { min: 1900, max: 2200 }, "Year of the baseline."),
    may("from_baseline", Shape::Bool, "Attainment counts from the baseline (stock); that of a descending goal always does."),
    may("target", Shape::Number, "Value to reach by the due date."),
    may("planned", Shape::ByPeriod(&Shape::Number), "Planned value by period."),
    may("adjusted_target", Shape::Table(ADJUSTED), "A recorded change of the target."),
    may("changed", Shape::Table(CHANGED), "Who decided that the goal is no longer what was published; printed in the report."),
    may("cancelled", Shape::Table(CANCELLED), "A recorded cancellation."),
    may("basis", Shape::Choice(&["period", "year-to-date"]), "What a cumulative query's value covers."),
    may("band", Shape::Table(BAND), "Bounds of a constant goal."),
    may("steps", Shape::TableList(STEP), "Dated parts of a process."),
    may("due", Shape::Date, "Due date: a month, meaning its last day, or a day."),
    may("recurs_until", Shape::Date, "The goal returns every year, on the same day, until this date."),
    may("targets", Shape::ByYear(&Shape::Number), "Target of a recurring goal by the year of its due date."),
    may("window", Shape::Table(WINDOW), "When it is open; before it the goal is scheduled."),
    may("span", Shape::Table(WINDOW), "The days that its value covers. Default: the due date's year up to the due date, or the window."),
    may("query", Shape::Text, "SQL over the sources; one row."),
    may("note", Shape::Prose(PROSE), "Footnote, with {variables} of the query."),
    may("requires", Shape::Choice(&["all", "any"]), "\"all\": no figure unless every department has sent its file."),
    may("definition", Shape::Prose(PROSE), "Indicator sheet: what it measures."),
    may("dimension", Shape::Prose(PROSE), "Indicator sheet: efficacy, efficiency, quality, economy."),
    may("method", Shape::Prose(PROSE), "Indicator sheet: method of calculation in words."),
    may("frequency", Shape::Prose(PROSE), "Indicator sheet: how often it is measured."),
    may("verification", Shape::Prose(PROSE), "Indicator sheet: means of verification."),
];

static ADJUSTED: &[Key] = &[
    must("value", Shape::Number, "The new target."),
    must("date", Shape::Date, "Since when it holds."),
    must("reason", Shape::Prose(PROSE), "Why."),
    must("authority", Shape::Line(500), "Who decided."),
];

static CHANGED: &[Key] = &[
    must("date", Shape::Date, "Since when."),
    must("reason", Shape::Text, "Why."),
    must("authority", Shape::Text, "Who decided."),
];

static CANCELLED: &[Key] = &[
    must("date", Shape::Date, "Since when."),
    must("reason", Shape::Prose(PROSE), "Why."),
    must("authority", Shape::Line(500), "Who decided."),
];

static BAND: &[Key] = &[
    must("low", Shape::Number, "Smallest value inside."),
    must("high", Shape::Number, "Largest value inside."),
];

static STEP: &[Key] = &[
    must("id", Shape::Text, "What the query's column step holds."),
    must("title", Shape::Line(500), "Title as printed."),
    must("due", Shape::Date, "When it should be done."),
    may("weight", Shape::Number, "Its share of the whole. Default 1."),
    may("after", Shape::Text, "A step that must be done first."),
];

static REPORT: &[Key] = &[
    may("template", Shape::Text, "Folder below report-templates/. Default informe."),
    may("session", Shape::ByPeriod(&Shape::Line(STATEMENT)), "Session in which a period's report is presented."),
    may("completion_level", Shape::Bool, "Suggest the Open Government Partnership's completion level beside each status. Default false."),
    may("brand", Shape::Table(BRAND), "The municipality's identity. Default: the plan's title in a neutral colour."),
];

static BRAND: &[Key] = &[
    must("name", Shape::Line(TITLE), "Its name."),
    may("term", Shape::Line(TITLE), "The administration's term."),
    may("slogan", Shape::Lines(TITLE), "Slogan, line by line."),
    may("color", Shape::Text, "Main colour, #rrggbb."),
    may("logo", Shape::Text, "Logo file in the template's folder."),
];

static DELIVERY: &[Key] = &[
    must("from", Shape::Text, "Sender."),
    must("to", Shape::TextList, "Recipients of the report, and the allow-list."),
    may("subject", Shape::Line(TITLE), "Subject, with {title} and {period}."),
    may("smtp", Shape::Table(SMTP), "The server. Absent: messages go to state/outbox/."),
];

static SMTP: &[Key] = &[
    must("host", Shape::Text, "Host name."),
    may("port", Shape::Integer { min: 1, max: 65535 }, "Port. Default 587, or 465 for implicit TLS."),
    may("tls", Shape::Choice(&["starttls", "implicit", "none"]), "Default starttls; none only for loopback."),
    may("user", Shape::Text, "User name. The password comes from the environment or a file."),
    may("ca_file", Shape::Text, "An extra trusted certificate (PEM), beside the system's; relative to this file or to the home."),
];

static LIMITS: &[Key] = &[
    may("file_mib", Shape::Integer { min: 1, max: 4096 }, "Largest file, MiB. Default 50."),
    may("inflated_mib", Shape::Integer { min: 1, max: 65536 }, "Largest file once inflated, MiB. Default 512."),
    may("cells", Shape::Integer { min: 1, max: 1_000_000_000 }, "Most cells in a sheet. Default 20 million."),
    may("columns", Shape::Integer { min: 1, max: 16_384 }, "Most columns in a sheet. Default 2000."),
    may("memory_mib", Shape::Integer { min: 128, max: 65536 }, "Memory of a reading process, MiB. Default 768."),
    may("seconds", Shape::Integer { min: 1, max: 3600 }, "Processor time for one file. Default 15."),
    may("run_mib", Shape::Integer { min: 1, max: 1_048_576 }, "Data that all files of a run may give, MiB. Default 512."),
    may("run_seconds", Shape::Integer { min: 1, max: 86_400 }, "Processor time for reading all files of a run. Default 900."),
    may("quiet_seconds", Shape::Integer { min: 0, max: 86_400 }, "How long a file must lie unchanged, seconds. Default 3."),
    may("mail_seconds", Shape::Integer { min: 1, max: 86_400 }, "Time for the mail of a run; only the answer to a message's end, up to 600 seconds, may come later. Default 900."),
    may("message_mib", Shape::Integer { min: 1, max: 100 }, "Largest message, MiB. Default 20."),
];
