//! Places in an XML text, and changes at those places. All else keeps its bytes.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// An element: where it is and what it says.
#[derive(Debug, Clone)]
pub(super) struct Element {
    /// Name without prefix.
    pub name: String,
    /// Its prefix with the colon; empty without.
    pub prefix: String,
    /// All of it.
    pub all: Range<usize>,
    /// Its start tag.
    pub tag: Range<usize>,
    /// What is between its tags; empty for `<a/>`.
    pub inside: Range<usize>,
    /// Whether it is `<a/>`.
    pub is_empty: bool,
    attributes: Vec<(String, String)>,
}

impl Element {
    fn begin(start: &BytesStart<'_>, tag: Range<usize>) -> Option<Self> {
        let full = start.name().as_ref().to_owned();
        let name = start.local_name().as_ref().to_owned();
        let prefix = full.strip_suffix(name.as_str())?.to_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = quick_xml::escape::unescape(&attribute.value)
                .ok()?
                .into_owned();
            attributes.push((attribute.key.as_ref().to_owned(), value));
        }
        Some(Self {
            name,
            prefix,
            all: tag.clone(),
            inside: tag.end..tag.end,
            tag,
            is_empty: false,
            attributes,
        })
    }

    /// An attribute by its name without prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key.rsplit(':').next() == Some(name) && !key.starts_with("xmlns"))
            .map(|(_, value)| value.as_str())
    }
}

/// Whether a text is XML of a kind that can be edited: UTF-8, without DOCTYPE.
pub(super) fn is_plain(text: &str) -> bool {
    let head: String = text.chars().take(200).collect::<String>().to_lowercase();
    let declaration = head.split("?>").next().unwrap_or_default();
    let encoding = !declaration.starts_with("<?xml")
        || !declaration.contains("encoding")
        || declaration.contains("utf-8")
        || declaration.contains("us-ascii");
    encoding && !text.contains("<!DOCTYPE")
}

/// The root element and its children.
pub(super) fn children(text: &str) -> Option<(Element, Vec<Element>)> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut root: Option<Element> = None;
    let mut found: Vec<Element> = Vec::new();
    let mut depth = 0usize;
    loop {
        let from = usize::try_from(reader.buffer_position()).ok()?;
        let event = reader.read_event().ok()?;
        let to = usize::try_from(reader.buffer_position()).ok()?;
        let at = from..to;
        match event {
            Event::Start(start) => {
                if depth < 2 {
                    let element = Element::begin(&start, at)?;
                    match depth {
                        0 if root.is_none() => root = Some(element),
                        0 => return None,
                        _ => found.push(element),
                    }
                }
                depth += 1;
            }
            Event::Empty(start) if depth < 2 => {
                let element = Element {
                    is_empty: true,
                    ..Element::begin(&start, at)?
                };
                match depth {
                    0 if root.is_none() => root = Some(element),
                    0 => return None,
                    _ => found.push(element),
                }
            }
            Event::End(_) => {
                depth = depth.checked_sub(1)?;
                let open = match depth {
                    0 => root.as_mut(),
                    1 => found.last_mut(),
                    _ => None,
                };
                if let Some(open) = open {
                    open.inside = open.tag.end..at.start;
                    open.all.end = at.end;
                }
            }
            Event::DocType(_) => return None,
            Event::Eof if depth == 0 => return Some((root?, found)),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The children of an element of `text`, with places in `text`.
pub(super) fn children_of(text: &str, element: &Element) -> Option<Vec<Element>> {
    let (_, mut found) = children(text.get(element.all.clone())?)?;
    let by = element.all.start;
    let shift = |range: &mut Range<usize>| *range = range.start + by..range.end + by;
    for child in &mut found {
        shift(&mut child.all);
        shift(&mut child.tag);
        shift(&mut child.inside);
    }
    Some(found)
}

/// The root, where its namespace is `expected`.
pub(super) fn namespace(text: &str, expected: &str) -> Option<Element> {
    let (root, _) = children(text)?;
    let key = match root.prefix.trim_end_matches(':') {
        "" => "xmlns".to_owned(),
        prefix => format!("xmlns:{prefix}"),
    };
    let own = root
        .attributes
        .iter()
        .any(|(k, v)| *k == key && v == expected);
    own.then_some(root)
}

/// Changes to a text, by its old places.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<(Range<usize>, String)>);

impl Changes {
    /// Puts `new` in the place of `old`.
    pub(super) fn replace(&mut self, old: Range<usize>, new: impl Into<String>) {
        self.0.push((old, new.into()));
    }

    /// Puts `new` before the byte `at`.
    pub(super) fn insert(&mut self, at: usize, new: impl Into<String>) {
        self.replace(at..at, new);
    }

    /// Puts `new` last into an element.
    pub(super) fn append(&mut self, text: &str, element: &Element, new: &str) -> Option<()> {
        if element.is_empty {
            let tag = text.get(element.tag.clone())?;
            let open = tag.strip_suffix("/>")?.trim_end();
            let close = format!("</{}{}>", element.prefix, element.name);
            self.replace(element.all.clone(), format!("{open}>{new}{close}"));
        } else {
            self.insert(element.inside.end, new);
        }
        Some(())
    }

    /// The changed text; none where two changes overlap.
    pub(super) fn apply(mut self, text: &str) -> Option<String> {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len() + 1024);
        let mut at = 0;
        for (range, new) in self.0 {
            out.push_str(text.get(at..range.start)?);
            out.push_str(&new);
            at = range.end;
        }
        out.push_str(text.get(at..)?);
        Some(out)
    }
}

/// A fragment whose `<~name` stand for names with the prefix of the part.
pub(super) fn prefixed(fragment: &str, prefix: &str) -> String {
    fragment
        .replace("<~", &format!("<{prefix}"))
        .replace("</~", &format!("</{prefix}"))
}

/// A text as XML content: what XML cannot hold is left out, and what a spreadsheet would take for
/// an escape is escaped.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.replace("_x", "_x005F_x")
}
