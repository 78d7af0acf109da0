//! Colours and cell formats, added after those that are there.

use super::names::MAIN;
use super::parts::Parts;
use super::xml::{self, Changes, Element};

/// Numbers of what was added.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellFormats {
    /// Conditional colour of an error.
    pub error: usize,
    /// Conditional colour of a warning.
    pub warning: usize,
    /// First of the cell formats, in the order of [`XFS`].
    pub cells: usize,
}

/// Title, header, text, link, error, warning.
const XFS: [(usize, usize, &str); 6] = [
    (0, 0, ""),
    (1, 1, WRAP),
    (2, 0, WRAP),
    (3, 0, WRAP),
    (1, 2, WRAP),
    (1, 3, WRAP),
];
const WRAP: &str = "<~alignment vertical=\"top\" wrapText=\"1\"/>";
const ORDER: [&str; 11] = [
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
];

/// Adds them to the styles part `path`.
pub(super) fn add(parts: &mut Parts<'_>, path: &str) -> Option<CellFormats> {
    let mut text = parts.text(path)?;
    let prefix = xml::namespace(&text, MAIN)?.prefix;
    let font = |inner: &str, size: u32| {
        format!(
            "<~font>{inner}<~sz val=\"{size}\"/>{{}}<~name val=\"Calibri\"/><~family val=\"2\"/></~font>"
        )
    };
    let fonts = [
        font("<~b/>", 14).replace("{}", ""),
        font("<~b/>", 11).replace("{}", ""),
        font("", 11).replace("{}", ""),
        font("<~u/>", 11).replace("{}", "<~color rgb=\"FF0563C1\"/>"),
    ]
    .concat();
    let fill = |rgb: &str| {
        format!(
            "<~fill><~patternFill patternType=\"solid\"><~fgColor rgb=\"{rgb}\"/><~bgColor indexed=\"64\"/></~patternFill></~fill>"
        )
    };
    // Fills begin with the plain one, number 0 of every workbook.
    let fills = [fill("FFCFD8EA"), fill("FFFFC7CE"), fill("FFFFEB9C")].concat();
    let first_font = list(&mut text, "fonts", &xml::prefixed(&fonts, &prefix))?;
    let first_fill = list(&mut text, "fills", &xml::prefixed(&fills, &prefix))?;
    let mut xfs = String::new();
    for (font, fill, inner) in XFS {
        let fill = if fill == 0 { 0 } else { first_fill + fill - 1 };
        let font = first_font + font;
        xfs.push_str(&format!(
            "<~xf numFmtId=\"49\" fontId=\"{font}\" fillId=\"{fill}\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\" applyFont=\"1\" applyFill=\"1\" applyAlignment=\"1\">{inner}</~xf>"
        ));
    }
    let cells = list(&mut text, "cellXfs", &xml::prefixed(&xfs, &prefix))?;
    let dxf = |font: &str, fill: &str| {
        format!(
            "<~dxf><~font><~color rgb=\"{font}\"/></~font><~fill><~patternFill patternType=\"solid\"><~fgColor rgb=\"{fill}\"/><~bgColor rgb=\"{fill}\"/></~patternFill></~fill></~dxf>"
        )
    };
    let dxfs = dxf("FF9C0006", "FFFFC7CE") + &dxf("FF7F6000", "FFFFEB9C");
    let error = list(&mut text, "dxfs", &xml::prefixed(&dxfs, &prefix))?;
    parts.set(path, text);
    Some(CellFormats {
        error,
        warning: error + 1,
        cells,
    })
}

/// Appends to one of the lists; gives the number of the first one added.
fn list(text: &mut String, name: &str, fragments: &str) -> Option<usize> {
    let (root, found) = xml::children(text)?;
    let mut changes = Changes::default();
    let first = match found.iter().find(|e| e.name == name) {
        Some(element) => {
            let before = xml::children_of(text, element)?.len();
            let added = xml::children(&format!("<a>{fragments}</a>"))?.1.len();
            grow(text, element, fragments, before + added, &mut changes)?;
            before
        }
        None => {
            let place = ORDER.iter().position(|n| *n == name)?;
            let later = found.iter().find(|e| {
                ORDER
                    .iter()
                    .position(|n| *n == e.name)
                    .is_some_and(|p| p > place)
            });
            let at = later.map_or(root.inside.end, |e| e.all.start);
            let prefix = &root.prefix;
            changes.insert(at, format!("<{prefix}{name}>{fragments}</{prefix}{name}>"));
            0
        }
    };
    *text = changes.apply(text)?;
    Some(first)
}

/// Appends and sets the count.
fn grow(
    text: &str,
    element: &Element,
    fragments: &str,
    count: usize,
    changes: &mut Changes,
) -> Option<()> {
    let tag = text.get(element.tag.clone())?;
    let open = tag.trim_end_matches('>').trim_end_matches('/').trim_end();
    let open = match open.find(" count=") {
        Some(at) => {
            let rest = open.get(at + 7..)?;
            let quote = rest.chars().next()?;
            let end = rest.get(1..)?.find(quote)? + 2;
            format!("{} count=\"{count}\"{}", open.get(..at)?, rest.get(end..)?)
        }
        None => open.to_owned(),
    };
    let close = format!("</{}{}>", element.prefix, element.name);
    let inside = text.get(element.inside.clone())?;
    changes.replace(
        element.all.clone(),
        format!("{open}>{inside}{fragments}{close}"),
    );
    Some(())
}
