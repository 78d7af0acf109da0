//! Matches over what the domain has several kinds of name each of them: a new one does not compile
//! before somebody has said at every place what becomes of it.

use super::imports::Imports;

/// What a new kind of may come at any time.
const KINDS: [&str; 8] = [
    "ColumnKind",
    "DeliveryState",
    "GoalKind",
    "Measure",
    "Occasion",
    "Status",
    "SubmissionState",
    "TransactionOutcome",
];

/// The arms of the block that begins behind the brace before `text`, without what they hold in
/// braces.
fn arms(text: &str) -> String {
    let mut depth = 0;
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// Whether a pattern takes whatever comes.
fn takes_all(pattern: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c == '_';
    let parts = pattern.split(" if ").next().unwrap_or_default();
    !parts.is_empty() && parts.chars().all(plain) && !["true", "false"].contains(&parts)
}

/// The kinds that a match's arms speak of, where one of the arms takes whatever comes.
fn kinds_with_a_wildcard(block: &str) -> Vec<&'static str> {
    let arms = arms(block);
    let patterns: Vec<&str> = arms
        .lines()
        .filter_map(|line| line.trim().split_once("=>"))
        .map(|(pattern, _)| pattern.trim())
        .collect();
    if !patterns.iter().any(|pattern| takes_all(pattern)) {
        return Vec::new();
    }
    let speaks_of = |kind: &&str| {
        let of = format!("{kind}::");
        arms.lines().any(|line| {
            let line = line.trim().trim_start_matches("| ");
            line.starts_with(&of) || line.starts_with(&format!("Some({of}"))
        })
    };
    KINDS.into_iter().filter(|kind| speaks_of(kind)).collect()
}

#[test]
fn a_match_over_kinds_has_no_wildcard() {
    let imports = Imports::read();
    let mut wrong = Vec::new();
    for (module, path) in &imports.files {
        let shown = path.display().to_string();
        let code = &imports.code[module];
        for (at, _) in code.match_indices("match ") {
            let Some(begin) = code[at..].find('{') else {
                continue;
            };
            for kind in kinds_with_a_wildcard(&code[at + begin + 1..]) {
                let line = code[..at].lines().count();
                wrong.push(format!("{shown}:{line}: a match over {kind}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wildcard_beside_kinds_is_found() {
    for (block, found) in [
        ("\nStatus::Met => 1,\n_ => 2,\n}", &["Status"][..]),
        ("\nStatus::Met => { x }\nother => 2,\n}", &["Status"]),
        ("\nSome(Status::Met) => 1,\n_ if x => 2,\n}", &["Status"]),
        ("\nStatus::Met => 1,\nStatus::NotMet => 2,\n}\n_ => 3", &[]),
        (
            "\nStatus::Met => { match a { _ => 1 } }\nStatus::NotMet => 2,\n}",
            &[],
        ),
        ("\nSome(1) => 1,\n_ => 2,\n}", &[]),
    ] {
        assert_eq!(kinds_with_a_wildcard(block), found, "{block}");
    }
}
