//! What a home printed, passed on with its name before every line, so that nothing of it can pass
//! for another's.

use serde_json::{Value, json};

use super::list::ListedHome;
use super::pool::HomeEnd;
use crate::cli::global::{GlobalArguments, LogFormatName};
use crate::console::Console;

/// Passes on everything that a home printed, and tells what its process could not.
pub(in crate::cli) fn pass_on(
    console: &Console,
    global: &GlobalArguments,
    home: &ListedHome,
    end: &HomeEnd,
) {
    console.raw(named(&home.name, &end.stdout).as_bytes());
    pass_on_errors(console, global, home, end);
}

/// Passes on what a home printed on standard error, and tells what its process could not.
pub(in crate::cli) fn pass_on_errors(
    console: &Console,
    global: &GlobalArguments,
    home: &ListedHome,
    end: &HomeEnd,
) {
    if global.log_format == LogFormatName::Json {
        console.raw_errors(as_events(&home.name, &end.stderr).as_bytes());
        console.diagnostics(&end.findings);
        return;
    }
    console.raw_errors(named(&home.name, &end.stderr).as_bytes());
    let told = console.plain_text(&end.findings);
    console.raw_errors(named(&home.name, told.trim_end().as_bytes()).as_bytes());
}

/// Every line with the home's name before it.
fn named(name: &str, printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for line in text.lines() {
        out.push_str(name);
        out.push_str(" |");
        if !line.is_empty() {
            out.push(' ');
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// Every event of a log of JSON lines with the home's name in it. A line that is none becomes one.
fn as_events(name: &str, printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed);
    let mut out = String::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let event = match serde_json::from_str(line) {
            Ok(Value::Object(mut event)) => {
                event.insert("home".to_owned(), json!(name));
                Value::Object(event)
            }
            _ => json!({ "level": "ERROR", "fields": { "message": line }, "home": name }),
        };
        out.push_str(&event.to_string());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_bears_its_home() {
        assert_eq!(
            named("leon", b"uno\n\n  dos"),
            "leon | uno\nleon |\nleon |   dos\n"
        );
        assert_eq!(named("leon", b""), "");
        let events = as_events("leon", b"{\"level\":\"INFO\"}\n\nbroken {\n");
        let events: Vec<Value> = events
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(events[0], json!({ "level": "INFO", "home": "leon" }));
        assert_eq!(events[1]["fields"]["message"], "broken {");
        assert_eq!(events[1]["home"], "leon");
    }
}
