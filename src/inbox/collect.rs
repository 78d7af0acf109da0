//! From a drop folder to submissions.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use indexmap::IndexMap;

use super::archive::{archive, hash};
use super::list::{Entry, Listing, Looks, list};
use super::matching::{Expected, expected, not_followed, two_files, unexpected};
use crate::diagnostic::{CellLocation, Diagnostic};
use crate::pipeline::{Limits, Source};

/// How to look at a drop folder.
pub struct Inbox<'a> {
    /// `inputs/<period>/`.
    pub folder: &'a Path,
    /// `state/archive/`; none: nothing is kept, originals are read in place.
    pub archive: Option<&'a Path>,
    /// Whether somebody waits for the run: then files that are still being written are waited for.
    pub attended: bool,
    /// The clock.
    pub now: &'a dyn Fn() -> SystemTime,
    /// How to wait.
    pub wait: &'a dyn Fn(Duration),
}

/// A file of a source, with its bytes known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The source's id.
    pub source: String,
    /// The department that sent it.
    pub department: String,
    /// Its path below the drop folder.
    pub file: String,
    /// Where to read it from.
    pub path: PathBuf,
    /// SHA-256 in hex.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// When it was last changed.
    pub modified: SystemTime,
}

/// A file that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The source's id.
    pub source: String,
    /// The department that should send it.
    pub department: String,
    /// The name that it should have.
    pub pattern: String,
}

/// What a drop folder holds.
#[derive(Debug, Default)]
pub struct Collected {
    /// Files to read, in the order of the definition.
    pub submissions: Vec<Submission>,
    /// What is wrong with the folder.
    pub findings: Vec<Diagnostic>,
    /// Files left for the next run, because they are still changing.
    pub unsettled: Vec<String>,
    /// Expected files that have not arrived. One that is unsettled or doubled has.
    pub missing: Vec<Missing>,
}

/// Looks at the folder, matches files to sources, waits, hashes and archives.
pub fn collect(
    inbox: &Inbox<'_>,
    sources: &IndexMap<String, Source>,
    limits: &Limits,
) -> io::Result<Collected> {
    let expected = expected(sources);
    let Listing { entries, links } = list(inbox.folder)?;
    let mut out = Collected::default();
    out.findings
        .extend(links.iter().map(String::as_str).map(not_followed));
    for entry in &entries {
        if !expected.iter().any(|e| e.is(&entry.file)) {
            out.findings.extend(unexpected(entry, &expected));
        }
    }
    for one in &expected {
        let matching: Vec<&Entry> = entries.iter().filter(|e| one.is(&e.file)).collect();
        match matching.as_slice() {
            [] => out.missing.push(Missing {
                source: one.source.id.clone(),
                department: one.department.clone(),
                pattern: one.pattern.clone(),
            }),
            [entry] => take(inbox, one, entry, limits, &mut out),
            several => out.findings.push(two_files(one, several)),
        }
    }
    Ok(out)
}

/// A source, the department that sends it, and the files of it.
pub type Present = (String, String, Vec<String>);

/// Which files of each source and department lie in the folder, by name only.
///
/// # Errors
/// The folder cannot be read.
pub fn present(folder: &Path, sources: &IndexMap<String, Source>) -> io::Result<Vec<Present>> {
    let entries = list(folder)?.entries;
    let of = |one: &Expected<'_>| {
        let files = entries
            .iter()
            .filter(|e| one.is(&e.file))
            .map(|e| e.file.clone());
        (
            one.source.id.clone(),
            one.department.clone(),
            files.collect(),
        )
    };
    Ok(expected(sources).iter().map(of).collect())
}

fn take(
    inbox: &Inbox<'_>,
    one: &Expected<'_>,
    entry: &Entry,
    limits: &Limits,
    out: &mut Collected,
) {
    if entry.looks.size > limits.file_mib.saturating_mul(1 << 20) {
        out.findings.push(too_big(entry, limits));
        return;
    }
    let quiet = Duration::from_secs(limits.quiet_seconds);
    // A file that is replaced while it is copied gets two more chances where somebody waits.
    let tries = if inbox.attended { 3 } else { 1 };
    for _ in 0..tries {
        let Some(looks) = settled(inbox, &entry.path, quiet) else {
            continue;
        };
        let stored = match inbox.archive {
            Some(folder) => archive(&entry.path, &looks, folder),
            None => hash(&entry.path, &looks),
        };
        match stored {
            Ok(None) => {}
            Ok(Some(stored)) => {
                out.submissions.push(Submission {
                    source: one.source.id.clone(),
                    department: one.department.clone(),
                    file: entry.file.clone(),
                    path: stored.path,
                    sha256: stored.sha256,
                    size: stored.size,
                    modified: looks.modified,
                });
                return;
            }
            Err(error) => {
                out.findings.push(unreadable(entry, &error));
                return;
            }
        }
    }
    out.unsettled.push(entry.file.clone());
}

