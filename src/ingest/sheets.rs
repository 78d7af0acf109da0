//! Which sheet holds the data.

use globset::GlobBuilder;

use super::fold::{fold, nearest, squeeze};
use super::gather::HeaderScan;
use super::header::{HeaderRow, find};
use crate::plan::{Limits, Source};
use crate::spreadsheet::cell::CellValue;
use crate::spreadsheet::read_error::ReadError;
use crate::spreadsheet::workbook::{SheetInfo, Workbook};

const MOST_SHEETS: usize = 300;

/// The sheet chosen and its header row.
#[derive(Debug)]
pub(super) struct ChosenSheet {
    /// Its number.
    pub sheet: usize,
    /// Its header row.
    pub head: HeaderRow,
    /// What stands above it.
    pub above: Vec<(u32, u32, CellValue)>,
}

/// An error and the sheet that it is in.
pub(super) type InSheet = (Option<String>, ReadError);

/// Chooses by name where one is declared, and by the headers among those that are left.
pub(super) fn choose(
    book: &mut dyn Workbook,
    source: &Source,
    limits: &Limits,
    on_sheet: &mut dyn FnMut(&str),
) -> Result<ChosenSheet, InSheet> {
    let infos = book.sheets().to_vec();
    let candidates = candidates(&infos, source).map_err(|t| (None, t))?;
    let mut heads: Vec<ChosenSheet> = Vec::new();
    for sheet in &candidates {
        let name = &infos[*sheet].name;
        on_sheet(name);
        let mut look = HeaderScan::new(limits.columns);
        book.cells(*sheet, &mut look)
            .map_err(|t| (Some(name.clone()), t))?;
        if let Some(head) = find(&look.cells, book.texts(), &source.columns) {
            let mut above = look.cells;
            above.retain(|(row, _, _)| *row < head.row);
            heads.push(ChosenSheet {
                sheet: *sheet,
                head,
                above,
            });
        }
    }
    let complete: Vec<usize> = heads
        .iter()
        .filter(|chosen| chosen.head.is_complete(&source.columns))
        .map(|chosen| chosen.sheet)
        .collect();
    if complete.len() > 1 {
        let names: Vec<&str> = complete.iter().map(|s| infos[*s].name.as_str()).collect();
        return Err((None, ambiguous(&names)));
    }
    let needed = source.columns.values().filter(|c| !c.optional).count();
    let best = heads
        .into_iter()
        .filter(|chosen| chosen.head.score() * 2 >= needed.min(source.columns.len()))
        .max_by_key(|chosen| {
            let named = complete.contains(&chosen.sheet);
            (named, chosen.head.score(), usize::MAX - chosen.sheet)
        });
    best.ok_or_else(|| {
        let only = candidates.first().filter(|_| candidates.len() == 1);
        (only.map(|s| infos[*s].name.clone()), no_header(source))
    })
}

fn candidates(infos: &[SheetInfo], source: &Source) -> Result<Vec<usize>, ReadError> {
    if infos.is_empty() {
        return Err(ReadError::new(
            "no-sheets",
            "El libro no tiene ninguna hoja de datos.",
            "Capture los datos en una hoja de cálculo normal, no en una hoja de gráfico, y guárdelo de nuevo.",
        ));
    }
    if infos.len() > MOST_SHEETS {
        return Err(crate::spreadsheet::read_error::too_big(&format!(
            "tiene {} hojas",
            infos.len()
        )));
    }
    let expected = source
        .sheet
        .as_deref()
        .filter(|_| infos.iter().any(|i| !i.name.is_empty()));
    let named: Vec<usize> = (0..infos.len())
        .filter(|i| expected.is_none_or(|w| is_called(&infos[*i].name, w)))
        .collect();
    let visible: Vec<usize> = named
        .iter()
        .copied()
        .filter(|i| !infos[*i].hidden)
        .collect();
    if !visible.is_empty() {
        return Ok(visible);
    }
    if let Some(first) = named.first() {
        return Err(ReadError::new(
            "hidden-sheet",
            format!(
                "La hoja «{}» está oculta, y las hojas ocultas no se leen.",
                infos[*first].name
            ),
            "En Excel: clic derecho sobre cualquier pestaña ▸ Mostrar; guárdelo de nuevo.",
        ));
    }
    Err(missing(infos, expected.unwrap_or_default()))
}

fn is_called(name: &str, expected: &str) -> bool {
    fold(name) == fold(expected)
        || GlobBuilder::new(&squeeze(expected))
            .build()
            .is_ok_and(|glob| glob.compile_matcher().is_match(squeeze(name)))
}

fn missing(infos: &[SheetInfo], expected: &str) -> ReadError {
    let names: Vec<&str> = infos
        .iter()
        .filter(|i| !i.hidden)
        .map(|i| i.name.as_str())
        .collect();
    let listed: Vec<String> = names.iter().take(10).map(|n| format!("«{n}»")).collect();
    let more = names.len().saturating_sub(10);
    let tail = if more > 0 {
        format!(" y {more} más")
    } else {
        String::new()
    };
    let hint = match nearest(expected, names.iter().copied()) {
        Some(near) => {
            format!("Si los datos están en «{near}», cambie el nombre de esa hoja a «{expected}».")
        }
        None => format!("Ponga los datos en una hoja llamada «{expected}»."),
    };
    ReadError::new(
        "missing-sheet",
        format!(
            "No hay una hoja llamada «{expected}»; el libro tiene {}{tail}.",
            listed.join(", ")
        ),
        hint,
    )
}

fn ambiguous(names: &[&str]) -> ReadError {
    ReadError::new(
        "ambiguous-sheet",
        format!(
            "Varias hojas tienen los encabezados que se piden: «{}». No se sabe cuál leer.",
            names.join("», «")
        ),
        "Deje los datos en una sola hoja, y borre u oculte las demás.",
    )
}

fn no_header(source: &Source) -> ReadError {
    let headers: Vec<String> = source
        .columns
        .values()
        .filter(|c| !c.optional)
        .filter_map(|c| c.headers.first().map(|h| format!("«{h}»")))
        .collect();
    ReadError::new(
        "missing-header-row",
        format!(
            "No se encontró el renglón de encabezados en los primeros {} renglones.",
            super::gather::LOOK_ROWS
        ),
        format!(
            "Escriba en un mismo renglón los encabezados {}.",
            headers.join(", ")
        ),
    )
}
