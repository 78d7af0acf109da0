//! The processes that typeset an edition's documents, side by side. They are started while the
//! workbooks are still being read, so that fonts and compiler are ready when the figures are.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tracing::{Span, info, info_span};

use super::inputs::EditionInputs;
use super::sources::machine_fault;
use super::template_files;
use crate::console::Console;
use crate::diagnostic::Diagnostic;
use crate::exit::{CommandError, ExitStatus};
use crate::home::Home;
use crate::report;
use crate::report::{RenderRequest, Rendered};
use crate::results::Results;
use crate::worker;
use crate::worker::{Bounds, Helper};

/// Name of the hidden subcommand that typesets.
const SUBCOMMAND: &str = "__render";
/// What a rendering process may take. Typst has no way of being stopped from inside.
const BOUNDS: Bounds = Bounds {
    memory_mib: 2048,
    seconds: 120,
    output_mib: 256,
};
/// What a template may hold, and what is made of it.
const DOCUMENTS: [(&str, &str); 2] = [(REPORT, "report.pdf"), ("slides.typ", "slides.pdf")];
/// The template's file that the report and its extracts are typeset from.
const REPORT: &str = "report.typ";

/// One process for each document that a template makes.
pub(crate) struct Typesetters(Vec<Typesetter>);

struct Typesetter {
    entry: &'static str,
    document: &'static str,
    helper: Helper,
}

impl Typesetters {
    /// The files of the template of that name, and its processes.
    ///
    /// # Errors
    /// There is no such template, or this binary cannot be found again.
    pub(crate) fn of(
        home: &Home,
        template: &str,
    ) -> Result<(BTreeMap<String, Vec<u8>>, Self), CommandError> {
        let files = template_files::template(home, template)?;
        let typesetters = Self::begin(&files)?;
        Ok((files, typesetters))
    }

    /// Starts a process for each document of `template`.
    ///
    /// # Errors
    /// This binary cannot be found again.
    pub(crate) fn begin(template: &BTreeMap<String, Vec<u8>>) -> Result<Self, CommandError> {
        let program = worker::this(SUBCOMMAND)
            .map_err(|failure| machine_fault("typesetting", &failure.kind))?;
        let documents = DOCUMENTS.into_iter();
        let documents = documents.filter(|(entry, _)| template.contains_key(*entry));
        let begun = |(entry, document)| {
            let mut helper = Helper::new(&program, BOUNDS);
            helper.begin();
            Typesetter {
                entry,
                document,
                helper,
            }
        };
        Ok(Self(documents.map(begun).collect()))
    }

