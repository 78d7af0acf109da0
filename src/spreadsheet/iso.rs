//! Dates and times as ISO 8601 writes them, which ods and strict xlsx store, as the serial numbers
//! that the other formats store: what is judged of a date must not depend on the format.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, Timelike};

use super::cell::{CellValue, Texts};
use super::read_error::{ReadError, too_many_texts};

/// What a cell with such a date holds.
pub(crate) fn value(text: &str, date1904: bool, texts: &mut Texts) -> Result<CellValue, ReadError> {
    match serial(text.trim(), date1904) {
        Some(serial) => Ok(CellValue::Serial(serial)),
        None => {
            let id = texts.push(text.trim());
            id.map(CellValue::IsoDate).ok_or_else(too_many_texts)
        }
    }
}

/// The serial number of `2026-02-18` or `2026-02-18T09:30:00`; none for other texts, for dates
/// with a zone, and for the days around 1900-02-29, which serial numbers count differently.
pub(crate) fn serial(text: &str, date1904: bool) -> Option<f64> {
    let moment = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").or_else(|_| {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")?;
        Ok::<_, chrono::ParseError>(day.and_time(NaiveTime::MIN))
    });
    let moment = moment.ok()?;
    let epoch = if date1904 {
        NaiveDate::from_ymd_opt(1904, 1, 1)?
    } else {
        NaiveDate::from_ymd_opt(1899, 12, 30)?
    };
    let days = moment.date().signed_duration_since(epoch).num_days();
    let whole = f64::from(i32::try_from(days).ok()?);
    // A time without a date is stored as the epoch's day.
    let same = days == 0 || serial_day(whole, date1904) == Some(moment.date());
    let fraction = f64::from(moment.time().num_seconds_from_midnight()) / 86_400.0;
    same.then_some(whole + fraction)
}

/// The day of a serial number; none outside what a sheet can mean.
pub(crate) fn serial_day(serial: f64, date1904: bool) -> Option<NaiveDate> {
    if !(0.0..2_958_466.0).contains(&serial) {
        return None;
    }
    let whole = serial.floor() as u64;
    let epoch = if date1904 {
        NaiveDate::from_ymd_opt(1904, 1, 1)?
    } else if whole < 60 {
        NaiveDate::from_ymd_opt(1899, 12, 31)?
    } else if whole == 60 {
        // Excel's 29 February 1900 never was.
        return None;
    } else {
        NaiveDate::from_ymd_opt(1899, 12, 30)?
    };
    epoch.checked_add_days(Days::new(whole))
}

/// The days of a duration such as `PT09H30M00S`.
pub(crate) fn days(text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    let mut number = String::new();
    for letter in text.strip_prefix("PT")?.chars() {
        let unit = match letter {
            '0'..='9' | '.' => {
                number.push(letter);
                continue;
            }
            'H' => 3600.0,
            'M' => 60.0,
            'S' => 1.0,
            _ => return None,
        };
        seconds += std::mem::take(&mut number).parse::<f64>().ok()? * unit;
    }
    number.is_empty().then_some(seconds / 86_400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_the_serials_that_other_formats_store() {
        for (text, date1904, number) in [
            ("2025-03-14", false, Some(45_730.0)),
            ("2025-03-14T12:00:00", false, Some(45_730.5)),
            ("2025-03-14", true, Some(44_268.0)),
            ("1899-12-30T18:00:00", false, Some(0.75)),
            ("1900-01-15", false, None),
            ("1900-03-01", false, Some(61.0)),
            ("1850-01-01", false, None),
            ("2025-03-14T00:00:00-06:00", false, None),
            ("14/03/2025", false, None),
            ("", false, None),
        ] {
            assert_eq!(serial(text, date1904), number, "{text}");
        }
    }

    #[test]
    fn durations() {
        for (text, number) in [
            ("PT12H00M00S", Some(0.5)),
            ("PT36H00M00.000000S", Some(1.5)),
            ("P1D", None),
            ("PT5", None),
            ("", None),
        ] {
            assert_eq!(days(text), number, "{text}");
        }
    }
}
