//! Evidence photos: read from the drop folder, prepared for the page in a bounded process.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;

use super::gather::machine_fault;
use super::stop::Stop;
use crate::child::{self, Bounds, Helper, Kind};
use crate::diagnostic::{CellLocation, Diagnostic};
use crate::indicators::Activity;
use crate::regular;
use crate::report;

/// Name of the hidden subcommand that prepares photos.
const SUBCOMMAND: &str = "__photo";
/// Largest photo that is read, in bytes.
const MOST_BYTES: u64 = 40 << 20;
/// What preparing one photo may take.
const BOUNDS: Bounds = Bounds {
    memory_mib: 2048,
    seconds: 60,
    output_mib: 64,
};
/// What stands in the report where a photo would.
const NOTE: &str = "Falta la fotografía: el archivo no está o no se pudo usar.";

/// Photos of a period's activities.
#[derive(Debug, Default)]
pub struct Photos {
    /// As the page gets them, by the path that the template reads.
    pub prepared: BTreeMap<String, Vec<u8>>,
    /// As the department sent them, by their path in the home, for the archive.
    pub originals: BTreeMap<String, Vec<u8>>,
    /// Why others could not be taken from the folder, by their path below it.
    pub refused: BTreeMap<String, String>,
}

/// Why there is no photo.
#[derive(Debug)]
pub enum NoPhoto {
    /// It can't be used: why, in Spanish.
    Refused(String),
    /// The machine kept it from being read.
    Failed(Stop),
}

/// The child: prepares the photos that it is given.
pub fn photographer_main(input: &mut dyn Read, output: &mut dyn Write) -> std::io::Result<()> {
    child::serve(input, output, &mut |photo| Ok(report::answer_photo(photo)))
}

/// Reads and prepares the photos that activities name. An activity whose photo cannot be used
/// is told without it, and so is why.
///
/// # Errors
/// The machine kept a photo from being read or prepared.
pub fn collect(
    find: &dyn Fn(&str) -> Result<Vec<u8>, NoPhoto>,
    activities: &mut [Activity],
    findings: &mut Vec<Diagnostic>,
) -> Result<Photos, Stop> {
    let mut photos = Photos::default();
    if activities.iter().all(|a| a.photo.is_none()) {
        return Ok(photos);
    }
    let program = child::this(SUBCOMMAND)
        .map_err(|failure| machine_fault("preparing photos", &failure.kind))?;
    let mut helper = Helper::new(&program, BOUNDS);
    for activity in activities {
        let Some(name) = activity.photo.take() else {
            continue;
        };
        match photos.take(find, &mut helper, &name)? {
            Ok(shown) => {
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
            Err(why) => {
                activity.photo_note = Some(NOTE.to_owned());
                findings.push(finding(
                    &name,
                    "photo",
                    &why,
                    "revise el nombre y guarde la fotografía completa como JPG o PNG",
                ));
            }
        }
    }
    Ok(photos)
}

impl Photos {
    /// Takes one photo in; gives its path for the template, or why it can't be used.
    fn take(
        &mut self,
        find: &dyn Fn(&str) -> Result<Vec<u8>, NoPhoto>,
        helper: &mut Helper<'_>,
        name: &str,
    ) -> Result<Result<String, String>, Stop> {
        let bytes = match find(name) {
            Ok(bytes) => bytes,
            Err(NoPhoto::Failed(stop)) => return Err(stop),
            Err(NoPhoto::Refused(why)) => {
                self.refused.insert(name.to_owned(), why.clone());
                return Ok(Err(why));
            }
        };
        let prepared = prepared(helper, name, &bytes)?;
        // Kept also where it can't be used, so that the edition can be made again.
        self.originals.insert(format!("inputs/{name}"), bytes);
        Ok(prepared.map(|jpeg| {
            let shown = format!("photos/{}.jpg", self.prepared.len() + 1);
            self.prepared.insert(shown.clone(), jpeg);
            shown
        }))
    }
}

/// The photo as the page gets it, or why it can't be used.
fn prepared(
    helper: &mut Helper<'_>,
    name: &str,
    bytes: &[u8],
) -> Result<Result<Vec<u8>, String>, Stop> {
    let doing = || format!("preparing the photo {name}");
    match helper.ask(bytes) {
        Ok(answer) => report::decode_photo(answer).ok_or_else(|| {
            let message = format!("{} gave no answer", doing());
            Stop::new(
                super::stop::End::Internal,
                Diagnostic::error("internal", message),
            )
        }),
        Err(failure) if failure.kind.is_of_the_machine() => {
            Err(machine_fault(&doing(), &failure.kind))
        }
        Err(failure) => Ok(Err(match failure.kind {
            Kind::OutOfMemory => "La fotografía pidió demasiada memoria.".to_owned(),
            Kind::OutOfTime => "La fotografía tardó demasiado en abrirse.".to_owned(),
            _ => "La fotografía está dañada de un modo que interrumpe su lectura.".to_owned(),
        })),
    }
}

/// Reads a photo of a drop folder.
///
/// # Errors
/// It can't be used, or the disk fails.
pub fn from_folder(inputs: &Path, name: &str) -> Result<Vec<u8>, NoPhoto> {
    let refused = |why: &str| NoPhoto::Refused(why.to_owned());
    let path = inside(inputs, name)
        .ok_or_else(|| refused("La fotografía está fuera de la carpeta del periodo."))?;
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory if inputs.is_dir() => {
            refused("No se encuentra la fotografía en la carpeta del periodo.")
        }
        ErrorKind::PermissionDenied => {
            refused("La fotografía no se pudo abrir: metas no tiene permiso.")
        }
        ErrorKind::InvalidInput | ErrorKind::InvalidFilename => {
            refused("El nombre de la fotografía no es el de un archivo.")
        }
        _ if Errno::from_io_error(&error) == Some(Errno::LOOP) => {
            refused("La fotografía es un enlace que no lleva a ningún archivo.")
        }
        _ => NoPhoto::Failed(Stop::io("read", &path, &error)),
    };
    let metadata = fs::metadata(&path).map_err(failed)?;
    if metadata.len() > MOST_BYTES {
        let size = metadata.len() >> 20;
        return Err(NoPhoto::Refused(format!(
            "La fotografía pesa {size} MiB; el máximo son 40."
        )));
    }
    regular::read(&path).map_err(failed)
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
