//! What is wrong with the drop folder itself, in words.

use super::list::{FolderEntry, Listing};
use super::matching::Expected;
use crate::diagnostic::{CellLocation, Diagnostic, visible};
use crate::ingest::nearest;
use crate::plan::Limits;

/// So many of a kind are told one by one; more of them are one finding.
const ONE_BY_ONE: usize = 5;
/// So many names are compared with those that are expected.
const COMPARED: usize = 1_000;

fn at(file: &str) -> CellLocation {
    CellLocation {
        file: file.to_owned(),
        ..CellLocation::default()
    }
}

/// One finding each, or one for all of them where there are many: then `all` is its message, with
/// the number before it and some names behind it.
fn one_or_all(
    names: &[String],
    all: &str,
    place: &str,
    one: &dyn Fn(&str) -> Diagnostic,
) -> Vec<Diagnostic> {
    let Some(first) = names.first() else {
        return Vec::new();
    };
    if names.len() <= ONE_BY_ONE {
        return names.iter().map(|name| one(name)).collect();
    }
    let mut finding = one(first).in_cells(at(place));
    finding.message = format!("{} {all} Por ejemplo: {}.", names.len(), examples(names));
    vec![finding]
}

fn examples(names: &[String]) -> String {
    let some = names.iter().take(ONE_BY_ONE);
    let some: Vec<String> = some.map(|name| format!("«{}»", visible(name))).collect();
    some.join(", ")
}

/// What lies in the folder `place` and is no file that can be read.
pub(super) fn not_files(listing: &Listing, place: &str) -> Vec<Diagnostic> {
    let mut found = one_or_all(
        &listing.links,
        "enlaces llevan a otra carpeta, y los enlaces no se siguen: lo que hay detrás no se leyó.",
        place,
        &not_followed,
    );
    found.extend(one_or_all(
        &listing.special,
        "entradas no son archivos ni carpetas: no se leyeron.",
        place,
        &not_a_file,
    ));
    found.extend(one_or_all(
        &listing.too_deep,
        "carpetas están a demasiada profundidad: no se buscó en ellas.",
        place,
        &too_deep,
    ));
    let closed = listing.closed.iter();
    found.extend(closed.map(|(folder, why)| closed_folder(folder, why)));
    found
}

fn not_followed(link: &str) -> Diagnostic {
    Diagnostic::warning(
        "link-not-followed",
        "Es un enlace a otra carpeta, y los enlaces no se siguen: lo que hay detrás no se leyó.",
    )
    .in_cells(at(link))
    .hint("Copie aquí el archivo mismo, o monte la carpeta compartida en este lugar.")
}

fn not_a_file(name: &str) -> Diagnostic {
    Diagnostic::warning(
        "not-a-file",
        "No es un archivo ni una carpeta (es una tubería, un conector o un dispositivo): no se leyó.",
    )
    .in_cells(at(name))
    .hint("Guarde aquí el archivo mismo.")
}

fn too_deep(folder: &str) -> Diagnostic {
    Diagnostic::warning(
        "folder-too-deep",
        "La carpeta está a demasiada profundidad: no se buscó en ella.",
    )
    .in_cells(at(folder))
    .hint("Guarde los archivos más arriba.")
}

fn closed_folder(folder: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "unreadable-folder",
        format!("No se pudo mirar en la carpeta: {why}. Lo que hay en ella no se leyó."),
    )
    .in_cells(at(folder))
    .hint("Revise los permisos de la carpeta; quien administra el sistema puede darle acceso a metas.")
}

