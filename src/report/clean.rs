//! Text from data, made fit for the page: one character that no font has would stop the whole
//! report (PDF/UA refuses it), and invisible ones can turn a sentence around.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::diagnostic::Diagnostic;
use crate::printable::can_be_printed;
use crate::results::Results;

/// Stands for what no bundled font has.
const REPLACEMENT: char = '□';

/// The document with every text normalised and printable, and a warning for each text that lost
/// something.
///
/// # Errors
/// A clean text is no longer what its field takes, which is an error of this program.
pub fn clean(results: &Results) -> Result<(Results, Vec<Diagnostic>), Diagnostic> {
    let mut found = Vec::new();
    let mut document = results.json();
    walk(&mut document, &mut found);
    match serde_json::from_value(document) {
        Ok(results) => Ok((results, found)),
        Err(e) => Err(Diagnostic::error(
            "internal",
            format!("results.json is not as it should be: {e}"),
        )),
    }
}

fn walk(value: &mut Value, found: &mut Vec<Diagnostic>) {
    match value {
        Value::String(text) => {
            let (cleaned, lost) = clean_text(text);
            if !lost.is_empty() {
                found.push(warning(&cleaned, &lost));
            }
            *text = cleaned;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, found)),
        // What was published is compared with the definition, letter by letter, and never printed.
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| *name != "commitment")
            .for_each(|(_, field)| walk(field, found)),
        _ => {}
    }
}

fn warning(text: &str, lost: &[char]) -> Diagnostic {
    let codes: Vec<String> = lost
        .iter()
        .map(|c| format!("U+{:04X}", u32::from(*c)))
        .collect();
    let start: String = text.chars().take(60).collect();
    let message = format!(
        "Se quitaron caracteres que no se pueden imprimir ({}) de «{start}»",
        codes.join(", ")
    );
    Diagnostic::warning("unprintable-text", message)
        .hint("escriba el texto sin emojis ni caracteres especiales")
}

