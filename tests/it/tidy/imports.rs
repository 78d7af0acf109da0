//! Which file of the crate imports which, read from the text of the files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A module's path below the crate: `["edition", "publish"]`; the crate's root is empty.
pub(crate) type Module = Vec<String>;

/// The crate's files, what each says, and where each of its imports leads.
pub(crate) struct Imports {
    /// The file of each module, below `src/`.
    pub(crate) files: BTreeMap<Module, PathBuf>,
    /// Its code: without comments, and without the tests at its end.
    pub(crate) code: BTreeMap<Module, String>,
    /// Where the links of its comments lead: who follows one reads that file too.
    links: BTreeMap<Module, Vec<Vec<String>>>,
    reexported: BTreeMap<Module, BTreeMap<String, Vec<String>>>,
}

impl Imports {
    /// Reads everything below `src/` but `main.rs`.
    pub(crate) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = BTreeMap::new();
        let mut code = BTreeMap::new();
        let mut links = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let below = path.strip_prefix(&root).unwrap().to_owned();
                if path.extension().is_none_or(|e| e != "rs") || below == Path::new("main.rs") {
                    continue;
                }
                let module = module_of(&below);
                let (statements, comments) = without_tests(&fs::read_to_string(&path).unwrap());
                code.insert(module.clone(), statements);
                links.insert(module.clone(), linked(&comments));
                files.insert(module, below);
            }
        }
        let mut imports = Self {
            files,
            code,
            links,
            reexported: BTreeMap::new(),
        };
        imports.reexported = imports
            .code
            .iter()
            .map(|(module, code)| (module.clone(), reexports(code)))
            .collect();
        imports.name_what_globs_hand_on();
        imports
    }

    /// `pub use types::*` hands on each item that `types` declares.
    fn name_what_globs_hand_on(&mut self) {
        let mut named = Vec::new();
        for (face, items) in &self.reexported {
            let globs = items
                .values()
                .filter(|p| p.last().is_some_and(|l| l == "*"));
            for glob in globs {
                let Some(source) = self.holder(&glob[..glob.len() - 1], face, 0) else {
                    continue;
                };
                for item in declared(&self.code[&source]) {
                    let path = ["crate".to_owned()].into_iter().chain(source.clone());
                    let path = path.chain([item.to_owned()]).collect();
                    named.push((face.clone(), item.to_owned(), path));
                }
            }
        }
        for (face, item, path) in named {
            let items = self.reexported.entry(face).or_default();
            items.entry(item).or_insert(path);
        }
    }

    /// The modules that `module` imports from, itself and the crate's root left out. An item that a
    /// folder's face hands on counts as imported from the file that holds it, and a link of a
    /// comment as an import.
    pub(crate) fn of(&self, module: &Module) -> BTreeSet<Module> {
        paths(&self.code[module])
            .iter()
            .chain(&self.links[module])
            .filter_map(|path| self.holder(path, module, 0))
            .filter(|other| other != module && !other.is_empty())
            .collect()
    }

    /// The module whose file holds what `path`, written in `module`, leads to.
    fn holder(&self, path: &[String], module: &Module, depth: u8) -> Option<Module> {
        let absolute = absolute(path, module);
        let known = (0..=absolute.len())
            .rev()
            .find(|length| self.files.contains_key(&absolute[..*length]))?;
        let (face, rest) = absolute.split_at(known);
        let handed_on = rest
            .first()
            .and_then(|name| self.reexported.get(face)?.get(name));
        match handed_on {
            Some(source) if depth < 5 => self.holder(source, &face.to_vec(), depth + 1),
            _ => Some(face.to_vec()),
        }
    }
}

fn module_of(below: &Path) -> Module {
    let mut parts: Module = below
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        parts.pop();
    }
    parts
}

/// The code and the comments of a file, both without the tests at its end.
fn without_tests(text: &str) -> (String, String) {
    let (mut code, mut comments) = (String::new(), String::new());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            let mut ahead = lines.clone().skip_while(|next| next.starts_with("#["));
            if ahead
                .next()
                .is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'))
            {
                break;
            }
        }
        let is_comment = line.trim_start().starts_with("//");
        let target = if is_comment { &mut comments } else { &mut code };
        target.push_str(line);
        target.push('\n');
    }
    (code, comments)
}

/// Paths in the brackets of a comment: [`crate::a::B`], or [B](crate::a::B).
fn linked(comments: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for opening in ["[`", "[", "]("] {
        for (at, _) in comments.match_indices(opening) {
            let target = &comments[at + opening.len()..];
            if ["crate::", "super::", "self::"]
                .iter()
                .any(|s| target.starts_with(s))
            {
                tree(target, Vec::new(), &mut found);
            }
        }
    }
    found
}

/// Names of the items that a file declares for others.
pub(crate) fn declared(code: &str) -> Vec<&str> {
    let kinds = ["struct", "enum", "trait", "type", "fn", "const", "static"];
    code.lines()
        .filter(|line| line.starts_with("pub"))
        .filter_map(|line| name_after(line, &kinds))
        .collect()
}

