//! A statement as PostgreSQL takes it: its parameters by number, each with its type.

use std::sync::Arc;

use tokio_postgres::types::Type;

use super::{Typed, Values};
use crate::ledger::database_error::DatabaseError;
use crate::ledger::value::{LedgerRow, LedgerValue, Parameter};

/// The statement with `$1`, `$2`, … for the parameters' names, and their values in that order. A
/// unique key of the server begins with the home, which statements do not know of.
///
/// # Errors
/// A name of the statement is no parameter's.
pub(super) fn numbered(
    sql: &str,
    parameters: &[Parameter<'_>],
) -> Result<(String, Values), DatabaseError> {
    let mut out = String::with_capacity(sql.len() + 16);
    let mut quoted = false;
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if c == ':' && !quoted && after.starts_with(is_letter) {
            let length = after.find(|c| !is_letter(c)).unwrap_or(after.len());
            let name = &rest[..=length];
            let place = parameters.iter().position(|(known, _)| *known == name);
            let place =
                place.ok_or_else(|| DatabaseError::failed(format!("{name} is no parameter")))?;
            out.push_str(&format!("${}", place + 1));
            rest = &rest[name.len()..];
            continue;
        }
        quoted ^= c == '\'';
        out.push(c);
        rest = after;
    }
    let out = out.replace("ON CONFLICT (", "ON CONFLICT (home, ");
    let values = parameters.iter().map(|(_, value)| kept(value)).collect();
    Ok((out, values))
}

/// A text of PostgreSQL has no NUL; what a server replied may.
fn kept(value: &LedgerValue) -> LedgerValue {
    match value {
        LedgerValue::Text(Some(text)) if text.contains('\0') => {
            LedgerValue::Text(Some(text.replace('\0', "\u{fffd}")))
        }
        other => other.clone(),
    }
}

/// The value with the type that the server is told.
pub(super) fn typed(value: &LedgerValue) -> Typed<'_> {
    match value {
        LedgerValue::Text(text) => (text, Type::TEXT),
        LedgerValue::Integer(number) => (number, Type::INT8),
    }
}

/// A row of the server; yes and no become 1 and 0.
///
/// # Errors
/// A column has a type that the ledger does not keep.
pub(super) fn read(
    row: &tokio_postgres::Row,
    columns: &Arc<[String]>,
) -> Result<LedgerRow, DatabaseError> {
    let value = |(place, column): (usize, &tokio_postgres::Column)| {
        let kind = column.type_();
        let value = if *kind == Type::TEXT {
            row.try_get(place).map(LedgerValue::Text)
        } else if *kind == Type::INT8 {
            row.try_get(place).map(LedgerValue::Integer)
        } else if *kind == Type::INT4 {
            let number = row.try_get::<_, Option<i32>>(place);
            number.map(|number| LedgerValue::Integer(number.map(i64::from)))
        } else if *kind == Type::BOOL {
            let yes = row.try_get::<_, Option<bool>>(place);
            yes.map(|yes| LedgerValue::Integer(yes.map(i64::from)))
        } else {
            let name = column.name();
            return Err(DatabaseError::failed(format!(
                "column {name} is of type {kind}"
            )));
        };
        value.map_err(DatabaseError::failed)
    };
    Ok(LedgerRow {
        columns: Arc::clone(columns),
        values: row
            .columns()
            .iter()
            .enumerate()
            .map(value)
            .collect::<Result<_, _>>()?,
    })
}

/// A text as a literal of the server, whatever its settings.
pub(super) fn quoted(text: &str) -> String {
    let inner = text.replace('\\', "\\\\").replace('\'', "\\'");
    format!("E'{inner}'")
}

/// Says which home's rows the views show: for the transaction, or for the session.
pub(super) fn set_home(home: &str, locally: bool) -> String {
    let locally = if locally { "LOCAL" } else { "SESSION" };
    format!("SET {locally} metas.home = {}", quoted(home))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ledger::value::params;

    #[test]
    fn names_become_numbers() {
        let given = params! {":plan": "p", ":at": "x", ":edition": 1_u32};
        for (sql, expected) in [
            (
                "a = :plan AND (:at IS NULL OR b = :at)",
                "a = $1 AND ($2 IS NULL OR b = $2)",
            ),
            ("x = ':plan' AND y = :edition", "x = ':plan' AND y = $3"),
            ("'it''s :at' || :at", "'it''s :at' || $2"),
            (
                "ON CONFLICT (plan) DO UPDATE",
                "ON CONFLICT (home, plan) DO UPDATE",
            ),
            ("ON CONFLICT DO NOTHING", "ON CONFLICT DO NOTHING"),
        ] {
            assert_eq!(numbered(sql, given).unwrap().0, expected);
        }
        let wrong = numbered("a = :plans", given).unwrap_err();
        assert!(wrong.to_string().contains(":plans is no parameter"));
    }

    #[test]
    fn a_home_of_any_name_is_one_literal() {
        assert_eq!(quoted(r"l'león\"), r"E'l\'león\\'");
    }
}
