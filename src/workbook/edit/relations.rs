//! The relationships of a part, and the package's content types.

use super::names::OFFICE;
use super::parts::Parts;
use super::xml::{self, Changes};

/// Where a part points.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    /// Its id.
    pub id: String,
    /// Last word of its type.
    pub kind: String,
    /// The part that it points to.
    pub target: String,
}

/// The relationships of one part.
pub(super) struct Relations {
    path: String,
    folder: String,
    text: Option<String>,
    all: Vec<Relation>,
}

const EMPTY: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>"#;

impl Relations {
    /// Reads those of `part`. None where they are of the strict kind, or doubtful.
    pub(super) fn of(parts: &mut Parts<'_>, part: &str) -> Option<Self> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let slash = if folder.is_empty() { "" } else { "/" };
        let path = format!("{folder}{slash}_rels/{name}.rels");
        let mut all = Vec::new();
        let text = if parts.has(&path) {
            Some(parts.text(&path)?)
        } else {
            None
        };
        if let Some(text) = &text {
            let (_, found) = xml::children(text)?;
            for element in found {
                if element.attribute("TargetMode") == Some("External") {
                    continue;
                }
                let kind = element.attribute("Type")?;
                if kind.starts_with("http://purl.oclc.org/") {
                    return None;
                }
                all.push(Relation {
                    id: element.attribute("Id")?.to_owned(),
                    kind: kind.rsplit('/').next()?.to_owned(),
                    target: resolve(folder, element.attribute("Target")?),
                });
            }
        }
        Some(Self {
            path,
            folder: folder.to_owned(),
            text,
            all,
        })
    }

    /// The relation `id`.
    pub(super) fn get(&self, id: &str) -> Option<&Relation> {
        self.all.iter().find(|r| r.id == id)
    }

    /// The first relation of a kind.
    pub(super) fn one(&self, kind: &str) -> Option<&Relation> {
        self.all.iter().find(|r| r.kind == kind)
    }

    /// Adds a relation to `target` and gives its id.
    pub(super) fn add(
        &mut self,
        parts: &mut Parts<'_>,
        kind: &str,
        target: &str,
    ) -> Option<String> {
        let text = self.text.clone().unwrap_or_else(|| EMPTY.to_owned());
        let id = (1..10_000)
            .map(|n| format!("rIdMetas{n}"))
            .find(|id| !text.contains(&format!("\"{id}\"")))?;
        let (root, _) = xml::children(&text)?;
        let path = relative(&self.folder, target);
        let fragment = format!(
            "<~Relationship Id=\"{id}\" Type=\"{OFFICE}/{kind}\" Target=\"{}\"/>",
            xml::escape(&path)
        );
        let mut changes = Changes::default();
        changes.append(&text, &root, &xml::prefixed(&fragment, &root.prefix))?;
        let text = changes.apply(&text)?;
        parts.set(&self.path, text.clone());
        self.text = Some(text);
        self.all.push(Relation {
            id: id.clone(),
            kind: kind.to_owned(),
            target: target.to_owned(),
        });
        Some(id)
    }
}

fn resolve(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            _ => steps.push(step),
        }
    }
    steps.join("/")
}

/// The path from `folder`, as readers that know no absolute paths need it.
fn relative(folder: &str, target: &str) -> String {
    let from: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    let to: Vec<&str> = target.split('/').collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut steps = vec![".."; from.len() - common];
    steps.extend(to.iter().skip(common));
    steps.join("/")
}

/// Says of what type a new part is.
pub(super) fn content_type(parts: &mut Parts<'_>, part: &str, kind: &str) -> Option<()> {
    let fragment = format!(
        "<~Override PartName=\"/{part}\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml\"/>"
    );
    add_type(parts, &fragment)
}

/// Says what `.vml` is, where nobody has.
pub(super) fn vml_type(parts: &mut Parts<'_>) -> Option<()> {
    const VML: &str = "application/vnd.openxmlformats-officedocument.vmlDrawing";
    let text = parts.text(TYPES)?;
    let (_, found) = xml::children(&text)?;
    let known = found.iter().find(|e| {
        let ending = e.attribute("Extension").unwrap_or_default();
        e.name == "Default" && ending.eq_ignore_ascii_case("vml")
    });
    match known {
        Some(known) => (known.attribute("ContentType") == Some(VML)).then_some(()),
        None => add_type(
            parts,
            &format!("<~Default Extension=\"vml\" ContentType=\"{VML}\"/>"),
        ),
    }
}

const TYPES: &str = "[Content_Types].xml";

fn add_type(parts: &mut Parts<'_>, fragment: &str) -> Option<()> {
    let text = parts.text(TYPES)?;
    let (root, _) = xml::children(&text)?;
    let mut changes = Changes::default();
    changes.append(&text, &root, &xml::prefixed(fragment, &root.prefix))?;
    let text = changes.apply(&text)?;
    parts.set(TYPES, text);
    Some(())
}
