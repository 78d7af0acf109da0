//! Every code that a message carries is explained, and nothing is explained that no message carries.

pub(crate) mod walk;

use std::collections::{BTreeMap, BTreeSet};

use metas::codes::{of, stages};

use crate::home::TestHome;
use walk::{walk, words_of};

/// Calls whose code is no literal, and the file whose words are their codes; none where the code is
/// only handed on from a function that takes one.
const FROM: &[(&str, &str, &str)] = &[
    ("diagnostic", "code", ""),
    ("exit", "code", ""),
    ("plan::structure", "code", ""),
    ("plan::check", "code", ""),
    ("ingest::findings", "code", ""),
    ("ingest::findings", "issue.code", ""),
    ("ingest::findings", "error.code", ""),
    ("dropbox::blocked", "code", ""),
    ("edition::photos", "code", ""),
    ("dropbox::read", "code", "dropbox::read"),
    ("edition::published", "code", "edition::published"),
    ("edition::unsettled", "code", "edition::unsettled"),
    ("indicators::advice", "code", "indicators::advice"),
    ("indicators::remarks", "code", "indicators::remarks"),
    ("plan::goal::measure", "code", "plan::goal::quantity"),
    // Other functions of the name `blocked`.
    ("ingest", "error", ""),
    ("edition::watch", "&periods.open", ""),
    ("edition::watch", "whose", ""),
    ("edition::refused_files", "whose", ""),
    // A code that the run told before, or `held`.
    ("edition::notices", "code", ""),
];

/// Codes that are put together from parts.
const PUT_TOGETHER: &[(&str, &[&str])] = &[
    (
        "unknown-{what}",
        &["unknown-axis", "unknown-department", "unknown-step"],
    ),
    (
        "{}-unreadable",
        &[
            "smtp-password-unreadable",
            "smtp-client-secret-unreadable",
            "smtp-refresh-token-unreadable",
            "ledger-unreadable",
            "store-unreadable",
        ],
    ),
];

/// Words of those files that are no codes.
const OTHER_WORDS: [&str; 2] = ["restored-from", "kebab-case"];

/// Codes that no call shows.
const ELSEWHERE: [&str; 2] = ["held", "control-characters"];

fn carried() -> BTreeMap<String, BTreeSet<String>> {
    let found = walk();
    let mut codes = found.codes;
    let mut unknown = Vec::new();
    for (file, code) in &found.unclear {
        let one = FROM
            .iter()
            .find(|(known, text, _)| known == file && text == code);
        match one {
            Some((_, _, "")) => {}
            Some((_, _, words)) => {
                for word in words_of(words) {
                    codes.entry(word).or_default().insert(file.clone());
                }
            }
            None => unknown.push(format!("{file}: {code}")),
        }
    }
    assert!(
        unknown.is_empty(),
        "say in FROM which codes these calls give:\n{}",
        unknown.join("\n")
    );
    for (pattern, those) in PUT_TOGETHER {
        let files = codes.remove(*pattern);
        let files = files.unwrap_or_else(|| panic!("nothing makes {pattern} any more"));
        for code in *those {
            codes
                .entry((*code).to_owned())
                .or_default()
                .extend(files.clone());
        }
    }
    for code in ELSEWHERE {
        codes.entry(code.to_owned()).or_default();
    }
    codes.retain(|code, _| !OTHER_WORDS.contains(&code.as_str()));
    codes
}

#[test]
fn every_code_of_a_message_is_explained() {
    let missing: Vec<String> = carried()
        .into_iter()
        .filter(|(code, _)| of(code).is_none())
        .map(|(code, files)| format!("{code}: {files:?}"))
        .collect();
    assert!(
        missing.is_empty(),
        "write these into src/codes/:\n{}",
        missing.join("\n")
    );
}

#[test]
fn nothing_is_explained_that_no_message_carries() {
    let carried = carried();
    let listed = stages().iter().flat_map(|stage| &stage.codes);
    let stale: Vec<&str> = listed
        .map(|text| text.code)
        .filter(|code| !carried.contains_key(*code))
        .collect();
    assert!(stale.is_empty(), "no message carries: {}", stale.join(", "));
}

#[test]
fn each_code_is_explained_once_and_in_full() {
    let mut seen = BTreeSet::new();
    for stage in stages() {
        assert!(["es", "en"].contains(&stage.language), "{}", stage.stage);
        assert!(
            !stage.title.is_empty() && !stage.codes.is_empty(),
            "{}",
            stage.stage
        );
        for text in &stage.codes {
            let code = text.code;
            assert!(seen.insert(code), "{code} is explained twice");
            assert!(
                ["error", "warning", "error or warning", "warning or note"]
                    .contains(&text.severity),
                "{code}: {}",
                text.severity
            );
            for words in [text.means, text.why, text.mend] {
                assert!(
                    words.len() >= 8 && words.ends_with(['.', '…', ':', '"', '?']),
                    "{code}: {words}"
                );
            }
        }
    }
    assert!(seen.len() > 200, "{}", seen.len());
}

