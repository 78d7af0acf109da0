//! Date columns. `18/02/2026` is day first, the contract with departments; a column whose values
//! contradict that is told, not guessed.

use chrono::{Datelike, NaiveDate};

use super::Cells;
use super::common::{expected, has_controls};
use super::date_text::{Said, on, parse};
use crate::ingest::findings::{Findings, Issue};
use crate::ingest::show::serial_day;
use crate::period::Period;
use crate::spreadsheet::cell::CellValue;

/// Serials of days from 1990 to 2099: a plain number outside is no date.
const PLAIN_SERIALS: std::ops::Range<f64> = 32_874.0..73_051.0;
const EPOCH_1904_SHIFT: f64 = 1_462.0;

/// What the texts of a column prove about the order of day and month.
#[derive(Debug, Clone, Copy, Default)]
struct DateOrder {
    /// How many can only be day first.
    day_first: usize,
    /// How many can only be month first.
    month_first: usize,
    /// How many could be either, and differ.
    open: usize,
}

/// Days since 1970-01-01.
pub(super) fn read(cells: &Cells<'_>, findings: &mut Findings) -> Vec<Option<i32>> {
    let order = order(cells);
    let mut out = Vec::with_capacity(cells.len());
    for (ordinal, value) in cells.iter().enumerate() {
        let day = match one(cells, value, order) {
            Ok(None) => None,
            Ok(Some((day, remark))) => {
                if let Some(remark) = remark {
                    cells.note(findings, ordinal, value, remark);
                }
                let checked = in_range(day);
                if checked.is_none() {
                    cells.note(findings, ordinal, value, out_of_range());
                } else if let Some(period) = cells.period
                    && !(period.start()..=period.end()).contains(&day)
                {
                    cells.note(findings, ordinal, value, outside_period(period));
                }
                checked
            }
            Err(issue) => {
                cells.note(findings, ordinal, value, issue);
                None
            }
        };
        out.push(day);
    }
    half_converted(cells, order, findings);
    out
}

fn order(cells: &Cells<'_>) -> DateOrder {
    let mut order = DateOrder::default();
    for text in cells.iter().filter_map(|v| cells.text(v)) {
        if let Some((Said::Either { first, second, .. }, _)) = parse(text) {
            match (first > 12, second > 12) {
                (true, _) => order.day_first += 1,
                (false, true) => order.month_first += 1,
                (false, false) if first != second => order.open += 1,
                _ => {}
            }
        }
    }
    order
}

type Found = Option<(NaiveDate, Option<Issue>)>;

fn one(cells: &Cells<'_>, value: CellValue, order: DateOrder) -> Result<Found, Issue> {
    match value {
        CellValue::Empty | CellValue::Error(_) | CellValue::NoCache => Ok(None),
        CellValue::Number(n) | CellValue::Serial(n) if !n.is_finite() => Ok(None),
        CellValue::Serial(n) => serial(n, cells.date1904).map(Some),
        CellValue::Number(n) => plain_number(cells, n).map(Some),
        CellValue::Text(id) | CellValue::IsoDate(id) => {
            let text = cells.texts.get(id);
            if has_controls(text) {
                return Ok(None);
            }
            let found = from_text(cells, text, order)?;
            match value {
                CellValue::IsoDate(_) if found.0.year() == 1900 => Err(number_in_date()),
                _ => Ok(Some(found)),
            }
        }
        CellValue::Percent(_) | CellValue::Bool(_) | CellValue::Duration(_) => {
            Err(not_a_date(cells))
        }
    }
}

fn serial(n: f64, date1904: bool) -> Result<(NaiveDate, Option<Issue>), Issue> {
    if (0.0..1.0).contains(&n) && !date1904 {
        return Err(Issue::error(
            "time-without-date",
            "La celda contiene sólo una hora y aquí va una fecha.",
            "Escriba la fecha como día/mes/año, por ejemplo 18/02/2026.",
        ));
    }
    if (1.0..367.0).contains(&n) && n.fract() == 0.0 {
        return Err(number_in_date());
    }
    if (1900.0..=2100.0).contains(&n) && n.fract() == 0.0 {
        return Err(Issue::error(
            "year-in-date",
            "La celda muestra {raw}: parece que sólo se escribió un año.",
            "Escriba la fecha completa como día/mes/año, por ejemplo 18/02/2026.",
        ));
    }
    let day = serial_day(n, date1904).ok_or_else(out_of_range)?;
    Ok((day, (n.fract() != 0.0).then(with_time)))
}

fn plain_number(cells: &Cells<'_>, n: f64) -> Result<(NaiveDate, Option<Issue>), Issue> {
    let shift = if cells.date1904 {
        EPOCH_1904_SHIFT
    } else {
        0.0
    };
    if PLAIN_SERIALS.contains(&(n + shift)) {
        return serial(n, cells.date1904);
    }
    let compact = parse(&crate::ingest::show::number(n));
    match compact {
        Some((Said::Day(day), _)) => Ok((day, None)),
        _ => Err(not_a_date(cells)),
    }
}

