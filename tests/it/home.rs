//! A home in a temporary folder and the binary at work in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A home that goes away with the test.
pub(crate) struct TestHome {
    folder: tempfile::TempDir,
}

/// What a command gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl TestHome {
    /// A copy of the repository's own home: León.
    pub(crate) fn leon() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let home = Self::empty();
        for folder in ["pipelines", "inputs", "report-templates"] {
            copy_tree(&root.join(folder), &home.path().join(folder));
        }
        home.without_waiting()
    }

    /// Files of a fresh copy are young: without this every run would wait for them.
    fn without_waiting(self) -> Self {
        for entry in fs::read_dir(self.file("pipelines")).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            if !text.contains("[limits]") {
                fs::write(&path, format!("{text}\n[limits]\nquiet_seconds = 0\n")).unwrap();
            }
        }
        self
    }

    /// A copy of a home below `tests/homes/`, with the repository's templates.
    pub(crate) fn named(name: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let home = Self::empty();
        copy_tree(&root.join("tests/homes").join(name), home.path());
        copy_tree(
            &root.join("report-templates"),
            &home.path().join("report-templates"),
        );
        home.without_waiting()
    }

    pub(crate) fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Replaces a text in a file of the home; it must be there.
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} does not hold {from}");
        fs::write(self.file(name), text.replace(from, to)).unwrap();
    }

    /// Runs the binary in this home.
    pub(crate) fn metas(&self, arguments: &[&str]) -> Ran {
        metas(self.path(), arguments)
    }

    /// Runs the binary in this home until it dies at a place that a debug build knows.
    pub(crate) fn crash(&self, arguments: &[&str], place: &str) {
        let died = self.dies(arguments, &[place]);
        assert_eq!(died.as_deref(), Some(place), "no run dies at {place}");
    }

    /// Runs the binary in this home; where it died, if it came by one of the places.
    pub(crate) fn dies(&self, arguments: &[&str], places: &[&str]) -> Option<String> {
        let output = Command::new(env!("CARGO_BIN_EXE_metas"))
            .args(arguments)
            .arg("--home")
            .arg(self.path())
            .env("METAS_CRASH_AT", places.join(","))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let place = told.lines().find_map(|line| line.strip_prefix("died at "));
        place.map(str::to_owned)
    }

    /// The same home, whose liaisons get no receipts: for what is about the report's messages.
    pub(crate) fn without_receipts(self) -> Self {
        for entry in fs::read_dir(self.file("pipelines")).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let text = text.replace("[delivery]\n", "[delivery]\nreceipts = false\n");
            fs::write(path, text).unwrap();
        }
        self
    }

    /// Every file below the home with its content, aside from `state/lock`, the note of the last run
    /// and SQLite's side files.
    pub(crate) fn snapshot(&self) -> std::collections::BTreeMap<String, Vec<u8>> {
        let mut files = std::collections::BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path
                    .strip_prefix(self.path())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if !["state/lock", "state/last-run", "state/ledger"]
                    .iter()
                    .any(|own| name.starts_with(own))
                {
                    files.insert(name, fs::read(path).unwrap());
                }
            }
        }
        files
    }
}

/// Runs the binary in the home at `root`.
pub(crate) fn metas(root: &Path, arguments: &[&str]) -> Ran {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_metas"))
        .args(arguments)
        .arg("--home")
        .arg(root)
        .env_remove("METAS_HOME")
        .output()
        .unwrap();
    Ran::of(output)
}

/// How often a document names a command of the binary in code; each must exist but for the
/// `placeholders`, words that stand for any of them.
pub(crate) fn commands_named(document: &str, placeholders: &[&str]) -> usize {
    let mut named = 0;
    for part in document
        .split('`')
        .filter(|part| part.starts_with("metas "))
    {
        let word = part.split_whitespace().nth(1).unwrap();
        if placeholders.contains(&word) {
            continue;
        }
        let help = Command::new(env!("CARGO_BIN_EXE_metas"))
            .args([word, "--help"])
            .output()
            .unwrap();
        assert!(
            help.status.success(),
            "metas {word} is named, but does not exist"
        );
        named += 1;
    }
    named
}

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn ok(self) -> Self {
        self.code(0)
    }

    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}:\n{}", self.stdout))
    }

    /// Nothing was printed.
    pub(crate) fn silent(self) -> Self {
        assert_eq!((self.stdout.as_str(), self.stderr.as_str()), ("", ""));
        self
    }

    /// Each of these texts is somewhere in what was printed.
    pub(crate) fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            let there = self.stdout.contains(text) || self.stderr.contains(text);
            assert!(there, "no \"{text}\" in:\n{}\n{}", self.stdout, self.stderr);
        }
        self
    }
}

pub(crate) fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display())) {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_tree(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
