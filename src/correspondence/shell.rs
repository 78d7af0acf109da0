//! Commands that people copy into a shell.

/// The text as one word of a shell's command line.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "@._-+".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is copied into a shell names the approver and does nothing else.
    #[test]
    fn a_name_is_one_word_of_the_command() {
        for (name, word) in [
            ("ana@leon.gob.mx", "ana@leon.gob.mx"),
            ("Ana López", "'Ana López'"),
            ("O'Farrill", "'O'\\''Farrill'"),
            ("$(rm -rf ~)", "'$(rm -rf ~)'"),
            ("--help", "'--help'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(name), word);
        }
    }
}
