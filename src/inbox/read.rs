//! Many files read in parallel, each in a bounded child.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::shelf::Shelf;
use crate::child::{Bounds, ChildFailure, Kind, Program, Worker, about_to, serve};
use crate::diagnostic::{CellLocation, Diagnostic};
use crate::ingest::Reading;
use crate::ingest::remote::{self, Order};
use crate::pipeline::{Limits, Source};

/// Name of the hidden subcommand that [`reader_main`] answers.
pub const READ_SUBCOMMAND: &str = "__read";
/// Data that one file may give.
const OUTPUT_MIB: u64 = 256;

/// One file to read.
#[derive(Debug, Clone)]
pub struct Job {
    /// What it should hold.
    pub source: Source,
    /// Its name in findings.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
}

/// The child: reads what it is asked to, until it is asked no more.
pub fn reader_main(input: &mut dyn io::Read, output: &mut dyn io::Write) -> io::Result<()> {
    serve(input, output, &mut |request| {
        // The words of the file before must not be taken for this one's.
        about_to("");
        let answer = Order::decode(request).and_then(|order| match fs::read(&order.path) {
            Ok(bytes) => remote::answer(&order, &bytes, &mut about_to),
            Err(error) => remote::encode(unreadable(&order.file, &error)),
        });
        answer.unwrap_or_default()
    })
}

/// Reads every job's file, `parallel` at a time. A child goes on to the next file as long as all
/// goes well; a failure in a child that has read others before is tried once more in a new one.
/// `on_done` hears the number of each job that is done.
pub fn read_all(
    program: &Program,
    jobs: &[Job],
    limits: &Limits,
    parallel: usize,
    on_done: &(dyn Fn(usize) + Sync),
) -> Vec<Reading> {
    let next = AtomicUsize::new(0);
    let shelf = Mutex::new(Shelf::new(jobs.len(), limits.run_mib));
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..parallel.clamp(1, jobs.len().max(1)) {
            scope.spawn(|| {
                let mut desk = Desk {
                    program,
                    limits,
                    worker: None,
                    begun,
                };
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { return };
                    let (size, reading) = desk.read(job);
                    let mut all = shelf.lock().unwrap_or_else(PoisonError::into_inner);
                    all.put(index, size, reading);
                    drop(all);
                    on_done(index);
                }
            });
        }
    });
    let shelf = shelf.into_inner().unwrap_or_else(PoisonError::into_inner);
    shelf.finish(jobs.iter().map(|job| job.file.as_str()))
}

struct Desk<'a> {
    program: &'a Program,
    limits: &'a Limits,
    worker: Option<Worker>,
    /// When the run's reading began.
    begun: Instant,
}

impl Desk<'_> {
    /// The job's reading, and how many bytes it took.
    fn read(&mut self, job: &Job) -> (u64, Reading) {
        let run = Duration::from_secs(self.limits.run_seconds).saturating_sub(self.begun.elapsed());
        if run.is_zero() {
            return (0, out_of_time(&job.file, self.limits));
        }

        let order = Order {
            source: job.source.clone(),
            limits: *self.limits,
            file: job.file.clone(),
            path: job.path.clone().into_os_string(),
        };
        let Some(request) = order.encode() else {
            let message = "No se pudo preparar la lectura.".to_owned();
            return (0, blocked(&job.file, None, "internal", message, CALL));
        };
        let (used, begun) = (self.worker.is_some(), Instant::now());
        let time = Duration::from_secs(self.limits.seconds).min(run);
        let mut answer = self.ask(&request, time);
        if used && answer.is_err() {
            // What is left of this file's time.
            let left = time.saturating_sub(begun.elapsed());
            if !left.is_zero() {
                answer = self.ask(&request, left);
            }
        }
        match answer {
            Ok(answer) => (answer.len() as u64, decoded(job, &answer)),
            Err(failure) => (0, explain(job, &failure, self.limits)),
        }
    }

    fn ask(&mut self, request: &[u8], time: Duration) -> Result<Vec<u8>, ChildFailure> {
        let bounds = Bounds {
            memory_mib: self.limits.memory_mib,
            seconds: self.limits.seconds,
            output_mib: OUTPUT_MIB,
        };
        let mut worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start(self.program, bounds)?,
        };
        let answer = worker.ask(request.to_vec(), time)?;
        self.worker = Some(worker);
        Ok(answer)
    }
}

const CALL: &str = "Avise a quien administra el sistema.";
const SIMPLER: &str = "Copie los datos a un libro nuevo, sólo los valores y sólo la hoja que se pide, y entréguelo en .xlsx.";

fn decoded(job: &Job, answer: &[u8]) -> Reading {
    remote::decode_response(answer).unwrap_or_else(|| {
        blocked(
            &job.file,
            None,
            "reader-crashed",
            "La lectura del archivo dio una respuesta incompleta.".to_owned(),
            CALL,
        )
    })
}

fn explain(job: &Job, failure: &ChildFailure, limits: &Limits) -> Reading {
    let sheet = Some(failure.last_words.as_str()).filter(|words| !words.is_empty());
    let doing = match sheet {
        Some(sheet) => format!(" al leer la hoja «{sheet}»"),
        None => " al abrirlo".to_owned(),
    };
    let (code, message, hint) = match &failure.kind {
        Kind::TimedOut => (
            "reader-timeout",
            format!(
                "El archivo tardó más de {} segundos{doing}, y se dejó de leer.",
                limits.seconds
            ),
            SIMPLER,
        ),
        Kind::OutOfMemory => (
            "reader-memory",
            format!(
                "El archivo pidió más de {} MB de memoria{doing}, y se dejó de leer.",
                limits.memory_mib
            ),
            SIMPLER,
        ),
        Kind::TooMuchOutput => (
            "reader-memory",
            format!("El archivo tiene más datos de los que se pueden recibir ({OUTPUT_MIB} MB)."),
            SIMPLER,
        ),
        Kind::Killed(_) | Kind::Exited(_) => (
            "reader-crashed",
            format!("El archivo está dañado de un modo que interrumpe la lectura{doing}."),
            SIMPLER,
        ),
        Kind::NotStarted(why) => (
            "reader-not-started",
            format!("No se pudo iniciar el proceso que lee los archivos: {why}."),
            CALL,
        ),
    };
    blocked(&job.file, sheet, code, message, hint)
}

fn out_of_time(file: &str, limits: &Limits) -> Reading {
    let message = format!(
        "La lectura de todos los archivos pasó de {} segundos, y este ya no se leyó.",
        limits.run_seconds
    );
    let hint = "Avise a quien administra el sistema: otro archivo tarda demasiado, o hay que subir run_seconds en [limits].";
    blocked(file, None, "run-timeout", message, hint)
}

fn unreadable(file: &str, error: &io::Error) -> Reading {
    let message = format!("El archivo no se pudo leer: {error}.");
    blocked(
        file,
        None,
        "unreadable-file",
        message,
        "Revise los permisos del archivo.",
    )
}

/// A reading that holds one error and nothing else.
pub fn blocked(
    file: &str,
    sheet: Option<&str>,
    code: &str,
    message: String,
    hint: &str,
) -> Reading {
    let place = CellLocation {
        file: file.to_owned(),
        sheet: sheet.map(str::to_owned),
        ..CellLocation::default()
    };
    Reading {
        findings: vec![Diagnostic::error(code, message).in_cells(place).hint(hint)],
        ..Reading::default()
    }
}
