//! What is wrong with a cell whatever its type: blank, an error, a formula without result.

use std::borrow::Cow;
use std::collections::HashMap;

use super::Cells;
use crate::ingest::findings::{Findings, Issue};
use crate::plan::Stored;
use crate::spreadsheet::cell::CellValue;

/// Notes blanks, errors and unseen characters.
pub(super) fn check(cells: &Cells<'_>, findings: &mut Findings) {
    for (ordinal, value) in cells.iter().enumerate() {
        let issue = match value {
            CellValue::Empty if !cells.column.optional => Issue::error(
                "blank-cell",
                "La celda está vacía y este dato es obligatorio.",
                format!("Escriba {}.", expected(cells)),
            ),
            CellValue::Error(_) => Issue::error(
                "error-cell",
                "La celda muestra un error de Excel: {raw}.",
                "Corrija la fórmula o escriba el valor directamente.",
            ),
            CellValue::NoCache => Issue::error(
                "formula-without-value",
                "La celda tiene una fórmula cuyo resultado no quedó guardado en el archivo.",
                "Abra el archivo en Excel o LibreOffice, espere a que calcule y guárdelo; o escriba el valor directamente.",
            ),
            CellValue::Number(n) | CellValue::Percent(n) | CellValue::Serial(n)
                if !n.is_finite() =>
            {
                Issue::error(
                    "not-finite",
                    "La celda contiene un número que no existe (infinito o indefinido).",
                    format!("Escriba {}.", expected(cells)),
                )
            }
            CellValue::Text(id)
                if !cells.texts.is_plain(id) && has_controls(cells.texts.get(id)) =>
            {
                controls(cells, cells.texts.get(id))
            }
            _ => continue,
        };
        cells.note(findings, ordinal, value, issue);
    }
}

/// The numbers of a column, each made of its cell by `read`, and held against the column's bounds.
pub(super) fn numbers(
    cells: &Cells<'_>,
    findings: &mut Findings,
    read: impl Fn(CellValue) -> Result<Option<f64>, Issue>,
) -> Vec<Option<f64>> {
    let mut out = Vec::with_capacity(cells.len());
    for (ordinal, value) in cells.iter().enumerate() {
        let number = match read(value) {
            Ok(number) => number,
            Err(issue) => {
                cells.note(findings, ordinal, value, issue);
                None
            }
        };
        if let Some(number) = number {
            bounds(cells, findings, ordinal, value, number);
        }
        out.push(number);
    }
    out
}

/// A number or a date is not guessed from what is left of it; a text can do without.
fn controls(cells: &Cells<'_>, text: &str) -> Issue {
    let hint = "Borre la celda y escriba el dato de nuevo, sin pegarlo de otro programa.";
    let issue = if cells.column.kind.stored() == Stored::Text {
        Issue::warning
    } else {
        Issue::error
    };
    if nothing_is_left(cells, text) {
        return Issue::error(
            "blank-cell",
            "La celda sólo trae caracteres que no se ven ({raw}) y este dato es obligatorio.",
            format!("Escriba {}.", expected(cells)),
        );
    }
    issue(
        "control-characters",
        "El texto de la celda trae caracteres que no se pueden leer: {raw}.",
        hint,
    )
}

fn nothing_is_left(cells: &Cells<'_>, text: &str) -> bool {
    !cells.column.optional && super::super::fold::is_blank(&without_controls(text))
}

/// A text without the characters that command a machine; tabs and line breaks stay.
pub(super) fn without_controls(text: &str) -> Cow<'_, str> {
    if !text.contains(is_command) {
        return text.into();
    }
    text.chars()
        .filter(|c| !is_command(*c))
        .collect::<String>()
        .into()
}

fn is_command(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

/// Whether a text holds characters that no cell should.
pub(super) fn has_controls(text: &str) -> bool {
    text.chars().any(|c| is_command(c) || c == '\u{fffd}')
}

/// What should be written in such a cell.
pub(super) fn expected(cells: &Cells<'_>) -> String {
    cells.column.kind.expected()
}

/// Notes values met twice in a column that must not repeat them.
pub(super) fn unique<T>(
    cells: &Cells<'_>,
    findings: &mut Findings,
    values: &[Option<T>],
    key: impl Fn(&T) -> String,
) {
    if !cells.column.unique {
        return;
    }
    let mut first: HashMap<String, u32> = HashMap::with_capacity(values.len());
    for (ordinal, (value, raw)) in values.iter().zip(cells.iter()).enumerate() {
        let Some(value) = value else { continue };
        let row = cells.row(ordinal);
        let before = *first.entry(key(value)).or_insert(row);
        if before != row {
            let issue = Issue::error(
                "duplicate-value",
                format!(
                    "El valor {{raw}} ya está en el renglón {} y no debe repetirse.",
                    before + 1
                ),
                "Corrija el valor, o borre uno de los dos renglones si es el mismo caso.",
            );
            cells.note(findings, ordinal, raw, issue);
        }
    }
}

/// Notes numbers outside the declared bounds; such a number is kept, the finding blocks.
pub(super) fn bounds(
    cells: &Cells<'_>,
    findings: &mut Findings,
    ordinal: usize,
    raw: CellValue,
    number: f64,
) {
    let column = cells.column;
    let issue = match (column.min, column.max) {
        (Some(min), _) if number < min => Issue::error(
            "below-minimum",
            format!("El valor {{raw}} es menor que el mínimo permitido, {min}."),
            "Revise el valor: ¿falta un dígito o sobra un signo?",
        ),
        (_, Some(max)) if number > max => Issue::error(
            "above-maximum",
            format!("El valor {{raw}} es mayor que el máximo permitido, {max}."),
            "Revise el valor: ¿sobra un dígito o falta el punto decimal?",
        ),
        _ => return,
    };
    cells.note(findings, ordinal, raw, issue);
}
