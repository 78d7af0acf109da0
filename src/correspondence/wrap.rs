//! Lines of at most 76 columns, which any mail program and any quoted reply shows unbroken.

/// Columns of a line.
const WIDTH: usize = 76;

/// The text with its longer lines parted at spaces. What a line is indented by, the dash or number
/// of a list item included, the lines that continue it are indented by too. A word that is longer
/// than a line, such as an address or a hash, stays whole on a line of its own. A line that is
/// indented by four spaces is a command to be copied, and stays as it is.
pub(super) fn wrapped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 20);
    for line in text.lines() {
        wrap_line(line.trim_end(), &mut out);
        out.push('\n');
    }
    out
}

fn wrap_line(line: &str, out: &mut String) {
    let is_command = line.starts_with("    ") && !line.starts_with("     ");
    if width(line) <= WIDTH || is_command {
        out.push_str(line);
        return;
    }
    let (head, rest) = line.split_at(indent(line));
    let margin = " ".repeat(width(head));
    out.push_str(head);
    let mut column = width(head);
    let mut first = true;
    for word in rest.split(' ').filter(|word| !word.is_empty()) {
        if !first && column + 1 + width(word) > WIDTH {
            out.push('\n');
            out.push_str(&margin);
            column = margin.len();
        } else if !first {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width(word);
        first = false;
    }
}

/// Bytes of what stands before a line's words: spaces, and the mark of a list item.
fn indent(line: &str) -> usize {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    let rest = &line[spaces..];
    let mark = rest.split(' ').next().unwrap_or_default();
    let number = mark.strip_suffix('.').unwrap_or_default();
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let is_item = mark == "-" || is_number;
    let after = rest[mark.len()..]
        .bytes()
        .take_while(|b| *b == b' ')
        .count();
    if is_item {
        spaces + mark.len() + after
    } else {
        spaces
    }
}

/// Columns, roughly: letters, without the marks that stand on others.
fn width(text: &str) -> usize {
    text.chars()
        .filter(|c| {
            !matches!(
                c,
                '\u{300}'..='\u{36f}' | '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}'
            )
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_parted_at_spaces_and_nowhere_else() {
        let long = "x".repeat(90);
        let words = "palabra ".repeat(12);
        for (text, parted) in [
            (
                "corta  con   huecos".to_owned(),
                "corta  con   huecos\n".to_owned(),
            ),
            (String::new(), String::new()),
            (
                format!("- {words}"),
                format!(
                    "- {}\n  {}\n",
                    "palabra ".repeat(9).trim_end(),
                    "palabra ".repeat(3).trim_end()
                ),
            ),
            (
                format!("  12. {words}"),
                format!(
                    "  12. {}\n      {}\n",
                    "palabra ".repeat(8).trim_end(),
                    "palabra ".repeat(4).trim_end()
                ),
            ),
            // Half a command would be run as a whole one.
            (
                format!("    {words}"),
                format!("    {}\n", words.trim_end()),
            ),
            (format!("ver {long} aquí"), format!("ver\n{long}\naquí\n")),
            (
                format!("   {long} {long}"),
                format!("   {long}\n   {long}\n"),
            ),
            (
                format!("{}\u{a0}pesos", "9".repeat(74)),
                format!("{}\u{a0}pesos\n", "9".repeat(74)),
            ),
            ("una\n\n\ndos".to_owned(), "una\n\n\ndos\n".to_owned()),
        ] {
            assert_eq!(wrapped(&text), parted);
        }
    }
}
