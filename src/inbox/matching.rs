//! Which file is whose.

use globset::{GlobBuilder, GlobMatcher};
use indexmap::IndexMap;

use super::list::Entry;
use crate::diagnostic::{CellLocation, Diagnostic, visible};
use crate::ingest::{nearest, squeeze};
use crate::pipeline::{Providers, Source};

/// One file that is expected.
#[derive(Debug)]
pub struct Expected<'s> {
    /// The source.
    pub source: &'s Source,
    /// The department that sends it.
    pub department: String,
    /// The pattern with the department filled in, as the definition writes it.
    pub pattern: String,
    glob: Option<GlobMatcher>,
}

impl Expected<'_> {
    /// Whether `file` is the one.
    pub fn is(&self, file: &str) -> bool {
        let name = plain(file);
        match &self.glob {
            Some(glob) => glob.is_match(&name),
            None => plain(&self.pattern) == name,
        }
    }
}

/// Every file that the sources expect.
pub fn expected(sources: &IndexMap<String, Source>) -> Vec<Expected<'_>> {
    let mut all = Vec::new();
    for source in sources.values() {
        let departments = match &source.providers {
            Providers::One(one) => std::slice::from_ref(one),
            Providers::Each(each) => each.as_slice(),
        };
        for department in departments {
            let pattern = source.file.replace("{department}", department);
            let glob = GlobBuilder::new(&plain(&pattern))
                .literal_separator(true)
                .build()
                .ok()
                .map(|g| g.compile_matcher());
            all.push(Expected {
                source,
                department: department.clone(),
                pattern,
                glob,
            });
        }
    }
    all
}

/// Names compared without case, accents, and the difference between space, `_` and `-`.
fn plain(name: &str) -> String {
    squeeze(name).replace([' ', '_'], "-")
}

/// The finding about two files where one is expected.
pub fn two_files(expected: &Expected<'_>, files: &[&Entry]) -> Diagnostic {
    let names: Vec<String> = files
        .iter()
        .map(|e| format!("«{}»", visible(&e.file)))
        .collect();
    Diagnostic::error(
        "two-files",
        format!(
            "Hay {} archivos para el mismo dato ({}): {}. No se sabe cuál leer.",
            files.len(),
            expected.source.id,
            names.join(", ")
        ),
    )
    .in_cells(CellLocation {
        file: files.first().map(|e| e.file.clone()).unwrap_or_default(),
        ..CellLocation::default()
    })
    .hint("Deje en la carpeta sólo el archivo bueno.")
}

/// The warning about a link that leads out of the folder, or to another folder.
pub fn not_followed(link: &str) -> Diagnostic {
    Diagnostic::warning(
        "link-not-followed",
        "Es un enlace a otra carpeta, y los enlaces no se siguen: lo que hay detrás no se leyó.",
    )
    .in_cells(CellLocation {
        file: link.to_owned(),
        ..CellLocation::default()
    })
    .hint("Copie aquí el archivo mismo, o monte la carpeta compartida en este lugar.")
}

/// The warning about a file that nobody expects; none for a photo, which is evidence.
pub fn unexpected(entry: &Entry, expected: &[Expected<'_>]) -> Option<Diagnostic> {
    const EVIDENCE: &[&str] = &[
        "jpg", "jpeg", "png", "webp", "gif", "heic", "tif", "tiff", "mp4", "mov",
    ];
    let ending = entry
        .file
        .rsplit_once('.')
        .map(|(_, e)| e.to_lowercase())
        .unwrap_or_default();
    if EVIDENCE.contains(&ending.as_str()) {
        return None;
    }
    let stem = |name: &str| {
        name.rsplit_once('.')
            .map_or(name, |(stem, _)| stem)
            .replace('*', "")
    };
    let stems: Vec<String> = expected.iter().map(|e| stem(&e.pattern)).collect();
    let near = nearest(&stem(&entry.file), stems.iter().map(String::as_str));
    let pattern = near
        .and_then(|near| stems.iter().position(|s| s == near))
        .and_then(|at| expected.get(at));
    let hint = match pattern {
        Some(e) => format!(
            "Si es el archivo de «{}», cámbiele el nombre a «{}» (el * puede ser cualquier texto).",
            e.source.id, e.pattern
        ),
        None => "Revise el nombre; si es evidencia o no hace falta, puede quedarse.".to_owned(),
    };
    Some(
        Diagnostic::warning(
            "unexpected-file",
            "Nadie espera un archivo con este nombre: no se leyó.",
        )
        .in_cells(CellLocation {
            file: entry.file.clone(),
            ..CellLocation::default()
        })
        .hint(hint),
    )
}
