//! Texts compared as people mean them: case, accents, spaces and trailing marks do not count.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case, without accents, single spaces, without marks at the end such as `:` or `*`.
pub(super) fn fold(text: &str) -> String {
    let mut folded = squeeze(text);
    let kept = folded
        .trim_end_matches([':', '*', '.', ';', ',', ' '])
        .len();
    folded.truncate(kept);
    folded
}

/// Lower case, without accents, single spaces.
pub fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    let mut put = |c: char| {
        if c.is_whitespace() || is_invisible(c) || c.is_control() {
            gap = gap || c.is_whitespace();
            return;
        }
        if gap && !out.is_empty() {
            out.push(' ');
        }
        gap = false;
        out.push(c);
    };
    if text.is_ascii() {
        text.chars().for_each(|c| put(c.to_ascii_lowercase()));
    } else {
        text.nfkd()
            .filter(|c| !is_combining_mark(*c))
            .flat_map(char::to_lowercase)
            .for_each(&mut put);
    }
    out
}

/// Characters that nobody sees: byte order marks, zero-width spaces, soft hyphens, directions.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' | '\u{202a}'..='\u{202e}')
}

/// The text as it is kept: without invisible characters, spaces at the ends, and doubled ones.
pub(super) fn clean(text: &str) -> std::borrow::Cow<'_, str> {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || is_invisible(c));
    if !trimmed.chars().any(|c| is_invisible(c) || c == '\u{a0}') {
        return trimmed.into();
    }
    trimmed
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c == '\u{a0}' { ' ' } else { c })
        .collect::<String>()
        .into()
}

/// Whether nothing in it can be seen.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// The nearest of `candidates` to `word`, both folded, when near enough to be a slip.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = fold(word);
    if word.is_empty() {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (likeness(&word, &fold(candidate)), candidate))
        .filter(|(score, _)| *score >= 0.62)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

fn likeness(word: &str, other: &str) -> f64 {
    if other.is_empty() {
        return 0.0;
    }
    let contained =
        word.len() >= 4 && other.len() >= 4 && (other.contains(word) || word.contains(other));
    let edits = strsim::normalized_damerau_levenshtein(word, other);
    if contained { edits.max(0.75) } else { edits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_what_people_vary() {
        for text in [
            "Fecha de Registro",
            "FECHA\nDE  REGISTRO:",
            " fécha de registro *",
            "Fecha\u{a0}de registro\u{200b}.",
        ] {
            assert_eq!(fold(text), "fecha de registro", "{text:?}");
        }
        assert_eq!(fold("Año"), "ano");
        assert_eq!(clean("\u{feff} a\u{a0}b "), "a b");
    }

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["Concluido", "En proceso", "Pendiente"];
        assert_eq!(nearest("conclido", known), Some("Concluido"));
        assert_eq!(nearest("proceso", known), Some("En proceso"));
        assert_eq!(nearest("xyz", known), None);
    }
}
