//! `results.json` and the template's `index.html` in, one page out that needs no other file.
//!
//! The template is minijinja; every text of the data is escaped. Drawings come ready-made, so that a
//! template says where they stand and not how they are computed.

mod bullet;
mod charts;
mod images;
mod proof;
mod scale;
mod sparkline;
mod svg;
mod template;

use std::collections::BTreeMap;

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use crate::diagnostic::Diagnostic;
use crate::hash::sha256_hex;
use crate::results::{Results, StatusCount};

/// The template's file, and the name of what is made of it.
pub const PAGE_FILE: &str = "index.html";

/// What a page is made of.
pub struct PageRequest<'a> {
    /// What it tells.
    pub results: &'a Results,
    /// Shown before file names in errors: `report-templates/informe`.
    pub folder: &'a str,
    /// The template's files, and the photos as they are printed, by path.
    pub given: &'a BTreeMap<String, Vec<u8>>,
    /// The edition's other files, by name: what the page links to.
    pub documents: &'a BTreeMap<String, Vec<u8>>,
}

/// What the template sees.
#[derive(Serialize)]
struct TemplateContext<'a> {
    results: &'a Results,
    /// Goals of each status, what asks for attention first.
    tally: Vec<&'a StatusCount>,
    /// The brand's colour as `#rrggbb`.
    colour: &'a str,
    /// White or black, whichever is read on it.
    ink: &'a str,
    /// Files to link to, in the order of their names.
    files: Vec<LinkedFile<'a>>,
}

/// A file beside the page.
#[derive(Serialize)]
struct LinkedFile<'a> {
    path: &'a str,
    /// What it is, in Spanish; its name where that is not known.
    description: &'a str,
    /// Its size in Spanish.
    size: String,
    sha256: String,
}

/// Makes the page; none where the template has no `index.html`.
///
/// # Errors
/// The template's error, with its line; what the page lacks, or what it would load from elsewhere.
pub fn page(request: &PageRequest<'_>) -> Result<Option<Vec<u8>>, Vec<Diagnostic>> {
    let Some(source) = request.given.get(PAGE_FILE) else {
        return Ok(None);
    };
    let source = template::TemplateSource::new(request.folder, source).map_err(|why| vec![why])?;
    let colour = request.results.brand.colour();
    let mut tally: Vec<&StatusCount> = request.results.summary.by_status.iter().collect();
    tally.sort_by_key(|one| one.status.tally_place());
    let context = TemplateContext {
        results: request.results,
        tally,
        colour: &colour,
        ink: crate::plan::ink_on(&colour),
        files: linked(request),
    };
    let context = minijinja::context! {
        charts => charts::charts(request.results),
        images => Value::from(Serde(&images::images(request))),
        ..Value::from(Serde(&context))
    };
    let html = source.render(&context).map_err(|why| vec![why])?;
    proof::check(&html, request)?;
    Ok(Some(html.into_bytes()))
}

/// What is wrong with the template before anything is known of the data.
pub fn page_template_fault(folder: &str, source: &[u8]) -> Option<Diagnostic> {
    let source = match template::TemplateSource::new(folder, source) {
        Ok(source) => source,
        Err(fault) => return Some(fault),
    };
    source.parse().err()
}

fn linked<'a>(request: &PageRequest<'a>) -> Vec<LinkedFile<'a>> {
    let attachments = &request.results.attachments;
    let description = |path: &'a str| match path {
        "report.pdf" => "Informe para leer y firmar (PDF)",
        "slides.pdf" => "Diapositivas de la sesión (PDF)",
        "findings.json" => "Observaciones a los archivos recibidos (JSON)",
        "data/data.xlsx" => "Todas las tablas en un libro (XLSX)",
        _ => {
            let known = attachments.iter().find(|one| one.path == path);
            known.map_or(path, |one| one.description.as_str())
        }
    };
    // A department's extract is its own, and not for the public page.
    let shown = request
        .documents
        .iter()
        .filter(|(path, _)| !path.starts_with("slices/"));
    let one = |(path, bytes): (&'a String, &'a Vec<u8>)| LinkedFile {
        path,
        description: description(path),
        size: crate::spanish::file_size(bytes.len() as u64),
        sha256: sha256_hex(bytes),
    };
    shown.map(one).collect()
}