/// A word of the other language in a text is a text that was never translated.
#[test]
fn findings_are_explained_in_spanish_and_the_rest_in_english() {
    for stage in stages() {
        let foreign: &[&str] = match stage.language {
            "es" => &[" the ", " is ", " are ", " of "],
            _ => &[" el ", " los ", " que ", " una "],
        };
        for text in &stage.codes {
            for words in [text.means, text.why, text.mend] {
                let found = foreign.iter().find(|word| words.contains(**word));
                assert_eq!(found, None, "{}: {words}", text.code);
            }
        }
    }
    for code in ["unknown-category", "missing-file", "other-period", "photo"] {
        assert_eq!(of(code).unwrap().0.language, "es", "{code}");
    }
    for code in ["unknown-key", "sql", "lock-held", "smtp"] {
        assert_eq!(of(code).unwrap().0.language, "en", "{code}");
    }
}

#[test]
fn a_code_is_explained_by_a_command_that_needs_no_home() {
    let home = TestHome::empty();
    home.metas(&["explain-code", "unknown-category"])
        .ok()
        .says(&[
            "Qué significa:",
            "Por qué detiene el dato:",
            "Cómo se corrige:",
        ]);
    home.metas(&["explain-code", "error[unknown-key]:"])
        .ok()
        .says(&["What it means:", "Why it blocks:", "How to mend it:"]);
    home.metas(&["explain-code", "HIDDEN_ROWS"])
        .ok()
        .says(&["hidden-rows", "Por qué sólo se avisa:"]);
    let one = home.metas(&["explain-code", "sql", "--json"]).ok().json();
    assert_eq!(one["stage"], "queries");
    for key in ["code", "severity", "language", "means", "why", "mend"] {
        assert!(one[key].is_string(), "{key}: {one}");
    }
    let all = home.metas(&["explain-code", "--json"]).ok().json();
    let listed: usize = all["stages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stage| stage["codes"].as_array().unwrap().len())
        .sum();
    let expected: usize = stages().iter().map(|stage| stage.codes.len()).sum();
    assert_eq!(listed, expected);
    home.metas(&["explain-code"])
        .ok()
        .says(&["Celdas (cells)", "unknown-category", "lock-held"]);
    home.metas(&["explain-code", "unknown-categori"])
        .code(2)
        .says(&["error[unknown-code]", "did you mean unknown-category?"]);
    let refused = home
        .metas(&["explain-code", "zzz", "--json"])
        .code(2)
        .json();
    assert_eq!(refused["findings"][0]["code"], "unknown-code");
}

/// A command line that can't be read was told as text, whatever was asked for.
#[test]
fn a_wrong_command_line_is_json_where_json_is_asked_for() {
    let home = TestHome::empty();
    let wrong: &[(&[&str], &str)] = &[
        (&["--json"], "a command is missing"),
        (&["statuss", "--json"], "unrecognized subcommand"),
        (&["status", "--jsonn", "--json"], "unexpected argument"),
        (&["--json", "run", "--period", "x"], "invalid value"),
        (&["skip", "--json"], "required"),
        (&["--json", "run", "--color", "pink"], "invalid value"),
        (&["deliver", "--json"], "a command is missing"),
        (
            &["run", "--quiet", "--verbose", "--json"],
            "cannot be used with",
        ),
    ];
    for (arguments, message) in wrong {
        let ran = home.metas(arguments).code(2);
        let document = ran.json();
        assert_eq!(document["exit_code"], 2, "{arguments:?}");
        let finding = &document["findings"][0];
        assert_eq!(finding["severity"], "error", "{arguments:?}");
        assert_eq!(finding["code"], "usage", "{arguments:?}");
        let told = finding["message"].as_str().unwrap();
        assert!(told.contains(message), "{arguments:?}: {told}");
        assert!(!told.contains('\n') && !told.starts_with("error"), "{told}");
        assert!(!finding["suggestion"].is_null(), "{arguments:?}: {finding}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}: people are told too");
    }
    // What was not asked for as JSON stays text, and a help is no fault.
    let text = home.metas(&["statuss"]).code(2);
    assert!(text.stdout.is_empty() && text.stderr.contains("status"));
    home.metas(&["--help", "--json"])
        .ok()
        .says(&["explain-code"]);
    let behind = home.metas(&["explain-code", "x", "--", "--json"]).code(2);
    assert!(behind.stdout.is_empty(), "{}", behind.stdout);
}
