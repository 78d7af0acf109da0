//! The one place that prints: diagnostics and progress on standard error, data on standard
//! output.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is this module's job"
)]

mod escaped;

use std::io::{IsTerminal, Write};

use codespan_reporting::diagnostic::{Diagnostic as Snippet, Label};
use codespan_reporting::files::SimpleFile;
use codespan_reporting::term::{self, termcolor};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use termcolor::{ColorChoice, ColorSpec, StandardStream, WriteColor};

use crate::console::escaped::{Escaped, Log};
use crate::diagnostic::{CellLocation, Diagnostic, Location, Severity, visible};
use tracing_subscriber::fmt::format::FmtSpan;

/// What the user wishes of what is printed.
#[derive(Debug, Clone, Copy, Default)]
pub struct ConsoleOptions {
    /// Data as one JSON document.
    pub json: bool,
    /// Errors only, and what is told only once.
    pub quiet: bool,
    /// How much of the log: 0 warnings, 1 what happens, 2 everything.
    pub verbose: u8,
    /// When to colour.
    pub color: ColorWhen,
    /// The form of the log.
    pub log_format: LogFormat,
}

/// Format of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ColorWhen {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Standard output and standard error, with the user's wishes about them.
#[derive(Debug, Clone, Copy)]
pub struct Console {
    json: bool,
    quiet: bool,
    color: ColorWhen,
    log: LogFormat,
    silent: bool,
}

impl Console {
    /// As the user wishes.
    pub fn new(options: &ConsoleOptions) -> Self {
        Self {
            json: options.json,
            quiet: options.quiet,
            color: options.color,
            log: options.log_format,
            silent: false,
        }
    }

    /// The same, of which nothing is heard.
    pub fn silent(self) -> Self {
        Self {
            silent: true,
            ..self
        }
    }

    /// Whether data is printed as one JSON document.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Prints a document, or `text` for people; in both, nothing that a terminal would obey. A
    /// reader that has gone away is no error.
    pub fn data(&self, document: &Value, text: &str) {
        if self.silent {
            return;
        }
        let mut out = std::io::stdout().lock();
        let text = &escaped::lines(text);
        let written = if self.json {
            writeln!(out, "{}", escaped::json(&format!("{document:#}"))).is_ok()
        } else if text.is_empty() || (self.quiet && !text.is_empty()) {
            true
        } else {
            write!(out, "{text}").is_ok() && (text.ends_with('\n') || writeln!(out).is_ok())
        };
        let _ = written && out.flush().is_ok();
    }

    /// Prints a text of the binary's own, as it is or as one JSON document.
    pub fn text(&self, text: &[u8]) {
        if self.json {
            let document = json!({ "text": String::from_utf8_lossy(text) });
            self.data(&document, "");
        } else {
            self.raw(text);
        }
    }

    /// Prints text that is the command's whole purpose, whatever the options.
    pub fn raw(&self, bytes: &[u8]) {
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// Prints a part of a document that is too large to be held whole.
    pub fn part_of_json(&self, text: &str) {
        self.raw(escaped::json(text).as_bytes());
    }

    /// Passes on what another process of this program has printed on standard error.
    pub fn raw_errors(&self, bytes: &[u8]) {
        let mut out = std::io::stderr().lock();
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// Prints diagnostics on standard error; warnings not where the user wants quiet, notes only
    /// in a log of JSON lines.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        self.render_all(diagnostics.iter().filter(|d| self.keeps(d)), record);
    }

    /// Of these, as plain text, those that [`Console::diagnostics`] would print.
    pub fn plain_text(&self, diagnostics: &[Diagnostic]) -> String {
        plain_text(diagnostics.iter().filter(|d| self.keeps(d)))
    }

    fn keeps(&self, diagnostic: &Diagnostic) -> bool {
        match diagnostic.severity {
            Severity::Error => true,
            Severity::Warning => !self.quiet,
            Severity::Note => !self.quiet && self.log == LogFormat::Json,
        }
    }

    /// Prints diagnostics and, for who looks into the files, the notes of their records.
    pub fn diagnostics_and_notes(&self, diagnostics: &[Diagnostic]) {
        let kept = |d: &&Diagnostic| !self.quiet || d.is_error();
        self.render_all(diagnostics.iter().filter(kept), record);
    }

    /// Prints what is told only once, also where the user wants quiet: nobody would hear of it
    /// again.
    pub fn first_time(&self, diagnostics: &[Diagnostic]) {
        self.render_all(diagnostics.iter(), record_once);
    }

    /// For people as text with carets; in a log of JSON lines as events, so that every line can be
    /// read by a program.
    fn render_all<'d>(
        &self,
        diagnostics: impl Iterator<Item = &'d Diagnostic>,
        record: fn(&Diagnostic),
    ) {
        if self.silent {
            return;
        }
        if self.log == LogFormat::Json {
            diagnostics.for_each(record);
            return;
        }
        let mut stream = Escaped(StandardStream::stderr(self.choice()));
        for diagnostic in diagnostics {
            let _ = render(&mut stream, diagnostic);
        }
    }

