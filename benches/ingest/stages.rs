//! Times of a run's stages, from its own log.

use std::process::{Command, Stdio};

use serde_json::Value;

/// Milliseconds of each stage, in the order in which the table prints them.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    /// Cells of all files, in the reading processes.
    read: f64,
    /// Columns and findings of them.
    typing: f64,
    /// The rest of the time that files took: their way to this process, and waiting.
    carry: f64,
    query: f64,
    photos: f64,
    report: f64,
    slides: f64,
    seal: f64,
    queue: f64,
}

/// Runs a command once more with its log, and sums up what that says.
pub(crate) fn of(command: &mut Command) -> Stages {
    let command = command.args(["-vv", "--log-format", "json"]);
    let out = command.stdout(Stdio::null()).output().unwrap();
    assert!(out.status.success(), "{command:?}");
    let log = String::from_utf8_lossy(&out.stderr);
    let mut stages = Stages::default();
    let mut files = 0.0;
    for line in log.lines().filter_map(|l| serde_json::from_str(l).ok()) {
        stages.line(&line, &mut files);
    }
    stages.carry = files - stages.read - stages.typing;
    stages
}

impl Stages {
    /// What the report and the slides took to typeset, with all that is looked at before they are
    /// published.
    pub(crate) fn documents(&self) -> [f64; 2] {
        [self.report, self.slides]
    }

    fn line(&mut self, line: &Value, files: &mut f64) {
        let fields = &line["fields"];
        let micros = |name: &str| fields[name].as_f64().unwrap_or_default() / 1000.0;
        let message = fields["message"].as_str().unwrap_or_default();
        if message == "file read" {
            self.read += micros("reading_us");
            self.typing += micros("typing_us");
        }
        if message != "close" {
            return;
        }
        let span = &line["span"];
        let busy = milliseconds(fields["time.busy"].as_str().unwrap_or_default());
        match (
            span["name"].as_str().unwrap_or_default(),
            span["stage"]
                .as_str()
                .or(span["document"].as_str())
                .unwrap_or_default(),
        ) {
            ("file", _) => *files += busy,
            ("stage", "compute") => self.query += busy,
            ("stage", "photos") => self.photos += busy,
            ("stage", "publish") => self.seal += busy,
            ("document", "report.pdf") => self.report += busy,
            ("document", "slides.pdf") => self.slides += busy,
            ("delivery", _) => self.queue += busy,
            _ => {}
        }
    }

    /// Prints them in a line.
    pub(crate) fn print(&self) {
        let parts = [
            ("read", self.read),
            ("type", self.typing),
            ("carry", self.carry),
            ("query", self.query),
            ("photos", self.photos),
            ("typeset report", self.report),
            ("typeset slides", self.slides),
            ("seal", self.seal),
            ("queue", self.queue),
        ];
        let told: Vec<String> = parts
            .iter()
            .map(|(name, ms)| format!("{name} {ms:.0}"))
            .collect();
        println!("  ms (files summed up): {}", told.join(", "));
    }
}

/// `1.23ms` and the like, as the log writes times.
fn milliseconds(text: &str) -> f64 {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let number: f64 = digits.parse().unwrap_or_default();
    match &text[digits.len()..] {
        "s" => number * 1000.0,
        "ms" => number,
        "µs" => number / 1000.0,
        _ => 0.0,
    }
}