fn from_text(
    cells: &Cells<'_>,
    text: &str,
    order: DateOrder,
) -> Result<(NaiveDate, Option<Issue>), Issue> {
    let Some((said, time)) = parse(text) else {
        // A text file keeps a date without format as its serial number.
        let digits = text.trim();
        return match digits.parse() {
            Ok(n) if cells.is_text && digits.len() == 5 => plain_number(cells, n),
            _ => Err(not_a_date(cells)),
        };
    };
    let remark = time.then(with_time);
    match said {
        Said::Day(day) => Ok((day, remark)),
        Said::Month(day) => Ok((
            day,
            Some(Issue::warning(
                "month-only-date",
                "La fecha {raw} no dice el día: se toma el último del mes.",
                "Escriba el día también, como día/mes/año.",
            )),
        )),
        Said::Impossible => Err(impossible()),
        Said::Either {
            first,
            second,
            year,
        } => {
            if second > 12 {
                return Err(Issue::error(
                    "month-first-date",
                    "La fecha {raw} parece escrita como mes/día/año.",
                    "Escríbala como día/mes/año, por ejemplo 18/02/2026.",
                ));
            }
            if order.month_first > 0 && first <= 12 && first != second {
                return Err(Issue::error(
                    "ambiguous-date",
                    "La fecha {raw} puede leerse de dos maneras, y en esta columna otras están escritas como mes/día/año.",
                    "Escriba todas como día/mes/año, por ejemplo 18/02/2026.",
                ));
            }
            match on(year, second, first) {
                Said::Day(day) => Ok((day, remark)),
                _ => Err(impossible()),
            }
        }
    }
}

/// Excel set to another country turns `03/04/2026` into 4 March and leaves `25/04/2026` a text.
/// Such a column has real dates up to the 12th only, and texts after the 12th only.
fn half_converted(cells: &Cells<'_>, order: DateOrder, findings: &mut Findings) {
    const ENOUGH: usize = 4;
    if order.day_first < ENOUGH || order.open > 0 || order.month_first > 0 {
        return;
    }
    let real: Vec<(usize, CellValue, NaiveDate)> = cells
        .iter()
        .enumerate()
        .filter_map(|(ordinal, value)| match value {
            CellValue::Serial(n) => serial_day(n, cells.date1904).map(|day| (ordinal, value, day)),
            _ => None,
        })
        .collect();
    if real.len() < ENOUGH || real.iter().any(|(_, _, day)| day.day() > 12) {
        return;
    }
    for (ordinal, value, _) in real {
        let issue = Issue::error(
            "swapped-dates",
            "La fecha {raw} puede tener el día y el mes cambiados: en esta columna las fechas con día mayor que 12 quedaron como texto y las demás no.",
            "Pasa al abrir un CSV con Excel configurado para otro país. Vuelva a capturar o exportar la columna y revise que todas queden como fecha.",
        );
        cells.note(findings, ordinal, value, issue);
    }
}

fn in_range(day: NaiveDate) -> Option<i32> {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1)?;
    (1900..=2100)
        .contains(&day.year())
        .then(|| i32::try_from(day.signed_duration_since(epoch).num_days()).ok())
        .flatten()
}

fn with_time() -> Issue {
    Issue::warning(
        "time-in-date",
        "La celda trae fecha y hora: se toma sólo el día.",
        "No hace falta corregirla.",
    )
}

fn number_in_date() -> Issue {
    Issue::error(
        "number-in-date",
        "La celda muestra {raw}: parece que sólo se escribió un número.",
        "Escriba la fecha completa como día/mes/año, por ejemplo 18/02/2026.",
    )
}

fn out_of_range() -> Issue {
    Issue::error(
        "date-out-of-range",
        "La fecha {raw} está fuera de los años 1900 a 2100.",
        "Revise el año y escriba la fecha como día/mes/año.",
    )
}

fn outside_period(period: Period) -> Issue {
    let day = |day: NaiveDate| day.format("%d/%m/%Y").to_string();
    Issue::error(
        "outside-period",
        format!("La fecha {{raw}} no es del periodo que se informa, {period}."),
        format!(
            "Aquí van fechas del {} al {}: corrija la fecha, o quite el renglón si es de otro periodo.",
            day(period.start()),
            day(period.end())
        ),
    )
}

fn impossible() -> Issue {
    Issue::error(
        "impossible-date",
        "La fecha {raw} no existe en el calendario.",
        "Escríbala como día/mes/año, por ejemplo 18/02/2026.",
    )
}

fn not_a_date(cells: &Cells<'_>) -> Issue {
    Issue::error(
        "not-a-date",
        "El valor {raw} no es una fecha.",
        format!("Escriba {}.", expected(cells)),
    )
}