    /// The documents, by name, of `results` and of the `files` that templates may read. Warnings
    /// are told, and the first document's errors before the second's.
    ///
    /// # Errors
    /// The template is wrong, or the machine kept a process from its end.
    pub(crate) fn typeset(
        &mut self,
        console: &Console,
        inputs: EditionInputs<'_>,
        results: &Results,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<BTreeMap<String, Vec<u8>>, CommandError> {
        let orders: Vec<RenderRequest> = self
            .0
            .iter()
            .map(|typesetter| {
                let names = (typesetter.entry, typesetter.document);
                request(inputs, names, results, files.clone())
            })
            .collect();
        let made = side_by_side(&mut self.0, &orders);
        let mut documents = BTreeMap::new();
        for (typesetter, rendered) in self.0.iter().zip(made) {
            let rendered = rendered?;
            console.diagnostics(&rendered.warnings);
            documents.insert(typesetter.document.to_owned(), rendered.pdf);
        }
        Ok(documents)
    }

    /// The documents of `results` by a template of that name, and how many pages each has. They are
    /// held to what an edition is held to, and belong to none.
    ///
    /// # Errors
    /// As [`Typesetters::typeset`], of all documents.
    pub(crate) fn try_out(
        &mut self,
        template: &str,
        results: &Results,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<BTreeMap<String, usize>, CommandError> {
        let order = |typesetter: &Typesetter| RenderRequest {
            entry: typesetter.entry.to_owned(),
            folder: format!("report-templates/{template}"),
            ident: format!("{template}/{}", typesetter.document),
            today: results.cutoff,
            strict: true,
            must_say: report::goal_texts(results),
            files: files.clone(),
        };
        let orders: Vec<RenderRequest> = self.0.iter().map(order).collect();
        let made = side_by_side(&mut self.0, &orders);
        let mut pages = BTreeMap::new();
        let mut failed: Option<CommandError> = None;
        for (typesetter, rendered) in self.0.iter().zip(made) {
            match (rendered, &mut failed) {
                (Ok(rendered), _) => {
                    pages.insert(typesetter.document.to_owned(), rendered.pages);
                }
                (Err(error), None) => failed = Some(error),
                (Err(error), Some(first)) => first.diagnostics.extend(error.diagnostics),
            }
        }
        failed.map_or(Ok(pages), Err)
    }

    /// The `extracts` of the report, by name: the same template with a department's part of the
    /// results, typeset side by side by the processes that are there.
    ///
    /// # Errors
    /// As [`Typesetters::typeset`].
    pub(crate) fn typeset_extracts(
        &mut self,
        console: &Console,
        inputs: EditionInputs<'_>,
        extracts: &[ExtractFiles],
    ) -> Result<BTreeMap<String, Vec<u8>>, CommandError> {
        if extracts.is_empty() {
            return Ok(BTreeMap::new());
        }
        let span = info_span!("stage", stage = "extracts", extracts = extracts.len());
        let requests: Vec<RenderRequest> = extracts
            .iter()
            .map(|one| {
                let names = (REPORT, one.name.as_str());
                request(inputs, names, &one.results, one.files.clone())
            })
            .collect();
        let next = AtomicUsize::new(0);
        let made: Vec<OnceLock<Result<Rendered, CommandError>>> =
            extracts.iter().map(|_| OnceLock::new()).collect();
        let work = |typesetter: &mut Typesetter| {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let (Some(request), Some(slot)) = (requests.get(index), made.get(index)) else {
                    return;
                };
                let name = extracts.get(index).map_or("", |one| one.name.as_str());
                let _ = slot.set(typesetter.typeset(request, name, &span));
            }
        };
        let mut typesetters = self.0.iter_mut();
        let own = typesetters.next();
        thread::scope(|scope| {
            for typesetter in typesetters.take(extracts.len().saturating_sub(1)) {
                // A machine that gives no more threads makes this slower, no more.
                let _ = thread::Builder::new().spawn_scoped(scope, || work(typesetter));
            }
            own.map(work);
        });
        let mut documents = BTreeMap::new();
        for (one, rendered) in extracts.iter().zip(made) {
            let rendered = rendered.into_inner().unwrap_or_else(|| {
                let message = format!("{} was not typeset", one.name);
                let fault = Diagnostic::error("internal", message);
                Err(CommandError::new(ExitStatus::Internal, fault))
            })?;
            console.diagnostics(&rendered.warnings);
            documents.insert(one.name.clone(), rendered.pdf);
        }
        Ok(documents)
    }
}

/// One extract to be typeset.
pub(crate) struct ExtractFiles {
    /// Its name among the edition's files.
    pub name: String,
    /// The department's part of the results.
    pub results: Results,
    /// The files that the template may read, that part among them.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// What a process is asked: the template's file and the document that it gives, of `results`.
fn request(
    inputs: EditionInputs<'_>,
    (entry, document): (&str, &str),
    results: &Results,
    files: BTreeMap<String, Vec<u8>>,
) -> RenderRequest {
    let pipeline = inputs.pipeline;
    RenderRequest {
        entry: entry.to_owned(),
        folder: format!("report-templates/{}", pipeline.report.template),
        ident: format!(
            "{}/{}/v{}/{document}",
            pipeline.plan.id, inputs.reporting.period, inputs.edition
        ),
        today: inputs.reporting.cutoff,
        strict: !inputs.draft,
        must_say: report::goal_texts(results),
        files,
    }
}

/// Has each order done by its process. Where the system gives no thread, one waits for another.
fn side_by_side(
    typesetters: &mut [Typesetter],
    orders: &[RenderRequest],
) -> Vec<Result<Rendered, CommandError>> {
    let span = Span::current();
    let mut made: Vec<Option<Result<Rendered, CommandError>>> =
        orders.iter().map(|_| None).collect();
    thread::scope(|scope| {
        let mut work = typesetters.iter_mut().zip(orders).zip(&mut made);
        let last = work.next_back();
        for ((typesetter, request), made) in work {
            let span = &span;
            let work = move || *made = Some(typesetter.typeset(request, typesetter.document, span));
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        if let Some(((typesetter, request), made)) = last {
            *made = Some(typesetter.typeset(request, typesetter.document, &span));
        }
    });
    let waiting = typesetters.iter_mut().zip(orders).zip(made);
    waiting
        .map(|((typesetter, request), made)| {
            made.unwrap_or_else(|| typesetter.typeset(request, typesetter.document, &span))
        })
        .collect()
}

impl Typesetter {
    fn typeset(
        &mut self,
        request: &RenderRequest,
        document: &str,
        parent: &Span,
    ) -> Result<Rendered, CommandError> {
        let span = info_span!(parent: parent, "document", document);
        let _document = span.enter();
        let bytes = report::encode_request(request);
        let what = format!("{}/{}", request.folder, request.entry);
        let answer = self.helper.ask(&bytes).map_err(|failure| {
            if failure.kind.is_of_the_machine() {
                return machine_fault(&format!("typesetting {what}"), &failure.kind);
            }
            let message = format!("typesetting {what} was stopped: {}", failure.kind);
            let hint = "look for a loop in the template, or for very large photos";
            CommandError::environment(Diagnostic::error("render-stopped", message).hint(hint))
        })?;
        let rendered = report::decode_answer(&answer).map_err(|diagnostics| CommandError {
            status: ExitStatus::Environment,
            diagnostics,
        })?;
        info!(
            pages = rendered.pages,
            bytes = rendered.pdf.len(),
            warnings = rendered.warnings.len(),
            "document typeset"
        );
        Ok(rendered)
    }
}
