//! Many files read in parallel, each in a bounded child.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tracing::{Span, info, info_span};

use super::blocked::{blocked, file_error};
use super::bounded_readings::BoundedReadings;
use crate::diagnostic::Diagnostic;
use crate::ingest::Reading;
use crate::ingest::remote;
use crate::ingest::remote::{ReadRequest, Spent};
use crate::plan::{Limits, Source};
use crate::store::regular;
use crate::worker::{Bounds, ChildFailure, Helper, Kind, Passing, Program, about_to, serve};

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

/// The machine kept a file from being read: that says nothing about the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotRead {
    /// The file's name in findings; empty where no file is concerned.
    pub file: String,
    /// What went wrong.
    pub kind: Kind,
}

/// The child: reads what it is asked to, until it is asked no more.
pub fn reader_main(input: &mut dyn io::Read, output: &mut dyn io::Write) -> io::Result<()> {
    // The threads that the work needs, while nothing yet can be the file's fault.
    remote::warm_up();
    serve(input, output, &mut |request| {
        // The words of the file before must not be taken for this one's.
        about_to("");
        let order = ReadRequest::decode(request).ok_or(io::ErrorKind::InvalidData)?;
        // The parent has just read this file: that it can't be read now is not its own doing.
        let bytes = regular::read(Path::new(&order.path))
            .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", order.file)))?;
        answer(&order, &bytes).ok_or_else(|| io::ErrorKind::InvalidData.into())
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "tells how long a file took; nothing else depends on it"
)]
fn answer(order: &ReadRequest, bytes: &[u8]) -> Option<Vec<u8>> {
    let begun = Instant::now();
    let mut typing = begun;
    let reading = remote::read(order, bytes, &mut |sheet| {
        about_to(sheet);
        typing = Instant::now();
    });
    let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let spent = Spent {
        reading: micros(typing.duration_since(begun)),
        typing: micros(typing.elapsed()),
    };
    remote::encode(reading, spent)
}

/// Reads every job's file, `parallel` at a time. A child goes on to the next file as long as all
/// goes well. `on_done` hears the number of each job that is done.
///
/// # Errors
/// The machine kept a file from being read, twice. Which reading that would have been is not
/// guessed at: there are none then.
pub fn read_all(
    program: &Program,
    jobs: &[Job],
    limits: &Limits,
    parallel: usize,
    on_done: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Reading>, NotRead> {
    let round = ReadingRound {
        program,
        jobs,
        limits,
        on_done,
        next: AtomicUsize::new(0),
        used: Mutex::new(Duration::ZERO),
        readings: Mutex::new(BoundedReadings::new(jobs.len(), limits.run_mib)),
        fault: Mutex::new(None),
        span: info_span!("stage", stage = "read", files = jobs.len()),
    };
    thread::scope(|scope| {
        for _ in 1..parallel.clamp(1, jobs.len().max(1)) {
            // A machine that gives no more threads makes reading slower, no more.
            let _ = thread::Builder::new().spawn_scoped(scope, || round.work());
        }
        round.work();
    });
    let fault = round.fault.into_inner();
    if let Some(fault) = fault.unwrap_or_else(PoisonError::into_inner) {
        return Err(fault);
    }
    let readings = round.readings.into_inner();
    let readings = readings.unwrap_or_else(PoisonError::into_inner);
    Ok(readings.finish(jobs.iter().map(|job| job.file.as_str())))
}

/// What the threads that read share.
struct ReadingRound<'a> {
    program: &'a Program,
    jobs: &'a [Job],
    limits: &'a Limits,
    on_done: &'a (dyn Fn(usize) + Sync),
    next: AtomicUsize,
    /// Processor time that all files together have taken.
    used: Mutex<Duration>,
    readings: Mutex<BoundedReadings>,
    fault: Mutex<Option<NotRead>>,
    /// The log's place for what the threads say.
    span: Span,
}

impl ReadingRound<'_> {
    /// Reads files until there are no more.
    fn work(&self) {
        let bounds = Bounds {
            memory_mib: self.limits.memory_mib,
            seconds: self.limits.seconds,
            output_mib: OUTPUT_MIB,
        };
        let mut helper = Helper::new(self.program, bounds);
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(job) = self.jobs.get(index) else {
                return;
            };
            let span = info_span!(
                parent: &self.span,
                "file",
                file = job.file,
                source = job.source.id,
                department = job.source.providers.departments().first()
            );
            let _file = span.enter();
            match self.read(&mut helper, job) {
                Ok((size, reading, spent)) => {
                    info!(
                        reading_us = spent.reading,
                        typing_us = spent.typing,
                        rows = reading.rows,
                        findings = reading.findings.len(),
                        blocked = reading.is_blocked(),
                        bytes = size,
                        "file read"
                    );
                    let mut readings = self.readings.lock().unwrap_or_else(PoisonError::into_inner);
                    readings.put(index, size, reading);
                    drop(readings);
                    (self.on_done)(index);
                }
                Err(fault) => {
                    // The others end with the file that they are at.
                    self.next.store(self.jobs.len(), Ordering::Relaxed);
                    let mut first = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
                    first.get_or_insert(fault);
                    return;
                }
            }
        }
    }

    /// The job's reading, how many bytes it took on its way, and how long.
    fn read(&self, helper: &mut Helper, job: &Job) -> Result<(u64, Reading, Spent), NotRead> {
        let bound = Duration::from_secs(self.limits.run_seconds);
        if *self.used.lock().unwrap_or_else(PoisonError::into_inner) >= bound {
            return Ok((
                0,
                blocked(out_of_time(&job.file, self.limits)),
                Spent::default(),
            ));
        }
        let order = ReadRequest {
            source: job.source.clone(),
            limits: *self.limits,
            file: job.file.clone(),
            path: job.path.clone().into_os_string(),
        };
        let not_read = |kind| NotRead {
            file: job.file.clone(),
            kind,
        };
        let without = |what: &str| not_read(Kind::Prevented(what.to_owned(), Passing::No));
        let request = order.encode();
        let request = request.ok_or_else(|| without("what to read can't be written"))?;
        let before = helper.used();
        let answer = helper.ask(&request);
        let taken = helper.used().saturating_sub(before);
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) += taken;
        match answer {
            Ok(answer) => {
                let reading = remote::decode_response(&answer);
                let (reading, spent) =
                    reading.ok_or_else(|| without("its reader's answer is damaged"))?;
                Ok((answer.len() as u64, reading, spent))
            }
            Err(failure) if failure.kind.is_of_the_machine() => Err(not_read(failure.kind)),
            Err(failure) => Ok((
                0,
                blocked(explain(&job.file, &failure, self.limits)),
                Spent::default(),
            )),
        }
    }
}