/// The file's looks once it has lain still for `quiet`; none when it has not.
fn settled(inbox: &Inbox<'_>, path: &Path, quiet: Duration) -> Option<Looks> {
    let looks = Looks::of(path).ok()?;
    // A time in the future says nothing: such a file is waited for in full.
    let age = (inbox.now)()
        .duration_since(looks.last_touched())
        .unwrap_or_default();
    if age >= quiet {
        return Some(looks);
    }
    if !inbox.attended {
        return None;
    }
    (inbox.wait)(quiet.saturating_sub(age));
    Looks::of(path).ok().filter(|again| *again == looks)
}

fn too_big(entry: &Entry, limits: &Limits) -> Diagnostic {
    let size = entry.looks.size >> 20;
    Diagnostic::error(
        "file-too-big",
        format!(
            "El archivo mide {size} MB y el límite es {} MB.",
            limits.file_mib
        ),
    )
    .in_cells(place(entry))
    .hint("Deje sólo la hoja con los datos del periodo y guárdelo de nuevo.")
}

fn unreadable(entry: &Entry, error: &io::Error) -> Diagnostic {
    Diagnostic::error(
        "unreadable-file",
        format!("El archivo no se pudo copiar: {error}."),
    )
    .in_cells(place(entry))
    .hint("Revise los permisos del archivo, y que haya espacio en el disco.")
}

fn place(entry: &Entry) -> CellLocation {
    CellLocation {
        file: entry.file.clone(),
        ..CellLocation::default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::cell::Cell;
    use std::fs;

    use super::*;
    use crate::pipeline::Providers;

    fn source(id: &str, providers: Providers, file: &str) -> (String, Source) {
        let source = Source {
            id: id.to_owned(),
            providers,
            file: file.to_owned(),
            sheet: None,
            required: true,
            columns: IndexMap::new(),
            checks: Vec::new(),
            period: None,
        };
        (id.to_owned(), source)
    }

    fn look(
        folder: &Path,
        archive: &Path,
        attended: bool,
        age: u64,
        waits: &Cell<u32>,
    ) -> Collected {
        let each = Providers::Each(vec!["obras".to_owned(), "salud".to_owned()]);
        let sources = [
            source(
                "acuerdos",
                Providers::One("social".to_owned()),
                "Mi-Barrio*.xlsx",
            ),
            source("avances", each, "{department}/avance*.csv"),
        ];
        let now = || SystemTime::now() + Duration::from_secs(age);
        let wait = |_: Duration| waits.set(waits.get() + 1);
        let inbox = Inbox {
            folder,
            archive: Some(archive),
            attended,
            now: &now,
            wait: &wait,
        };
        collect(&inbox, &sources.into_iter().collect(), &Limits::default()).unwrap()
    }

    fn drop_files(folder: &Path, files: &[&str]) {
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
    }

    #[test]
    fn files_find_their_sources() {
        let home = tempfile::tempdir().unwrap();
        let (inputs, archive) = (home.path().join("inputs"), home.path().join("archive"));
        drop_files(
            &inputs,
            &[
                "mi barrio HABLA.xlsx",
                "obras/Avance 1.csv",
                "foto.jpg",
                "~$x.xlsx",
                "mi_bario.xlsx",
            ],
        );
        let waits = Cell::new(0);
        let found = look(&inputs, &archive, false, 60, &waits);
        let files: Vec<(&str, &str)> = found
            .submissions
            .iter()
            .map(|s| (s.file.as_str(), s.department.as_str()))
            .collect();
        assert_eq!(
            files,
            [
                ("mi barrio HABLA.xlsx", "social"),
                ("obras/Avance 1.csv", "obras")
            ]
        );
        assert_eq!(
            fs::read(&found.submissions[0].path).unwrap(),
            b"mi barrio HABLA.xlsx"
        );
        assert_eq!(found.missing.len(), 1);
        assert_eq!(found.missing[0].department, "salud");
        assert_eq!(found.findings.len(), 1, "{:?}", found.findings);
        assert_eq!(found.findings[0].code, "unexpected-file");
        assert!(
            found.findings[0]
                .hint
                .as_deref()
                .unwrap()
                .contains("acuerdos")
        );
    }

    #[test]
    fn two_files_for_one_source_are_an_error() {
        let home = tempfile::tempdir().unwrap();
        drop_files(home.path(), &["mi-barrio.xlsx", "mi-barrio v2.xlsx"]);
        let found = look(
            home.path(),
            &home.path().join(".archive"),
            false,
            60,
            &Cell::new(0),
        );
        assert!(found.submissions.is_empty());
        assert_eq!(found.findings[0].code, "two-files");
        assert!(found.findings[0].message.contains("v2"));
    }

    #[test]
    fn a_fresh_file_is_left_or_waited_for() {
        let home = tempfile::tempdir().unwrap();
        drop_files(home.path(), &["mi-barrio.xlsx"]);
        let (archive, waits) = (home.path().join(".archive"), Cell::new(0));
        let found = look(home.path(), &archive, false, 0, &waits);
        assert_eq!(
            (found.unsettled.len(), found.submissions.len(), waits.get()),
            (1, 0, 0)
        );
        let found = look(home.path(), &archive, true, 0, &waits);
        assert_eq!(
            (found.unsettled.len(), found.submissions.len(), waits.get()),
            (0, 1, 1)
        );
    }
}
