//! The shapes of comments. VML as programs write it is not always XML: it is searched as text.

use std::collections::BTreeSet;

use super::notes::Notes;
use super::parts::Parts;

/// Rows and columns of cells, zero-based.
pub(super) type CellSet = BTreeSet<(u32, u32)>;

const SPACES: &str = "xmlns:v=\"urn:schemas-microsoft-com:vml\" xmlns:o=\"urn:schemas-microsoft-com:office:office\" xmlns:x=\"urn:schemas-microsoft-com:office:excel\"";
const TYPE: &str = "<v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" o:connecttype=\"rect\"/></v:shapetype>";

/// A drawing with a shape for each cell.
pub(super) fn create(
    parts: &mut Parts<'_>,
    path: &str,
    cells: &CellSet,
    notes: &Notes,
) -> Option<()> {
    // Shapes are numbered in blocks of 1,024, one block a drawing; people's drawings come first.
    let block = 64
        + parts
            .names()
            .filter(|n| n.to_lowercase().ends_with(".vml"))
            .count();
    let shapes = shapes(cells, notes, block * 1_024 + 1);
    let text = format!(
        "<xml {SPACES}><o:shapelayout v:ext=\"edit\"><o:idmap v:ext=\"edit\" data=\"{block}\"/></o:shapelayout>{TYPE}{shapes}</xml>"
    );
    parts.set(path, text);
    Some(())
}

/// Takes the shapes of `removed` out of a drawing and adds those of `added`.
pub(super) fn merge(
    parts: &mut Parts<'_>,
    path: &str,
    removed: &CellSet,
    added: &CellSet,
    notes: &Notes,
) -> Option<()> {
    let mut text = parts.text(path)?;
    for cell in removed {
        text = without(&text, *cell)?;
    }
    let end = text.rfind("</xml>")?;
    let highest = text
        .split("_x0000_s")
        .skip(1)
        .filter_map(|rest| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<usize>().ok()
        })
        .filter(|n| *n < 100_000_000)
        .max()
        .unwrap_or(1_024);
    let mut new = String::new();
    if !text.contains("id=\"_x0000_t202\"") {
        new.push_str(&TYPE.replacen("<v:shapetype", &format!("<v:shapetype {SPACES}"), 1));
    }
    new.push_str(&shapes(added, notes, highest + 1));
    text.insert_str(end, &new);
    parts.set(path, text);
    Some(())
}

/// The drawing without the shape of a cell; none where it can't be found.
fn without(text: &str, (row, column): (u32, u32)) -> Option<String> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find("<v:shape ") {
        let start = from + found;
        let end = start + text.get(start..)?.find("</v:shape>")? + "</v:shape>".len();
        let shape = text.get(start..end)?;
        let is = |name: &str, n: u32| number(shape, name) == Some(n);
        if is("Row", row) && is("Column", column) {
            return Some(format!("{}{}", text.get(..start)?, text.get(end..)?));
        }
        from = end;
    }
    None
}

fn number(shape: &str, name: &str) -> Option<u32> {
    let (_, rest) = shape.split_once(&format!("<x:{name}>"))?;
    rest.split('<').next()?.trim().parse().ok()
}

fn shapes(cells: &CellSet, notes: &Notes, first: usize) -> String {
    let mut out = String::new();
    for (number, (row, column)) in (first..).zip(cells) {
        let characters = notes.get(&(*row, *column)).map_or(0, |n| n.chars().count());
        let rows = u32::try_from(characters / 42 + 3).unwrap_or(6).clamp(4, 22);
        // Anchor: column, offset, row, offset of the upper left and the lower right corner.
        let top = row.saturating_sub(1);
        out.push_str(&format!(
            "<v:shape {SPACES} id=\"_x0000_s{number}\" type=\"#_x0000_t202\" style=\"position:absolute;margin-left:60pt;margin-top:2pt;width:240pt;height:{}pt;z-index:1;visibility:hidden\" fillcolor=\"#ffffe1\" o:insetmode=\"auto\"><v:fill color2=\"#ffffe1\"/><v:shadow on=\"t\" color=\"black\" obscured=\"t\"/><v:path o:connecttype=\"none\"/><v:textbox style=\"mso-direction-alt:auto\"><div style=\"text-align:left\"></div></v:textbox><x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{}, 15, {top}, 10, {}, 31, {}, 9</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>",
            rows * 12,
            (column + 1).min(16_380),
            (column + 4).min(16_383),
            top + rows,
        ));
    }
    out
}
