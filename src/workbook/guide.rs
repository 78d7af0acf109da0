//! The sheet of instructions of a blank workbook.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Worksheet, XlsxError, utility};

use super::layout::BlankWorkbook;
use super::words;

const WIDTHS: [u32; 6] = [26, 14, 46, 24, 40, 16];
const TITLES: [&str; 6] = [
    "Columna",
    "¿Obligatoria?",
    "Qué escribir",
    "Ejemplo",
    "Valores permitidos",
    "Dato personal",
];

/// Writes it. A column's name stands after its letter, so that no row here looks like a header row
/// of the data.
pub(super) fn write(sheet: &mut Worksheet, subject: &BlankWorkbook<'_>) -> Result<(), XlsxError> {
    let title = Format::new().set_bold().set_font_size(14);
    let wrap = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let cell = wrap.clone().set_border(FormatBorder::Thin);
    let head = cell.clone().set_bold().set_background_color(0x00CF_D8EA);
    for (index, width) in (0u16..).zip(WIDTHS) {
        sheet.set_column_width(index, width)?;
    }
    sheet.write_string_with_format(0, 0, "Cómo llenar este libro", &title)?;
    let about = format!("{} · {}", subject.plan, subject.department);
    sheet.write_string(1, 0, &about)?;
    let mut row = 3;
    for line in steps(subject) {
        sheet.merge_range(row, 0, row, 5, &line, &wrap)?;
        let lines = u32::try_from(line.chars().count() / 140 + 1).unwrap_or(1);
        sheet.set_row_height(row, 16 * lines)?;
        row += 1;
    }
    row += 1;
    for (index, text) in (0u16..).zip(TITLES) {
        sheet.write_string_with_format(row, index, text, &head)?;
    }
    for (index, (name, column)) in (0u16..).zip(&subject.source.columns) {
        row += 1;
        let letter = utility::column_number_to_name(index);
        let texts = [
            format!("{letter} · {}", words::header(name, column)),
            words::duty(column).to_owned(),
            words::what(column),
            column.example(),
            words::allowed(column),
            if column.personal { "Sí" } else { "No" }.to_owned(),
        ];
        let lines = texts
            .iter()
            .zip(WIDTHS)
            .map(|(t, w)| t.chars().count() / w as usize + 1)
            .max();
        for (place, text) in (0u16..).zip(&texts) {
            sheet.write_string_with_format(row, place, text, &cell)?;
        }
        sheet.set_row_height(row, 16 * u32::try_from(lines.unwrap_or(1)).unwrap_or(1))?;
    }
    sheet.set_landscape();
    sheet.set_paper_size(1);
    sheet.set_print_fit_to_pages(1, 0);
    sheet.protect();
    Ok(())
}

fn steps(subject: &BlankWorkbook<'_>) -> Vec<String> {
    let mut lines = vec![
        match subject.source.period {
            Some(period) => format!("1. Este libro es para el periodo {period}, que se lee arriba de los datos; si lo usa para otro, cámbielo ahí. Capture un caso por renglón, sin renglones en blanco entre ellos."),
            None => "1. Escriba en la primera hoja el periodo que informa y capture un caso por renglón, sin renglones en blanco entre ellos.".to_owned(),
        },
        "2. No cambie los encabezados, no combine celdas y no agregue totales: el sistema los calcula. Puede agregar columnas propias a la derecha; no se leen.".to_owned(),
        "3. Si pega datos de otro archivo use «Pegado especial ▸ Valores», para conservar los formatos y las listas.".to_owned(),
        "4. Una celda amarilla falta por llenar; una roja repite un dato que no debe repetirse.".to_owned(),
    ];
    lines.push(match subject.save_as {
        Some(name) => format!(
            "5. Al terminar use «Guardar como», elija el formato de «{name}» y déjelo con ese nombre en la carpeta de entrega."
        ),
        None => "5. Guárdelo con el mismo nombre en la carpeta de entrega.".to_owned(),
    });
    for check in words::checks(subject.source) {
        lines.push(format!("En cada renglón debe cumplirse: {check}."));
    }
    let personal = subject.source.columns.values().any(|c| c.personal);
    lines.push(if personal {
        "Datos personales: las columnas señaladas abajo sólo sirven para revisar este archivo; su contenido no aparece en reportes, correos, mensajes ni bitácoras. No escriba datos personales en otras columnas.".to_owned()
    } else {
        "Datos personales: este libro no los pide. No escriba nombres, domicilios, teléfonos ni claves de personas en ninguna columna.".to_owned()
    });
    lines
}