/// The warnings about files that nobody expects; none for photos, which are evidence. `missing`
/// are those expected files that have not come.
pub(super) fn unexpected(
    strays: &[&FolderEntry],
    all: &[Expected<'_>],
    missing: &[&Expected<'_>],
    place: &str,
) -> Vec<Diagnostic> {
    let mut names: Vec<String> = strays
        .iter()
        .filter(|entry| !is_evidence(&entry.file))
        .map(|entry| entry.file.clone())
        .collect();
    let one = |name: &str| {
        let every: Vec<&Expected<'_>> = all.iter().collect();
        misnamed(name, near(name, &every))
    };
    if names.len() <= ONE_BY_ONE {
        return names.iter().map(|name| one(name)).collect();
    }
    // Among many strays, the ones that could be a file that is missed are still told by name.
    let mut found = Vec::new();
    for name in names.iter().take(COMPARED) {
        if found.len() < ONE_BY_ONE
            && let Some(meant) = near(name, missing)
        {
            found.push((name.clone(), misnamed(name, Some(meant))));
        }
    }
    names.retain(|name| !found.iter().any(|(other, _)| other == name));
    let others = one_or_all(
        &names,
        "archivos tienen nombres que nadie espera: no se leyeron.",
        place,
        &|name| misnamed(name, None),
    );
    found.into_iter().map(|(_, d)| d).chain(others).collect()
}

fn is_evidence(file: &str) -> bool {
    const EVIDENCE: &[&str] = &[
        "jpg", "jpeg", "png", "webp", "gif", "heic", "tif", "tiff", "mp4", "mov",
    ];
    let ending = file
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_lowercase());
    ending.is_some_and(|ending| EVIDENCE.contains(&ending.as_str()))
}

/// The expected file whose name is nearest.
fn near<'e, 's>(name: &str, expected: &[&'e Expected<'s>]) -> Option<&'e Expected<'s>> {
    let stem = |name: &str| {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        stem.replace('*', "")
    };
    let stems: Vec<String> = expected.iter().map(|e| stem(&e.pattern)).collect();
    let near = nearest(&stem(name), stems.iter().map(String::as_str))?;
    let index = stems.iter().position(|stem| stem == near)?;
    expected.get(index).copied()
}

fn misnamed(name: &str, meant: Option<&Expected<'_>>) -> Diagnostic {
    let hint = match meant {
        Some(e) => format!(
            "Si es el archivo de «{}», cámbiele el nombre a «{}» (el * puede ser cualquier texto).",
            e.source.id, e.pattern
        ),
        None => "Revise el nombre; si es evidencia o no hace falta, puede quedarse.".to_owned(),
    };
    Diagnostic::warning(
        "unexpected-file",
        "Nadie espera un archivo con este nombre: no se leyó.",
    )
    .in_cells(at(name))
    .hint(hint)
}

/// The finding about two different files where one is expected.
pub(super) fn two_files(expected: &Expected<'_>, files: &[&FolderEntry]) -> Diagnostic {
    let names: Vec<String> = files.iter().map(|e| e.file.clone()).collect();
    let more = if names.len() > ONE_BY_ONE {
        ", …"
    } else {
        ""
    };
    Diagnostic::error(
        "two-files",
        format!(
            "Hay {} archivos para el mismo dato ({}): {}{more}. No se sabe cuál leer.",
            files.len(),
            expected.source.id,
            examples(&names)
        ),
    )
    .in_cells(at(names.first().map_or("", String::as_str)))
    .hint("Deje en la carpeta sólo el archivo bueno.")
}

/// The warning about files that hold the very same bytes; the first of them is read.
pub(super) fn same_files(expected: &Expected<'_>, files: &[&FolderEntry]) -> Diagnostic {
    let names: Vec<String> = files.iter().map(|e| e.file.clone()).collect();
    let first = names.first().map_or("", String::as_str);
    Diagnostic::warning(
        "same-file-twice",
        format!(
            "Hay {} archivos idénticos para el mismo dato ({}): {}. Se leyó el primero.",
            files.len(),
            expected.source.id,
            examples(&names)
        ),
    )
    .in_cells(at(first))
    .hint("No hace falta hacer nada; puede borrar los demás.")
}

/// The warning about a file that an earlier run archived and that is no longer there.
pub(super) fn vanished(file: &str, sha256: &str) -> Diagnostic {
    let short = sha256.get(..12).unwrap_or(sha256);
    Diagnostic::warning(
        "vanished-file",
        format!(
            "El archivo estaba en la carpeta y ya no está o ya no se puede abrir: se usó la copia archivada (SHA-256 {short}…)."
        ),
    )
    .in_cells(at(file))
    .hint("Si se quitó por error, guárdelo de nuevo; si tenía errores, guarde uno corregido con el mismo nombre.")
}

/// The finding about a file over the bound.
pub(super) fn too_big(entry: &FolderEntry, limits: &Limits) -> Diagnostic {
    let size = entry.stamp.size >> 20;
    Diagnostic::error(
        "file-too-big",
        format!(
            "El archivo mide {size} MB y el límite es {} MB.",
            limits.file_mib
        ),
    )
    .in_cells(at(&entry.file))
    .hint("Deje sólo la hoja con los datos del periodo y guárdelo de nuevo.")
}

/// The finding about a file that this user may not open.
pub(super) fn unreadable(file: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(
        "unreadable-file",
        format!("El archivo no se pudo abrir: {error}."),
    )
    .in_cells(at(file))
    .hint(
        "Revise los permisos del archivo; quien administra el sistema puede darle acceso a metas.",
    )
}