const SIMPLER: &str = "Copie los datos a un libro nuevo, sólo los valores y sólo la hoja que se pide, y entréguelo en .xlsx.";

/// What a file did to the child that read it, as its people are told.
pub(super) fn explain(file: &str, failure: &ChildFailure, limits: &Limits) -> Diagnostic {
    let sheet = Some(failure.last_words.as_str()).filter(|words| !words.is_empty());
    let doing = match sheet {
        Some(sheet) => format!(" al leer la hoja «{sheet}»"),
        None => " al abrirlo".to_owned(),
    };
    let (code, message, hint) = match &failure.kind {
        Kind::OutOfTime => (
            "reader-time",
            format!(
                "El archivo ocupó el procesador más de {} segundos{doing}, y se dejó de leer.",
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
        // Faults of the machine are told elsewhere and never become a finding.
        Kind::Crashed(_)
        | Kind::Exited(_)
        | Kind::Killed(_)
        | Kind::Stalled
        | Kind::Prevented(..) => (
            "reader-crashed",
            format!("El archivo está dañado de un modo que interrumpe la lectura{doing}."),
            SIMPLER,
        ),
    };
    file_error(file, sheet, code, message, hint)
}

fn out_of_time(file: &str, limits: &Limits) -> Diagnostic {
    let message = format!(
        "La lectura de todos los archivos ocupó el procesador más de {} segundos, y este ya no se leyó.",
        limits.run_seconds
    );
    let hint = "Avise a quien administra el sistema: otro archivo tarda demasiado, o hay que subir run_seconds en [limits].";
    file_error(file, None, "run-timeout", message, hint)
}
