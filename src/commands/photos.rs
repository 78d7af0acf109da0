//! Evidence photos: read from the drop folder, prepared for the page.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::diagnostic::{CellLocation, Diagnostic};
use crate::indicators::Activity;
use crate::report;

/// Largest photo that is read, in bytes.
const MOST_BYTES: u64 = 40 << 20;

/// Photos of a period's activities.
#[derive(Debug, Default)]
pub struct Photos {
    /// As the page gets them, by the path that the template reads.
    pub prepared: BTreeMap<String, Vec<u8>>,
    /// As the department sent them, by their path in the home, for the archive.
    pub originals: BTreeMap<String, Vec<u8>>,
}

/// Reads and prepares the photos that activities name. An activity whose photo cannot be used
/// is told without it, and so is why.
pub fn collect(
    find: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    activities: &mut [Activity],
    findings: &mut Vec<Diagnostic>,
) -> Photos {
    let mut photos = Photos::default();
    for activity in activities {
        let Some(name) = activity.photo.take() else {
            continue;
        };
        match find(&name).and_then(|bytes| Ok((report::prepare_photo(&bytes)?, bytes))) {
            Ok((prepared, bytes)) => {
                let shown = format!("photos/{}.jpg", photos.prepared.len() + 1);
                photos.prepared.insert(shown.clone(), prepared);
                photos.originals.insert(format!("inputs/{name}"), bytes);
                activity.photo = Some(shown);
                if activity.alt.is_none() {
                    activity.alt = Some(format!("Fotografía: {}", activity.title));
                    findings.push(finding(
                        &name,
                        "photo-without-alt",
                        "La fotografía no tiene texto alternativo.",
                        "escriba en una frase qué se ve en ella",
                    ));
                }
            }
            Err(why) => findings.push(finding(
                &name,
                "photo",
                &why,
                "revise el nombre y guarde la fotografía como JPG o PNG",
            )),
        }
    }
    photos
}

/// Reads a photo of a drop folder.
///
/// # Errors
/// Why it cannot be read, in Spanish.
pub fn from_folder(inputs: &Path, name: &str) -> Result<Vec<u8>, String> {
    let path = inside(inputs, name).ok_or("La fotografía está fuera de la carpeta del periodo.")?;
    let size = fs::metadata(&path)
        .map_err(|_| "No se encuentra la fotografía en la carpeta del periodo.")?
        .len();
    if size > MOST_BYTES {
        return Err(format!(
            "La fotografía pesa {} MiB; el máximo son 40.",
            size >> 20
        ));
    }
    fs::read(&path).map_err(|e| format!("La fotografía no se pudo leer: {e}."))
}

/// The photo's file, where it truly lies below the folder.
fn inside(inputs: &Path, name: &str) -> Option<PathBuf> {
    let relative = Path::new(name);
    if !relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return None;
    }
    let path = inputs.join(relative);
    match (path.canonicalize(), inputs.canonicalize()) {
        (Ok(real), Ok(root)) => real.starts_with(root).then_some(real),
        // Not there: the reader says so.
        _ => Some(path),
    }
}

fn finding(file: &str, code: &str, message: &str, hint: &str) -> Diagnostic {
    Diagnostic::warning(code, message)
        .in_cells(CellLocation {
            file: file.to_owned(),
            ..CellLocation::default()
        })
        .hint(hint)
}
