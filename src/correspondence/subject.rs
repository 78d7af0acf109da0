//! Subjects: one line that says its occasion first.

use crate::diagnostic::is_unseen;

/// Letters at most.
const LETTERS: usize = 250;

/// The report's subject from the definition's, with its `{title}` and `{period}` filled in; a
/// correction says what it replaces.
pub fn report_subject(template: &str, title: &str, period: &str, edition: u32) -> String {
    let filled = template
        .replace("{title}", title)
        .replace("{period}", period);
    match edition.checked_sub(1) {
        None | Some(0) => line(&filled),
        Some(before) => {
            let mark = format!(" (v{edition}, sustituye a v{before})");
            let room = LETTERS.saturating_sub(mark.chars().count());
            format!("{}{mark}", shortened(&line(&filled), room))
        }
    }
}

/// `occasion: what`, on one line, cut at a word where it is too long.
pub(super) fn subject(occasion: &str, what: &str) -> String {
    line(&format!("{occasion}: {what}"))
}

/// The text as a subject can carry it.
pub(super) fn line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if is_unseen(c) { ' ' } else { c })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    shortened(&words.join(" "), LETTERS)
}

/// The text in so many letters: cut after a word, with an ellipsis at it.
pub(super) fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let cut: String = text.chars().take(letters.saturating_sub(1)).collect();
    let at_its_end = text[cut.len()..].starts_with(' ');
    // A single long word is cut where it is.
    let kept = match cut.rfind(' ') {
        Some(space) if !at_its_end && space * 2 >= cut.len() => &cut[..space],
        _ => &cut,
    };
    let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || ",;:.-(«".contains(c));
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_says_what_it_replaces() {
        let of = |template: &str, edition| report_subject(template, "Plan", "2026-T1", edition);
        assert_eq!(of("{title}: {period}", 1), "Plan: 2026-T1");
        let third = "Plan: 2026-T1 (v3, sustituye a v2)";
        assert_eq!(of("{title}: {period}", 3), third);
        let long = of(&"palabra ".repeat(60), 2);
        assert!(long.ends_with("… (v2, sustituye a v1)"), "{long}");
        assert!(long.chars().count() <= LETTERS);
    }

    #[test]
    fn a_subject_is_one_line_of_250_letters_at_most() {
        let bare = subject("Acuse", "uno\r\nBcc: x@example.mx\u{202e}\tdos");
        assert_eq!(bare, "Acuse: uno Bcc: x@example.mx dos");
        for long in ["palabra ".repeat(60), "x".repeat(400)] {
            let text = subject("Recordatorio", &long);
            assert!(text.chars().count() <= 250 && text.ends_with('…'), "{text}");
            assert!(!text.ends_with(" …"));
        }
        assert_eq!(shortened("uno, dos y tres", 9), "uno, dos…");
        assert_eq!(shortened("uno, dos", 6), "uno…");
    }
}
