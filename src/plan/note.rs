//! Footnotes: prose with `{variable}` and `{variable:decimals}`; `{{` and `}}` stand for braces.

/// A part of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Printed as it is.
    Text(String),
    /// A column of the goal's query.
    Variable {
        /// The column's name.
        name: String,
        /// How many decimals, where the note asks for them.
        decimals: Option<usize>,
        /// Byte offset of the brace in the note.
        offset: usize,
    },
}

/// A parsed note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteTemplate(pub Vec<Piece>);

impl NoteTemplate {
    /// Parses a note.
    ///
    /// # Errors
    /// What is wrong with it, as an English sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..at + 1];
            let tail = &rest[at + 1..];
            if tail.starts_with(brace) {
                plain.push_str(brace);
                rest = &tail[1..];
                continue;
            }
            if brace == "}" {
                return Err("a closing brace without an opening one; write }} for a brace".into());
            }
            let Some(end) = tail.find('}') else {
                return Err("an opening brace that is never closed; write {{ for a brace".into());
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let offset = text.len() - rest.len() + at;
            pieces.push(variable(&tail[..end], offset)?);
            rest = &tail[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// Names of its variables, in order.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable { name, .. } => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }
}

fn variable(inside: &str, offset: usize) -> Result<Piece, String> {
    let (name, format) = match inside.split_once(':') {
        Some((name, format)) => (name, Some(format)),
        None => (inside, None),
    };
    let word = |c: char| c.is_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(word) {
        return Err(format!(
            "{{{inside}}} is not a variable: write {{name}} or {{name:2}}"
        ));
    }
    let decimals = match format {
        None => None,
        Some(digits) => match digits.parse::<usize>() {
            Ok(places) if places <= 6 => Some(places),
            _ => {
                return Err(format!(
                    "{{{inside}}}: after the colon stands the number of decimals, 0 to 6"
                ));
            }
        },
    };
    Ok(Piece::Variable {
        name: name.to_owned(),
        decimals,
        offset,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_notes_say() {
        for (text, expected) in [
            ("sin variables", Ok(1)),
            ("{a} y {b:0}.", Ok(4)),
            ("{{llaves}}", Ok(1)),
            ("{a", Err(())),
            ("a}", Err(())),
            ("{a b}", Err(())),
            ("{a:x}", Err(())),
            ("{}", Err(())),
        ] {
            let pieces = NoteTemplate::parse(text).map(|n| n.0.len()).map_err(|_| ());
            assert_eq!(pieces, expected, "{text}");
        }
    }
}
