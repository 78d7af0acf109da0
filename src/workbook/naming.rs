//! A name that a pattern accepts.

use globset::GlobBuilder;

/// The plainest name that matches a glob: what stands for anything is left out, of choices the
/// first is taken. None where that does not match.
pub(super) fn example(pattern: &str) -> Option<String> {
    let name = plainest(pattern);
    let glob = GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .ok()?;
    let sound = !name.is_empty() && !name.starts_with('.') && !name.ends_with('/');
    (sound && glob.compile_matcher().is_match(&name)).then_some(name)
}

fn plainest(pattern: &str) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars();
    let mut in_choice = 0u32;
    let mut skip = false;
    while let Some(c) = chars.next() {
        match c {
            '{' => in_choice += 1,
            '}' if in_choice > 0 => {
                in_choice -= 1;
                skip = false;
            }
            ',' if in_choice > 0 => skip = true,
            _ if skip => {}
            '*' => {}
            '?' => out.push('1'),
            '\\' => out.extend(chars.next()),
            '[' => {
                let first = chars.next();
                out.extend(first.map(|c| if c == '!' { '1' } else { c }));
                for inner in chars.by_ref() {
                    if inner == ']' {
                        break;
                    }
                }
            }
            _ => out.push(c),
        }
    }
    // "acuerdos-*.xlsx" is better called acuerdos.xlsx, where that matches.
    out.replace("/.", "/datos.")
}

/// A sheet's name from its pattern: at most 31 characters, none that Excel refuses.
pub(super) fn sheet(pattern: Option<&str>) -> String {
    let name = pattern.and_then(example).unwrap_or_default();
    let name: String = name
        .chars()
        .filter(|c| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\'))
        .take(31)
        .collect();
    let name = name.trim_matches(['\'', ' ']);
    if name.is_empty() {
        "Datos".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_their_patterns() {
        for (pattern, name) in [
            ("mi-barrio-habla*.xlsx", Some("mi-barrio-habla.xlsx")),
            ("obras/acuerdos*.xlsx", Some("obras/acuerdos.xlsx")),
            ("{avance,avances}_20??.xls[xm]", Some("avance_2011.xlsx")),
            ("obras/*.xlsx", Some("obras/datos.xlsx")),
            ("a.ods", Some("a.ods")),
            ("*", None),
        ] {
            assert_eq!(example(pattern).as_deref(), name, "{pattern}");
        }
        assert_eq!(sheet(Some("Acuerdos*")), "Acuerdos");
        assert_eq!(sheet(Some("*")), "Datos");
        assert_eq!(sheet(None), "Datos");
    }
}
