//! Evidence photos: read from the drop folder, prepared for the page in a bounded process.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;

use super::sources::machine_fault;
use crate::diagnostic::{CellLocation, Diagnostic};
use crate::exit::CommandError;
use crate::indicators::Activity;
use crate::plan::{ColumnUse, Plan};
use crate::report;
use crate::store::regular;
use crate::worker;
use crate::worker::{Bounds, Helper, Kind, Program};

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

const INTERRUPTED: &str = "La fotografía está dañada de un modo que interrumpe su lectura.";

/// Photos of a period's activities.
#[derive(Debug, Default)]
pub(crate) struct Photos {
    /// As the page gets them, by the path that the template reads.
    pub prepared: BTreeMap<String, Vec<u8>>,
    /// As the department sent them, by their path in the home, for the archive.
    pub originals: BTreeMap<String, Vec<u8>>,
    /// Why others could not be taken from the folder, by their path below it.
    pub refused: BTreeMap<String, String>,
}

/// Why there is no photo.
#[derive(Debug)]
pub(crate) enum NoPhoto {
    /// It can't be used: why, in Spanish.
    Refused(String),
    /// The machine kept it from being read.
    Failed(CommandError),
}

/// The child: prepares the photos that it is given.
pub(crate) fn photographer_main(
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> std::io::Result<()> {
    worker::serve(input, output, &mut |photo| Ok(report::answer_photo(photo)))
}

/// The processes that prepare photos, started while the figures are still computed.
pub(crate) struct Photographers {
    program: Program,
    helpers: Vec<Helper>,
}

impl Photographers {
    /// Starts two, where the plan speaks of photos at all and the machine can do two things at
    /// once.
    ///
    /// # Errors
    /// This binary cannot be found again.
    pub(crate) fn begin(pipeline: &Plan) -> Result<Self, CommandError> {
        let program = worker::this(SUBCOMMAND)
            .map_err(|failure| machine_fault("preparing photos", &failure.kind))?;
        let mut queries = pipeline.axes.values().filter_map(|a| a.activities.as_ref());
        let speaks = queries.any(|query| ColumnUse::of(&query.value).reads("photo"));
        let mut photographers = Self {
            program,
            helpers: Vec::new(),
        };
        photographers.are(if speaks { at_once().min(2) } else { 0 });
        photographers.helpers.iter_mut().for_each(Helper::begin);
        Ok(photographers)
    }

    /// Makes them at least so many.
    fn are(&mut self, many: usize) {
        while self.helpers.len() < many {
            self.helpers.push(Helper::new(&self.program, BOUNDS));
        }
    }

    /// Reads and prepares the photos that activities name, each distinct one once. An activity
    /// whose photo cannot be used is told without it, and so is why.
    ///
    /// # Errors
    /// The machine kept a photo from being read or prepared.
    pub(crate) fn collect(
        mut self,
        find: &dyn Fn(&str) -> Result<Vec<u8>, NoPhoto>,
        activities: &mut [Activity],
        findings: &mut Vec<Diagnostic>,
    ) -> Result<Photos, CommandError> {
        let mut photos = Photos::default();
        let mut distinct: Vec<String> = Vec::new();
        let mut named = Vec::new();
        for activity in activities {
            if let Some(name) = activity.photo.take() {
                let place = photos.find(find, &name, &mut distinct)?;
                named.push((activity, name, place));
            }
        }
        let prepared = self.prepare(&photos.originals, &distinct)?;
        for (activity, name, place) in named {
            let jpeg = place.and_then(|place| match prepared.get(place) {
                Some(prepared) => prepared.clone(),
                None => Err(INTERRUPTED.to_owned()),
            });
            photos.tell(activity, &name, jpeg, findings);
        }
        Ok(photos)
    }

    /// The `distinct` ones of the `originals`, each as the page gets it or why it can't be used.
    fn prepare(
        &mut self,
        originals: &BTreeMap<String, Vec<u8>>,
        distinct: &[String],
    ) -> Result<Vec<Result<Vec<u8>, String>>, CommandError> {
        self.are(distinct.len().min(at_once()));
        worker::side_by_side(distinct, &mut self.helpers, &|helper, name| {
            let bytes = originals.get(name).map_or(&[][..], Vec::as_slice);
            prepared_by(helper, name, bytes)
        })
    }
}

/// How many processes can be at work at once.
fn at_once() -> usize {
    worker::parallelism()
}

/// A photo as the page gets it, or why it can't be used; or the machine's fault.
type Prepared = Result<Result<Vec<u8>, String>, CommandError>;

impl Photos {
    /// Finds the photo `name`, and gives its place among the `distinct` ones or why it can't be
    /// used. It is kept in either case, so that the edition can be made again.
    fn find(
        &mut self,
        find: &dyn Fn(&str) -> Result<Vec<u8>, NoPhoto>,
        name: &str,
        distinct: &mut Vec<String>,
    ) -> Result<Result<usize, String>, CommandError> {
        let bytes = match find(name) {
            Ok(bytes) => bytes,
            Err(NoPhoto::Failed(error)) => return Err(error),
            Err(NoPhoto::Refused(why)) => {
                self.refused.insert(name.to_owned(), why.clone());
                return Ok(Err(why));
            }
        };
        let path = format!("inputs/{name}");
        let same = |other: &String| self.originals.get(other) == Some(&bytes);
        let place = distinct.iter().position(same).unwrap_or_else(|| {
            distinct.push(path.clone());
            distinct.len() - 1
        });
        self.originals.insert(path, bytes);
        Ok(Ok(place))
    }

    /// Gives the activity its photo, or tells why it has none.
    fn tell(
        &mut self,
        activity: &mut Activity,
        name: &str,
        jpeg: Result<Vec<u8>, String>,
        findings: &mut Vec<Diagnostic>,
    ) {
        match jpeg {
            Ok(jpeg) => {
                let shown = format!("photos/{}.jpg", self.prepared.len() + 1);
                self.prepared.insert(shown.clone(), jpeg);
                activity.photo = Some(shown);
                if activity.alt.is_none() {
                    activity.alt = Some(format!("Fotografía: {}", activity.title));
                    findings.push(finding(
                        name,
                        "photo-without-alt",
                        "La fotografía no tiene texto alternativo.",
                        "escriba en una frase qué se ve en ella",
                    ));
                }
            }
            Err(why) => {
                activity.photo_note = Some(NOTE.to_owned());
                findings.push(finding(
                    name,
                    "photo",
                    &why,
                    "revise el nombre y guarde la fotografía completa como JPG o PNG",
                ));
            }
        }
    }
}

/// The photo as the page gets it, or why it can't be used.
fn prepared_by(helper: &mut Helper, name: &str, bytes: &[u8]) -> Prepared {
    let doing = || format!("preparing the photo {}", name.trim_start_matches("inputs/"));
    match helper.ask(bytes) {
        Ok(answer) => report::decode_photo(answer).ok_or_else(|| {
            let message = format!("{} gave no answer", doing());
            CommandError::new(
                crate::exit::ExitStatus::Internal,
                Diagnostic::error("internal", message),
            )
        }),
        Err(failure) if failure.kind.is_of_the_machine() => {
            Err(machine_fault(&doing(), &failure.kind))
        }
        Err(failure) => Ok(Err(match failure.kind {
            Kind::OutOfMemory => "La fotografía pidió demasiada memoria.".to_owned(),
            Kind::OutOfTime => "La fotografía tardó demasiado en abrirse.".to_owned(),
            _ => INTERRUPTED.to_owned(),
        })),
    }
}

/// Reads a photo of a drop folder.
///
/// # Errors
/// It can't be used, or the disk fails.
pub(crate) fn from_folder(inputs: &Path, name: &str) -> Result<Vec<u8>, NoPhoto> {
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
        _ => NoPhoto::Failed(CommandError::io("read", &path, &error)),
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