    fn choice(&self) -> ColorChoice {
        match self.color {
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
            ColorWhen::Auto if std::io::stderr().is_terminal() => ColorChoice::Auto,
            ColorWhen::Auto => ColorChoice::Never,
        }
    }

    /// A progress bar on a terminal, nothing in a pipe.
    pub fn progress(&self, what: &str, steps: u64) -> ProgressBar {
        let people = self.log == LogFormat::Text && std::io::stderr().is_terminal();
        if self.silent || self.quiet || self.json || !people || steps == 0 {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(steps);
        if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(what.to_owned());
        bar
    }
}

/// A diagnostic as an event of the log, with its place in fields.
macro_rules! event {
    ($target:literal, $level:ident, $diagnostic:expr) => {{
        let place = finding_json($diagnostic);
        let field = |name: &str| place[name].as_str().map(ToOwned::to_owned);
        tracing::$level!(
            target: $target,
            code = $diagnostic.code.as_str(),
            file = field("file"),
            sheet = field("sheet"),
            cell = field("cell"),
            header = field("header"),
            raw = field("raw"),
            line = place["line"].as_u64(),
            hint = $diagnostic.hint.as_deref(),
            "{}",
            $diagnostic.message
        );
    }};
}

fn record(diagnostic: &Diagnostic) {
    match diagnostic.severity {
        Severity::Error => event!("metas", error, diagnostic),
        Severity::Warning => event!("metas", warn, diagnostic),
        Severity::Note => event!("metas", info, diagnostic),
    }
}

/// As [`record`], under a name that the quiet log lets pass.
fn record_once(diagnostic: &Diagnostic) {
    match diagnostic.severity {
        Severity::Error => event!("metas::once", error, diagnostic),
        Severity::Warning => event!("metas::once", warn, diagnostic),
        Severity::Note => event!("metas::once", info, diagnostic),
    }
}

/// Writes one diagnostic.
fn render(stream: &mut dyn WriteColor, diagnostic: &Diagnostic) -> std::io::Result<()> {
    let Location::Text { source, span } = &diagnostic.location else {
        return render_plain(stream, diagnostic);
    };
    let (text, span) = written_out(&source.text, first_line(&source.text, span.clone()));
    let name = visible(&source.name);
    let file = SimpleFile::new(&name, &text);
    let snippet = match diagnostic.severity {
        Severity::Error => Snippet::error(),
        Severity::Warning => Snippet::warning(),
        Severity::Note => Snippet::note(),
    };
    let snippet = snippet
        .with_code(&diagnostic.code)
        .with_message(indented(&diagnostic.message))
        .with_labels(vec![Label::primary((), span)])
        .with_notes(
            diagnostic
                .hint
                .iter()
                .map(|hint| format!("help: {}", indented(hint)))
                .collect(),
        );
    let config = term::Config::default();
    term::emit(stream, &config, &file, &snippet).map_err(std::io::Error::other)
}

/// A message's later lines stand in from its first: they cannot pass for another message.
fn indented(text: &str) -> String {
    text.trim_end_matches('\n').replace('\n', "\n    ")
}

/// A source with its unseen characters written out, so that the line shows what it holds and the
/// caret stands below it.
fn written_out(text: &str, span: std::ops::Range<usize>) -> (String, std::ops::Range<usize>) {
    if !text.contains(escaped::is_unseen_in_source) {
        return (text.to_owned(), span);
    }
    let part = |range: std::ops::Range<usize>| escaped::source(text.get(range).unwrap_or_default());
    let (before, marked) = (part(0..span.start), part(span.clone()));
    let after = part(span.end..text.len());
    let shown = before.len()..before.len() + marked.len();
    (before + &marked + &after, shown)
}

/// The part of a span on its first line: a query's caret need not mark forty lines.
fn first_line(text: &str, span: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let part = text.get(span.clone()).unwrap_or_default();
    match part.split_once('\n') {
        Some((head, _)) => span.start..span.start + head.len(),
        None => span,
    }
}

fn render_plain(stream: &mut dyn WriteColor, diagnostic: &Diagnostic) -> std::io::Result<()> {
    let styles = term::Styles::default();
    let (label, style) = match diagnostic.severity {
        Severity::Error => ("error", &styles.header_error),
        Severity::Warning => ("warning", &styles.header_warning),
        Severity::Note => ("note", &styles.header_note),
    };
    stream.set_color(style)?;
    write!(stream, "{label}[{}]", diagnostic.code)?;
    stream.set_color(&styles.header_message)?;
    writeln!(stream, ": {}", indented(&diagnostic.message))?;
    stream.set_color(&ColorSpec::default())?;
    if let Location::Cells(place) = &diagnostic.location {
        writeln!(stream, "  --> {}", place_text(place))?;
    }
    if let Some(hint) = &diagnostic.hint {
        writeln!(stream, "  = {}", indented(hint))?;
    }
    writeln!(stream)
}

/// `acuerdos.xlsx, hoja Acuerdos, celda D14 (Estatus): «Concluida»`.
pub fn place_text(place: &CellLocation) -> String {
    let mut text = visible(&place.file).into_owned();
    let seen = |part: &Option<String>| part.as_deref().map(|part| visible(part).into_owned());
    if let Some(sheet) = seen(&place.sheet) {
        text.push_str(&format!(", hoja «{sheet}»"));
    }
    if let Some(cell) = &place.cell {
        let word = if cell.contains(':') {
            "celdas"
        } else {
            "celda"
        };
        text.push_str(&format!(", {word} {cell}"));
    }
    if let Some(header) = seen(&place.header) {
        text.push_str(&format!(" (columna «{header}»)"));
    }
    if let Some(raw) = seen(&place.raw) {
        text.push_str(&format!(": dice «{raw}»"));
    }
    text
}

/// A number of things, in words that agree with it: `1 edition`, `2 deliveries`.
pub fn counted(count: usize, one: &str) -> String {
    match (count, one.strip_suffix('y')) {
        (1, _) => format!("1 {one}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {one}s"),
    }
}

/// A diagnostic as `metas check --json` and `findings.json` give it.
pub fn finding_json(diagnostic: &Diagnostic) -> Value {
    let mut finding = json!({
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "file": null,
        "sheet": null,
        "cell": null,
        "header": null,
        "raw": null,
        "message": diagnostic.message,
        "suggestion": diagnostic.hint,
    });
    match &diagnostic.location {
        Location::Nowhere => {}
        Location::Cells(place) => {
            finding["file"] = json!(place.file);
            finding["sheet"] = json!(place.sheet);
            finding["cell"] = json!(place.cell);
            finding["header"] = json!(place.header);
            finding["raw"] = json!(place.raw);
        }
        Location::Text { source, span } => {
            let before = source.text.get(..span.start).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            finding["file"] = json!(source.name);
            finding["line"] = json!(before.matches('\n').count() + 1);
            finding["column"] = json!(before[line_start..].chars().count() + 1);
        }
    }
    finding
}

/// Diagnostics as plain text, as a golden file or a log holds them.
pub fn plain_text<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>) -> String {
    let mut buffer = Escaped(termcolor::Buffer::no_color());
    for diagnostic in diagnostics {
        let _ = render(&mut buffer, diagnostic);
    }
    String::from_utf8_lossy(buffer.0.as_slice()).into_owned()
}

/// Sends the log to standard error.
pub fn start_log(options: &ConsoleOptions) {
    let level = match (options.quiet, options.verbose) {
        (true, _) => "error,metas::once=warn",
        (false, 0) => "metas=warn,error",
        (false, 1) => "metas=info,error",
        (false, _) => "metas=debug,warn",
    };
    let filter = tracing_subscriber::EnvFilter::new(level);
    let colored = match options.color {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => std::io::stderr().is_terminal(),
    };
    let lines = match (options.log_format, colored) {
        (LogFormat::Json, _) => Log::Json,
        (LogFormat::Text, true) => Log::Colored,
        (LogFormat::Text, false) => Log::Text,
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || lines)
        .with_span_events(FmtSpan::CLOSE)
        .with_target(false);
    let started = match options.log_format {
        LogFormat::Text => builder.with_ansi(colored).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    // A second start, in a test, keeps the first log.
    let _ = started;
}
