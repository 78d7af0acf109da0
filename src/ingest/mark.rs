//! The mark of a template in a returned file: whose template it is, and from which definition.

use super::fold::fold;
use crate::diagnostic::{CellLocation, Diagnostic};
use crate::plan::{MARK_SHEET, MARK_TITLE, Source, TemplateStamp};
use crate::spreadsheet::cell::{CellValue, Flow, Sink, Texts};
use crate::spreadsheet::read_error::ReadError;
use crate::spreadsheet::workbook::Workbook;

const ROWS: u32 = 8;
const ASK: &str = "Pida la plantilla de su dependencia, o copie en ella sólo los renglones de datos (Pegado especial ▸ Valores).";

/// What the mark gives away, but for its period.
pub(super) fn report(mark: &TemplateStamp, file: &str, source: &Source) -> Option<Diagnostic> {
    let place = CellLocation {
        file: file.to_owned(),
        ..CellLocation::default()
    };
    let departments = source.providers.departments();
    let found = if !departments.contains(&mark.department) {
        Diagnostic::error(
            "other-department-template",
            format!(
                "El archivo se hizo con la plantilla de otra dependencia: «{}».",
                plain(&mark.department)
            ),
        )
        .hint(ASK)
    } else if mark.source != source.id {
        Diagnostic::error(
            "other-source-template",
            format!(
                "El archivo se hizo con la plantilla de otros datos: «{}», y aquí se espera «{}».",
                plain(&mark.source),
                source.id
            ),
        )
        .hint("Revise que no haya intercambiado los archivos; si los datos son los que se piden, cópielos a la plantilla correcta.")
    } else if mark.definition != source.template_hash() {
        Diagnostic::warning(
            "older-template",
            "El archivo se hizo con una versión anterior de la plantilla: las columnas que se piden han cambiado desde entonces.",
        )
        .hint("Se leyó con las columnas de hoy. Para el siguiente periodo use la plantilla vigente: pídala a quien coordina el plan.")
    } else {
        return None;
    };
    Some(found.in_cells(place))
}

/// Ids are short and plain; what is not was not written by metas.
fn plain(id: &str) -> String {
    id.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
        .take(64)
        .collect()
}

/// A mark that can't be read is none, and so is that of a file that carries none.
pub(super) fn read(book: &mut dyn Workbook) -> Option<TemplateStamp> {
    let expected = fold(MARK_SHEET);
    let sheet = book
        .sheets()
        .iter()
        .position(|info| info.hidden && fold(&info.name) == expected)?;
    let mut look = StampScan::default();
    book.cells(sheet, &mut look).ok()?;
    let text = |row: u32, column: u32| {
        look.cells
            .iter()
            .find(|(r, c, _)| (*r, *c) == (row, column))
            .map(|(_, _, text)| text.as_str())
    };
    if text(0, 0) != Some(MARK_TITLE) {
        return None;
    }
    let mut mark = TemplateStamp::default();
    for row in 1..ROWS {
        if let (Some(key), Some(value)) = (text(row, 0), text(row, 1)) {
            mark.set(key, value);
        }
    }
    mark.is_whole().then_some(mark)
}

#[derive(Default)]
struct StampScan {
    cells: Vec<(u32, u32, String)>,
}

impl Sink for StampScan {
    fn wants(&self, column: u32) -> bool {
        column < 2
    }

    fn cell(
        &mut self,
        row: u32,
        column: u32,
        value: CellValue,
        texts: &Texts,
    ) -> Result<Flow, ReadError> {
        if row >= ROWS {
            return Ok(Flow::Stop);
        }
        if column < 2
            && let CellValue::Text(id) = value
        {
            let text: String = texts.get(id).chars().take(100).collect();
            self.cells.push((row, column, text));
        }
        Ok(Flow::Go)
    }
}
