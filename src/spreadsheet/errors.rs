//! Errors of formulas, such as `#REF!`: by their codes and by their names.

/// Whether a text is an error's name. Text files and careless exports keep errors as texts.
pub(crate) fn is_error_text(text: &str) -> bool {
    const ENGLISH: &[&str] = &[
        "#DIV/0!",
        "#N/A",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#REF!",
        "#VALUE!",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#UNKNOWN!",
        "#CONNECT!",
    ];
    const SPANISH: &[&str] = &[
        "#¡DIV/0!",
        "#N/D",
        "#¿NOMBRE?",
        "#¡NULO!",
        "#¡NUM!",
        "#¡REF!",
        "#¡VALOR!",
        "#¡DESBORDAMIENTO!",
        "#¡CALC!",
    ];
    let text = text.trim();
    match text.as_bytes().first() {
        Some(b'#') => ENGLISH.contains(&text) || SPANISH.contains(&text),
        // LibreOffice's others: Err:502.
        Some(b'E') => text
            .strip_prefix("Err:")
            .is_some_and(|code| code.len() == 3 && code.bytes().all(|b| b.is_ascii_digit())),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for text in ["#REF!", " #N/D ", "#¡DIV/0!", "Err:502", "#N/A"] {
            assert!(is_error_text(text), "{text}");
        }
        for text in ["", "#5", "# de folio", "N/A", "Err:50", "Error", "#ref!"] {
            assert!(!is_error_text(text), "{text}");
        }
    }
}
