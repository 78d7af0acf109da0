//! No letter or digit is lost or added between what was laid out and what readers find.

use std::collections::BTreeMap;

use super::laid_out::Page;
use super::pdf::PageContent;
use crate::diagnostic::{Diagnostic, is_unseen};

/// Letters named in a message at most.
const NAMED: usize = 12;

/// An error where the text layer of some page has other letters than were laid out.
pub(super) fn compare(laid_out: &[Page], read: &[PageContent]) -> Option<Diagnostic> {
    let mut lost = BTreeMap::new();
    let mut added = BTreeMap::new();
    let mut pages = Vec::new();
    for (index, (page, content)) in laid_out.iter().zip(read).enumerate() {
        let expected: Vec<char> = page
            .clusters
            .iter()
            .flat_map(|text| letters(text))
            .collect();
        let found: Vec<char> = content
            .glyphs
            .iter()
            .filter(|text| survives(text))
            .flat_map(|text| letters(text))
            .collect();
        if expected == found {
            continue;
        }
        let before = (count(&lost), count(&added));
        for (letter, difference) in differences(&expected, &found) {
            match usize::try_from(difference) {
                Ok(0) => {}
                Ok(more) if !page.has_drawings => *added.entry(letter).or_default() += more,
                Ok(_) => {}
                Err(_) => *lost.entry(letter).or_default() += difference.unsigned_abs(),
            }
        }
        if (count(&lost), count(&added)) != before {
            pages.push((index + 1).to_string());
        }
    }
    if pages.is_empty() {
        return None;
    }
    let parts = [described("lose", &lost), described("add", &added)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let message = format!(
        "on page {} readers such as Firefox would {}",
        pages.join(", "),
        parts.join(" and ")
    );
    let hint = "use letters that a font has whole, and nothing between them that nobody sees";
    Some(Diagnostic::error("letters-lost", message).hint(hint))
}

/// Whether Firefox keeps the text of a glyph: one that holds a mark that nobody sees is left out
/// whole, the letter beside it included.
fn survives(text: &str) -> bool {
    !text.contains(is_unseen)
}

fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|c| c.is_alphanumeric())
}

/// By letter, how many more there are in `found` than in `expected`.
fn differences(expected: &[char], found: &[char]) -> BTreeMap<char, isize> {
    let mut more: BTreeMap<char, isize> = BTreeMap::new();
    for letter in found {
        *more.entry(*letter).or_default() += 1;
    }
    for letter in expected {
        *more.entry(*letter).or_default() -= 1;
    }
    more
}

fn count(letters: &BTreeMap<char, usize>) -> usize {
    letters.values().sum()
}

fn described(what: &str, letters: &BTreeMap<char, usize>) -> Option<String> {
    if letters.is_empty() {
        return None;
    }
    let named: Vec<String> = letters.keys().take(NAMED).map(char::to_string).collect();
    let rest = if letters.len() > NAMED { " …" } else { "" };
    let (count, named) = (count(letters), named.join(" "));
    Some(format!("{what} {count} letters ({named}{rest})"))
}
