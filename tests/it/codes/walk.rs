//! Finds every code that a diagnostic can carry, in the text of the code: whatever is given to a
//! function's parameter `code`.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::imports::Imports;

/// A function with a parameter `code`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Taker {
    name: String,
    /// Which of its arguments, the receiver left out.
    index: usize,
    /// `.` for a method, a type's name for what is called on a type, else empty.
    of: String,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Each code, and the files that give it.
    pub(crate) codes: BTreeMap<String, BTreeSet<String>>,
    /// Calls whose code is no literal: file and what is written there.
    pub(crate) unclear: BTreeSet<(String, String)>,
}

/// Strings, marks of two letters and words; comments and white space are left out.
fn tokens(code: &str) -> Vec<String> {
    let text: Vec<char> = code.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let begin = at;
        let c = text[at];
        at += 1;
        if c.is_whitespace() {
            continue;
        } else if c == '/' && text.get(at) == Some(&'/') {
            while at < text.len() && text[at] != '\n' {
                at += 1;
            }
            continue;
        } else if c == 'r' && raw_hashes(&text, at).is_some() {
            let hashes = raw_hashes(&text, at).unwrap();
            let end: String = format!("\"{}", "#".repeat(hashes));
            at += hashes + 1;
            while at < text.len() && !starts(&text, at, &end) {
                at += 1;
            }
            at += hashes + 1;
        } else if c == '"' {
            while at < text.len() && text[at] != '"' {
                at += if text[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if c == '\'' && (text.get(at) == Some(&'\\') || text.get(at + 1) == Some(&'\'')) {
            at += if text[at] == '\\' { 2 } else { 1 };
            while at < text.len() && text[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else if c.is_alphanumeric() || c == '_' {
            while at < text.len() && (text[at].is_alphanumeric() || text[at] == '_') {
                at += 1;
            }
        } else if c == ':' && text.get(at) == Some(&':') {
            at += 1;
        }
        out.push(text[begin..at.min(text.len())].iter().collect());
    }
    out
}

fn starts(text: &[char], at: usize, with: &str) -> bool {
    with.chars()
        .enumerate()
        .all(|(i, c)| text.get(at + i) == Some(&c))
}

/// How many hashes a raw string that opens here has.
fn raw_hashes(text: &[char], mut at: usize) -> Option<usize> {
    let begin = at;
    while text.get(at) == Some(&'#') {
        at += 1;
    }
    (text.get(at) == Some(&'"')).then_some(at - begin)
}

/// The arguments of the bracket that opens at `at`, each as its tokens.
fn arguments(tokens: &[String], at: usize) -> Vec<&[String]> {
    let mut all = Vec::new();
    let (mut depth, mut begin) = (0, at + 1);
    for (i, token) in tokens.iter().enumerate().skip(at) {
        match token.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 1 => {
                all.push(&tokens[begin..i]);
                begin = i + 1;
            }
            _ => {}
        }
        if depth == 0 {
            all.push(&tokens[begin..i]);
            break;
        }
    }
    all.retain(|argument| !argument.is_empty());
    all
}

/// Behind the `<…>` that opens at `at`, where one does.
fn behind_generics(tokens: &[String], at: usize) -> usize {
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate().skip(at) {
        match token.as_str() {
            "<" => depth += 1,
            ">" if tokens[i - 1] != "-" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if token == ">" { i + 1 } else { i };
        }
    }
    at
}

/// The type that the `impl` at `at` is about.
fn implemented(tokens: &[String], at: usize) -> String {
    let begin = behind_generics(tokens, at + 1);
    let head: Vec<&String> = tokens[begin..].iter().take_while(|t| *t != "{").collect();
    let of = head.iter().position(|t| *t == "for").map_or(0, |at| at + 1);
    head.get(of).map(|name| (*name).clone()).unwrap_or_default()
}

fn takers(tokens: &[String], out: &mut BTreeSet<Taker>) {
    let (mut depth, mut inside) = (0, None);
    for (i, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inside = inside.filter(|(_, at)| *at < depth);
            }
            "impl" if depth == 0 => inside = Some((implemented(tokens, i), depth)),
            // What a macro will call its functions is not known here.
            "fn" if !["(", "$"].contains(&tokens[i + 1].as_str()) => {
                let at = behind_generics(tokens, i + 2);
                let all = arguments(tokens, at);
                let is_self = |a: &&&[String]| a.iter().take(4).any(|t| t == "self");
                let method = all.iter().any(|a| is_self(&a));
                let rest = all.iter().filter(|a| !is_self(a));
                for (index, argument) in rest.enumerate() {
                    if argument[0] == "code" && argument.iter().any(|t| t == "str") {
                        let kind = inside.as_ref().map_or("", |(name, _)| name.as_str());
                        out.insert(Taker {
                            name: tokens[i + 1].clone(),
                            index,
                            of: if method { "." } else { kind }.to_owned(),
                        });
                    }
                }
            }
            _ => {}
        }
    }
}

/// `const NAME: &str = "…"`.
fn constants(tokens: &[String], out: &mut BTreeMap<String, String>) {
    for (i, token) in tokens.iter().enumerate() {
        let rest = tokens[i..].iter().take(10).take_while(|t| *t != ";");
        if token == "const"
            && let Some(value) = rest.into_iter().find(|t| t.starts_with('"'))
            && let Some(name) = tokens.get(i + 1)
        {
            out.insert(name.clone(), value.trim_matches('"').to_owned());
        }
    }
}

fn is_call(tokens: &[String], at: usize, taker: &Taker, own: &BTreeSet<String>) -> bool {
    if tokens[at] != taker.name || tokens.get(at + 1).is_none_or(|t| t != "(") || at < 2 {
        return false;
    }
    let (before, earlier) = (tokens[at - 1].as_str(), &tokens[at - 2]);
    match taker.of.as_str() {
        "." => before == ".",
        "" => before != "." && before != "fn",
        of => before == "::" && (earlier == of || (earlier == "Self" && own.contains(of))),
    }
}

/// Looks through the whole crate.
pub(crate) fn walk() -> Walk {
    let imports = Imports::read();
    let left_out = ["plan::document", "spreadsheet::format"];
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (module, code) in &imports.code {
        let name = module.join("::");
        let tests = name.contains("tests") || name == "printable";
        if !tests && !left_out.contains(&name.as_str()) {
            texts.insert(name, tokens(code));
        }
    }
    let (mut all, mut constant) = (BTreeSet::new(), BTreeMap::new());
    for tokens in texts.values() {
        takers(tokens, &mut all);
        constants(tokens, &mut constant);
    }
    let mut walk = Walk::default();
    for (file, tokens) in &texts {
        let own: BTreeSet<String> = (0..tokens.len())
            .filter(|i| tokens[*i] == "impl")
            .map(|i| implemented(tokens, i))
            .collect();
        for at in 0..tokens.len() {
            for taker in all.iter().filter(|taker| is_call(tokens, at, taker, &own)) {
                let given = arguments(tokens, at + 1);
                let Some(code) = given.get(taker.index) else {
                    continue;
                };
                note(&mut walk, file, code, &constant);
            }
        }
    }
    walk
}

fn note(walk: &mut Walk, file: &str, code: &[String], constant: &BTreeMap<String, String>) {
    let literals: Vec<&String> = code.iter().filter(|t| t.starts_with('"')).collect();
    let known = match code {
        [only] => constant.get(only).map(String::as_str),
        _ => None,
    };
    if let Some(known) = known {
        let files = walk.codes.entry(known.to_owned()).or_default();
        files.insert(file.to_owned());
    } else if literals.is_empty() {
        walk.unclear.insert((file.to_owned(), code.concat()));
    }
    for literal in literals {
        let files = walk
            .codes
            .entry(literal.trim_matches('"').to_owned())
            .or_default();
        files.insert(file.to_owned());
    }
}

/// Kebab-case words of several parts among a file's strings.
pub(crate) fn words_of(file: &str) -> BTreeSet<String> {
    let imports = Imports::read();
    let module: Vec<String> = file.split("::").map(str::to_owned).collect();
    let code = imports
        .code
        .get(&module)
        .unwrap_or_else(|| panic!("no file {file}"));
    let is_code =
        |word: &str| word.contains('-') && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    tokens(code)
        .iter()
        .filter_map(|token| {
            token
                .strip_prefix('"')?
                .strip_suffix('"')
                .map(str::to_owned)
        })
        .filter(|word| is_code(word))
        .collect()
}

#[test]
fn a_call_shows_its_code_however_it_is_made() {
    let source = r##"
        const HELD: &str = "a-constant";
        impl Checker<'_> {
            fn error_hint(&mut self, code: &str, span: Range<usize>) {}
        }
        impl Issue { fn error(code: &'static str, message: impl Into<String>) -> Self {} }
        fn blocked(file: &str, code: &str) {}
        fn f() {
            checker.error_hint("a-method's", 0..1);
            Issue::error(if x { "one-way" } else { "other-way" }, "no-code");
            blocked("a.xlsx", "third-argument");
            blocked("a.xlsx", HELD);
            Other::error("not-a-taker", 1);
        }
    "##;
    let tokens = tokens(source);
    let (mut all, mut constant) = (BTreeSet::new(), BTreeMap::new());
    takers(&tokens, &mut all);
    constants(&tokens, &mut constant);
    let mut walk = Walk::default();
    for at in 0..tokens.len() {
        for taker in all
            .iter()
            .filter(|t| is_call(&tokens, at, t, &BTreeSet::new()))
        {
            let given = arguments(&tokens, at + 1);
            note(&mut walk, "x", given[taker.index], &constant);
        }
    }
    let found: Vec<&str> = walk.codes.keys().map(String::as_str).collect();
    let expected = [
        "a-constant",
        "a-method's",
        "one-way",
        "other-way",
        "third-argument",
    ];
    assert_eq!(found, expected);
}