/// NFC, without controls and invisible marks; what has no glyph becomes □.
fn clean_text(text: &str) -> (String, Vec<char>) {
    let mut lost = Vec::new();
    let mut out = String::with_capacity(text.len());
    for c in text.nfc() {
        match c {
            '\n' => out.push('\n'),
            // What binds a number to its unit stays; elsewhere it would make one long word of many.
            '\u{a0}' if out.ends_with(|before: char| before.is_ascii_digit()) => out.push(c),
            '\t' | '\r' | '\u{a0}' | '\u{2007}' | '\u{202f}' => out.push(' '),
            '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if is_invisible(c) => {
                // Joiners and marks of order are dropped without a word; controls are told.
                if c.is_control() {
                    lost.push(c);
                }
            }
            // NFC has joined what it could; a mark still alone has no letter made for it.
            c if is_combining_mark(c) => lost.push(c),
            c if can_be_printed(c) => out.push(c),
            c => {
                lost.push(c);
                out.push(REPLACEMENT);
            }
        }
    }
    lost.sort_unstable();
    lost.dedup();
    (out, lost)
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
        || matches!(u32::from(c), 0xe000..=0xf8ff | 0xfff9..=0xfffb | 0xe0000..=0xe007f | 0xf0000..=0x10ffff)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;
    use std::sync::LazyLock;

    use typst::text::FontStyle;

    use super::super::world::fonts;
    use super::*;

    /// The families that templates name, in any order.
    const FAMILIES: [&str; 3] = ["archivo", "libertinus serif", "dejavu sans mono"];

    /// Characters that upright faces have and that the compiler, falling back, still does not find for
    /// slanted text. The test below tells when the list must change.
    const ONLY_UPRIGHT: &str = "☇☈⚰⚱✕✖✧✩";

    /// Characters that some family has in each of its upright faces. In one face is not enough: the
    /// compiler gives up where the faces nearest to a weight lack it.
    static COVERED: LazyLock<BTreeSet<u32>> = LazyLock::new(|| {
        let mut covered: BTreeSet<u32> = FAMILIES.into_iter().flat_map(in_all_upright).collect();
        covered.retain(|c| !ONLY_UPRIGHT.chars().any(|fragile| u32::from(fragile) == *c));
        covered.retain(|c| !put_together(*c));
        covered
    });

    /// A letter with its mark that some face lacks is put together there from two glyphs, and
    /// some readers find it twice.
    fn put_together(code: u32) -> bool {
        let Some(c) = char::from_u32(code) else {
            return true;
        };
        let lacking = |family: &str| {
            let mut faces = fonts().book().select_family(family);
            faces.any(|index| {
                let info = fonts().book().info(index);
                info.is_some_and(|info| !info.coverage.contains(code))
            })
        };
        // Thai and Lao AM are taken apart although they are no letters with marks.
        matches!(c, '\u{e33}' | '\u{eb3}')
            || std::iter::once(c).nfd().count() > 1 && FAMILIES.into_iter().any(lacking)
    }

    fn in_all_upright(family: &str) -> BTreeSet<u32> {
        let book = fonts().book();
        let faces = book
            .select_family(family)
            .filter_map(|index| book.info(index));
        let upright = faces.filter(|info| info.variant.style == FontStyle::Normal);
        let sets = upright.map(|info| info.coverage.iter().collect::<BTreeSet<u32>>());
        sets.reduce(|all, face| all.intersection(&face).copied().collect())
            .unwrap_or_default()
    }

    /// `METAS_BLESS=1` writes the list anew after fonts have changed.
    #[test]
    #[allow(
        clippy::disallowed_methods,
        reason = "the test writes what it compares"
    )]
    fn the_list_of_printable_characters_is_that_of_the_fonts() {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for code in COVERED.iter().copied() {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == code => *last = code,
                _ => ranges.push((code, code)),
            }
        }
        let mut list = String::new();
        for (first, last) in ranges {
            let _ = match first == last {
                true => writeln!(list, "{first:x}"),
                false => writeln!(list, "{first:x}-{last:x}"),
            };
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/printable.txt");
        if std::env::var_os("METAS_BLESS").is_some() {
            std::fs::write(path, &list).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap() == list,
            "see METAS_BLESS"
        );
    }

    #[test]
    fn texts() {
        for (text, cleaned, lost) in [
            ("Ñandú, 90 % «así» – ✓", "Ñandú, 90 % «así» – ✓", 0),
            ("cafe\u{301}", "café", 0),
            ("a\u{202e}b\u{200b}c", "abc", 0),
            ("a\u{7}b", "ab", 1),
            ("\u{feff}hola", "hola", 0),
            ("uno\ttab", "uno tab", 0),
            ("uno\u{a0}dos, 3\u{a0}mg/L", "uno dos, 3\u{a0}mg/L", 0),
            ("fiesta \u{1f389}", "fiesta □", 1),
        ] {
            let (out, gone) = clean_text(text);
            assert_eq!((out.as_str(), gone.len()), (cleaned, lost), "{text:?}");
        }
        for status in crate::indicators::Status::ALL {
            let symbol = status.symbol();
            assert!(symbol.chars().all(can_be_printed), "{symbol}");
        }
        assert!(
            can_be_printed(REPLACEMENT),
            "the replacement itself must have a glyph"
        );
    }

    /// What the cleaning lets pass can be printed in each face that the templates use: PDF/UA
    /// refuses a document with one missing glyph.
    #[test]
    fn whatever_passes_can_be_printed() {
        let all: String = COVERED
            .iter()
            .filter_map(|c| char::from_u32(*c))
            .filter(|c| !c.is_whitespace())
            .flat_map(|c| [c, ' '])
            .collect();
        let (text, _) = clean_text(&all);
        assert!(text.len() > 5_000, "the fonts are there");
        let template = r#"
            #set document(title: "Prueba", date: datetime(year: 2026, month: 3, day: 31))
            #set text(lang: "es")
            #let t = json("results.json")
            #for face in (
              (font: ("Archivo", "Libertinus Serif", "DejaVu Sans Mono")),
              (font: ("Archivo", "Libertinus Serif", "DejaVu Sans Mono"), weight: 800),
              (font: ("Libertinus Serif", "Archivo", "DejaVu Sans Mono"), style: "italic"),
            ) [#text(size: 6pt, ..face, t)]
        "#;
        let mut request = crate::report::RenderRequest {
            entry: "report.typ".to_owned(),
            folder: "test".to_owned(),
            ident: "test".to_owned(),
            today: chrono::NaiveDate::from_ymd_opt(2026, 3, 31).unwrap(),
            strict: true,
            must_say: Vec::new(),
            files: std::collections::BTreeMap::new(),
        };
        let json = serde_json::to_vec(&text).unwrap();
        request.files.insert("results.json".to_owned(), json);
        request
            .files
            .insert("report.typ".to_owned(), template.as_bytes().to_vec());
        let rendered = crate::report::render(request);
        assert!(rendered.is_ok(), "{rendered:?}");
    }
}
