//! What a header says of its column: a name in SQL, whether it is a key, whether it may be a
//! person's.

use std::collections::BTreeSet;

use super::fold::squeeze;
use crate::plan::{DEPARTMENT, RESERVED_COLUMNS};

const LONGEST: usize = 40;

/// Words of SQL that a column had better not be called.
const SQL: [&str; 34] = [
    "all", "and", "as", "asc", "between", "by", "case", "date", "day", "desc", "distinct", "else",
    "end", "from", "group", "having", "in", "index", "interval", "is", "join", "like", "limit",
    "month", "not", "null", "on", "or", "order", "select", "table", "union", "value", "year",
];

/// Words of headers whose numbers are keys.
const KEYS: [&str; 14] = [
    "folio",
    "clave",
    "id",
    "codigo",
    "expediente",
    "cp",
    "no",
    "num",
    "numero de",
    "oficio",
    "cuenta",
    "contrato",
    "placa",
    "serie",
];

/// Words of headers below which people's data stands.
const PERSONAL: [&str; 30] = [
    "nombre",
    "nombres",
    "apellido",
    "apellidos",
    "paterno",
    "materno",
    "curp",
    "rfc",
    "nss",
    "telefono",
    "tel",
    "celular",
    "correo",
    "email",
    "e-mail",
    "domicilio",
    "direccion",
    "calle",
    "beneficiario",
    "beneficiaria",
    "solicitante",
    "ciudadano",
    "ciudadana",
    "vecino",
    "vecina",
    "paciente",
    "alumno",
    "tutor",
    "nacimiento",
    "firma",
];

/// A name for SQL that is not `taken` yet.
pub(super) fn column_name(header: &str, taken: &mut BTreeSet<String>) -> String {
    let name = sql_name(header, "columna");
    let reserved =
        |name: &str| SQL.contains(&name) || RESERVED_COLUMNS.contains(&name) || name == DEPARTMENT;
    let name = if reserved(&name) {
        format!("{name}_")
    } else {
        name
    };
    let mut unique = name.clone();
    let mut number = 2;
    while !taken.insert(unique.clone()) {
        unique = format!("{name}_{number}");
        number += 1;
    }
    unique
}

/// A text as a name in SQL: lower case, without accents, words joined by `_`.
pub fn sql_name(text: &str, otherwise: &str) -> String {
    let without_remark = text.split_once('(').map_or(text, |(before, _)| before);
    let text = if squeeze(without_remark).is_empty() {
        text
    } else {
        without_remark
    };
    let mut name = String::new();
    for c in squeeze(text).chars() {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            '%' => name.push_str("_pct_"),
            _ => name.push('_'),
        }
    }
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let mut name = String::new();
    for word in words {
        if !name.is_empty() && name.len() + word.len() >= LONGEST {
            break;
        }
        if !name.is_empty() {
            name.push('_');
        }
        name.push_str(word.get(..LONGEST.min(word.len())).unwrap_or(word));
    }
    match name.chars().next() {
        None => otherwise.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("c_{name}"),
        Some(_) => name,
    }
}

fn says(folded: &str, words: &[&str]) -> bool {
    let plain: String = folded
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '-' {
                c
            } else {
                ' '
            }
        })
        .collect();
    let plain = format!(
        " {} ",
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    words
        .iter()
        .any(|word| plain.contains(&format!(" {word} ")))
}

/// Whether numbers below such a header are keys, of which no sum makes sense.
pub(super) fn is_a_key(folded: &str) -> bool {
    says(folded, &KEYS)
}

/// Whether a header or what stands below it looks like a person's data.
pub(super) fn may_be_personal(folded: &str, values: &[Option<String>]) -> bool {
    let address = |value: &String| value.contains('@') && value.contains('.');
    says(folded, &PERSONAL) || values.iter().flatten().any(|v| address(v) || is_curp(v))
}

/// Four letters, six digits, H or M, five letters, a letter or digit, a digit.
fn is_curp(value: &str) -> bool {
    let bytes = value.trim().as_bytes();
    bytes.len() == 18
        && bytes[..4].iter().all(u8::is_ascii_alphabetic)
        && bytes[4..10].iter().all(u8::is_ascii_digit)
        && matches!(bytes[10], b'H' | b'M' | b'h' | b'm' | b'X' | b'x')
        && bytes[11..16].iter().all(u8::is_ascii_alphabetic)
        && bytes[17].is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_becomes_a_name_of_sql_that_nothing_else_has() {
        let mut taken = BTreeSet::new();
        let names = [
            ("Fecha de cierre", "fecha_de_cierre"),
            ("Año", "ano"),
            ("% de avance", "pct_de_avance"),
            ("Monto (miles de pesos)", "monto"),
            ("(nota)", "nota"),
            ("2025", "c_2025"),
            ("Order", "order_"),
            ("Cutoff", "cutoff_"),
            ("Department", "department_"),
            ("Fecha de cierre:", "fecha_de_cierre_2"),
            ("¿?", "columna"),
        ];
        for (header, name) in names {
            assert_eq!(column_name(header, &mut taken), name, "{header}");
        }
        let long = column_name(&"palabra ".repeat(20), &mut taken);
        assert!(long.len() <= LONGEST, "{long}");
    }

    #[test]
    fn people_are_known_by_header_or_by_what_stands_there() {
        for header in [
            "nombre del beneficiario",
            "tel.",
            "correo electronico",
            "curp",
        ] {
            assert!(may_be_personal(header, &[]), "{header}");
        }
        for header in ["programa", "detalle", "vecindad", "telesecundaria"] {
            assert!(!may_be_personal(header, &[]), "{header}");
        }
        for value in ["ana@example.mx", "GOMC900101MGTXRN09"] {
            assert!(
                may_be_personal("dato", &[Some(value.to_owned())]),
                "{value}"
            );
        }
    }
}
