//! xlsx and xlsm, read as a stream in one pass: value, number format and formula of a cell
//! together.
//!
//! calamine's cell reader gives either the formula or the style of a cell, so that it would take
//! two passes to tell 0.45 from 45 %, and a blank from a formula without result. It also trusts
//! the counts that a file declares, and takes a missing styles part for "no dates".

mod quick;
mod sheet;
mod strings;
mod styles;
mod value;

use std::collections::BTreeMap;

use quick_xml::events::Event;

use super::cell::{Sink, TextId, Texts, Trouble};
use super::package::Package;
use super::workbook::{SheetInfo, Workbook};
use super::xml::{Xml, attribute};
pub use strings::full as too_many_texts;
pub use styles::{Class, builtin, custom};

/// An opened xlsx.
pub struct Xlsx<'b> {
    package: Package<'b>,
    sheets: Vec<SheetInfo>,
    paths: Vec<String>,
    texts: Texts,
    strings: Vec<TextId>,
    styles: Vec<Class>,
    date1904: bool,
}

/// Where a relationship points, and its kind.
pub struct Relation {
    /// Last word of its type: `worksheet`, `sharedStrings`.
    pub kind: String,
    /// Path from the zip's root.
    pub target: String,
}

impl<'b> Xlsx<'b> {
    /// Opens the workbook whose main part is `main`.
    pub fn open(mut package: Package<'b>, main: &str, most: u64) -> Result<Self, Trouble> {
        let relations = relations(&mut package, main)?;
        let book = read_book(&mut package, main)?;
        let mut sheets = Vec::new();
        let mut paths = Vec::new();
        for (info, relation) in book.sheets {
            let Some(relation) = relations.get(&relation) else {
                continue;
            };
            if relation.kind == "worksheet" {
                sheets.push(info);
                paths.push(relation.target.clone());
            }
        }
        let mut texts = Texts::default();
        let mut strings = Vec::new();
        let mut styles = Vec::new();
        for relation in relations.values() {
            let kind = relation.kind.as_str();
            if !matches!(kind, "sharedStrings" | "styles") {
                continue;
            }
            // A part that is missing is no trouble before a cell needs it.
            let Some(part) = package.part(&relation.target)? else {
                continue;
            };
            if kind == "styles" {
                styles = styles::read(part)?;
            } else {
                strings = strings::read(part, &mut texts, most)?;
            }
        }
        Ok(Self {
            package,
            sheets,
            paths,
            texts,
            strings,
            styles,
            date1904: book.date1904,
        })
    }
}

impl Workbook for Xlsx<'_> {
    fn sheets(&self) -> &[SheetInfo] {
        &self.sheets
    }

    fn cells(&mut self, sheet: usize, sink: &mut dyn Sink) -> Result<(), Trouble> {
        let path = self.paths.get(sheet).cloned().unwrap_or_default();
        let part = self
            .package
            .part(&path)?
            .ok_or_else(|| Trouble::damaged(&format!("falta su parte «{path}»")))?;
        let book = value::Book {
            strings: &self.strings,
            styles: &self.styles,
            date1904: self.date1904,
        };
        sheet::read(part, book, &mut self.texts, sink)
    }

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn date1904(&self) -> bool {
        self.date1904
    }
}

/// The main part of an OOXML package, by its root relationships.
pub fn main_part(package: &mut Package<'_>) -> Result<Option<String>, Trouble> {
    let declared = relations(package, "")?
        .into_values()
        .find(|r| r.kind == "officeDocument")
        .map(|r| r.target);
    // A package that lost its root relationships still has its parts where every writer puts them.
    let usual = || {
        package
            .has("xl/workbook.xml")
            .then(|| "xl/workbook.xml".to_owned())
    };
    Ok(declared.or_else(usual))
}

/// The relationships of `part` by their ids.
pub fn relations(
    package: &mut Package<'_>,
    part: &str,
) -> Result<BTreeMap<String, Relation>, Trouble> {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let slash = if folder.is_empty() { "" } else { "/" };
    let path = format!("{folder}{slash}_rels/{name}.rels");
    let mut found = BTreeMap::new();
    let Some(stream) = package.part(&path)? else {
        return Ok(found);
    };
    let mut xml = Xml::new(stream);
    loop {
        match xml.next()? {
            Event::Start(e) if e.local_name().as_ref() == "Relationship" => {
                if attribute(&e, "TargetMode").is_some_and(|mode| mode == "External") {
                    continue;
                }
                let kind = attribute(&e, "Type").unwrap_or_default();
                let target = attribute(&e, "Target").unwrap_or_default();
                let relation = Relation {
                    kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                    target: resolve(folder, &target),
                };
                found.insert(attribute(&e, "Id").unwrap_or_default(), relation);
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

struct Book {
    sheets: Vec<(SheetInfo, String)>,
    date1904: bool,
}

fn read_book(package: &mut Package<'_>, main: &str) -> Result<Book, Trouble> {
    let part = package
        .part(main)?
        .ok_or_else(|| Trouble::damaged("falta la parte principal del libro"))?;
    let mut xml = Xml::new(part);
    let mut book = Book {
        sheets: Vec::new(),
        date1904: false,
    };
    // Extensions have elements of the same local names: `x15:workbookPr` says nothing of the epoch.
    // What is the workbook's own is told by its depth: an extension's lies deeper.
    let mut depth = 0_u32;
    loop {
        match xml.next()? {
            Event::Start(e) => {
                depth += 1;
                match (depth, e.local_name().as_ref()) {
                    (2, "workbookPr") => {
                        if let Some(epoch) = attribute(&e, "date1904") {
                            book.date1904 = matches!(epoch.as_str(), "1" | "true" | "on");
                        }
                    }
                    (3, "sheet") => {
                        let info = SheetInfo {
                            name: attribute(&e, "name").unwrap_or_default(),
                            hidden: attribute(&e, "state").is_some_and(|state| state != "visible"),
                        };
                        book.sheets
                            .push((info, attribute(&e, "id").unwrap_or_default()));
                    }
                    _ => {}
                }
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof => return Ok(book),
            _ => {}
        }
    }
}