/// Names of the types that a file declares, for others or for itself. What a trait calls a type
/// within its implementations is none.
pub(crate) fn types(code: &str) -> Vec<&str> {
    let item = |line| match name_after(line, &["struct", "enum", "trait", "union"]) {
        Some(name) => Some(name),
        None if line.starts_with(' ') => None,
        None => name_after(line, &["type"]),
    };
    code.lines().filter_map(item).collect()
}

/// The name that stands after one of the words `kinds`, where the line declares such an item.
fn name_after<'c>(line: &'c str, kinds: &[&str]) -> Option<&'c str> {
    let mut words = line.split_whitespace();
    let before = ["const", "async", "unsafe", "super)"];
    let kind = words.find(|w| kinds.contains(w) || !w.starts_with("pub") && !before.contains(w))?;
    if !kinds.contains(&kind) {
        return None;
    }
    let rest = words.find(|word| *word != "fn" && *word != "mut")?;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
    Some(&rest[..end.unwrap_or(rest.len())])
}

/// The path from the crate's root, whatever it was written from.
fn absolute(path: &[String], module: &Module) -> Module {
    let up = path.iter().take_while(|part| *part == "super").count();
    match path.first().map(String::as_str) {
        Some("crate") => path[1..].to_vec(),
        Some("self") => [module, &path[1..]].concat(),
        _ => {
            let base = &module[..module.len().saturating_sub(up)];
            [base, &path[up..]].concat()
        }
    }
}

/// All paths of the code that begin at `crate`, `super` or `self`, and in `use` also at a child.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                tree(&code[at..], Vec::new(), &mut found);
            }
        }
    }
    for line in uses(code) {
        let first: String = line
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if !["crate", "super", "self"].contains(&first.as_str()) {
            tree(line, vec!["self".to_owned()], &mut found);
        }
    }
    found.retain(|path| path.len() > 1);
    found
}

/// What follows each `use`, with what is handed on or not.
fn uses(code: &str) -> impl Iterator<Item = &str> {
    code.match_indices("use ").filter_map(|(at, word)| {
        let line = code[..at].rsplit('\n').next().unwrap_or_default().trim();
        let begins = line.is_empty()
            || line.starts_with("pub") && !line.contains(['(', '{'])
            || line.starts_with("pub(");
        begins.then(|| &code[at + word.len()..])
    })
}

/// What a face hands on: name and where it is from.
fn reexports(code: &str) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (at, _) in code.match_indices("use ") {
        let line = code[..at].rsplit('\n').next().unwrap_or_default();
        if !line.starts_with("pub") {
            continue;
        }
        let text = &code[at + 4..];
        let first: String = text
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let prefix = match first.as_str() {
            "crate" | "super" | "self" => Vec::new(),
            _ => vec!["self".to_owned()],
        };
        let mut found = Vec::new();
        tree(text, prefix, &mut found);
        for path in found {
            if let Some(name) = path.last() {
                all.insert(name.clone(), path);
            }
        }
    }
    all
}

/// Reads a tree of paths such as `a::{b, c::d as e}`; gives what is left of the text.
fn tree<'t>(text: &'t str, mut path: Vec<String>, found: &mut Vec<Vec<String>>) -> &'t str {
    let mut rest = text.trim_start();
    loop {
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside.trim_start();
            while !rest.is_empty() && !rest.starts_with('}') {
                let before = rest.len();
                rest = tree(rest, path.clone(), found).trim_start();
                rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
                if rest.len() == before {
                    return "";
                }
            }
            return rest.strip_prefix('}').unwrap_or(rest);
        }
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '*')
            .unwrap_or(rest.len());
        if end == 0 {
            return rest;
        }
        if &rest[..end] != "self" || path.is_empty() {
            path.push(rest[..end].to_owned());
        }
        rest = &rest[end..];
        match rest.strip_prefix("::") {
            Some(next) => rest = next.trim_start(),
            None => {
                found.push(path);
                let renamed = rest.trim_start().strip_prefix("as ");
                return renamed.map_or(rest, |name| {
                    name.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
                });
            }
        }
    }
}

/// Nodes that lead back to themselves, each with a way.
pub(crate) fn circles<N: Ord + Clone>(edges: &BTreeMap<N, BTreeSet<N>>) -> Vec<Vec<N>> {
    let reach = |from: &N| {
        let mut seen: BTreeSet<&N> = BTreeSet::new();
        let mut open: Vec<&N> = edges.get(from).into_iter().flatten().collect();
        while let Some(node) = open.pop() {
            if seen.insert(node) {
                open.extend(edges.get(node).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<&N, BTreeSet<&N>> = edges.keys().map(|n| (n, reach(n))).collect();
    let mut found: Vec<Vec<N>> = Vec::new();
    for node in edges.keys() {
        if !reached[node].contains(node) || found.iter().flatten().any(|n| n == node) {
            continue;
        }
        let together = edges
            .keys()
            .filter(|other| reached[node].contains(other) && reached[other].contains(node));
        found.push(together.cloned().collect());
    }
    found
}
