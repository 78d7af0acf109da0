//! Counts, days, moments and sizes in Spanish sentences.

use chrono::{NaiveDate, NaiveDateTime, Timelike};

use crate::period::Period;
use crate::spanish;

/// `1 archivo`, `3 archivos`, `1,234 archivos`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    let number = number(count);
    if count == 1 {
        format!("{number} {one}")
    } else {
        format!("{number} {many}")
    }
}

/// A count with its thousands parted.
pub(super) fn number(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `a, b y c`; *e* before a word that begins with its sound.
pub(super) fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => {
            let lower = last.to_lowercase();
            let same_sound = lower.starts_with('i')
                || lower.starts_with('í')
                || (lower.starts_with("hi") && !lower.starts_with("hie"));
            let and = if same_sound { "e" } else { "y" };
            format!("{} {and} {last}", first.join(", "))
        }
    }
}

/// `Primer trimestre de 2026`.
pub(super) fn period(period: Period) -> String {
    spanish::capitalised(&spanish::period_name(period))
}

/// `31 de marzo de 2026, 16:05 h`.
pub(super) fn moment(moment: NaiveDateTime) -> String {
    format!(
        "{}, {:02}:{:02}\u{a0}h",
        spanish::date_long(moment.date()),
        moment.hour(),
        moment.minute()
    )
}

/// How far a day is from today: `hoy`, `mañana`, `en 3 días`, `hace 2 días`.
pub(super) fn distance(day: NaiveDate, today: NaiveDate) -> String {
    match (day - today).num_days() {
        0 => "hoy".to_owned(),
        1 => "mañana".to_owned(),
        -1 => "ayer".to_owned(),
        days if days > 0 => format!("en {days} días"),
        days => format!("hace {} días", -days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_days_are_said_as_people_say_them() {
        assert_eq!(counted(1, "archivo", "archivos"), "1 archivo");
        assert_eq!(counted(0, "archivo", "archivos"), "0 archivos");
        assert_eq!(counted(12_345, "celda", "celdas"), "12,345 celdas");
        let of = |list: &[&str]| listed(&list.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["Obras"]), "Obras");
        assert_eq!(of(&["Obras", "Salud", "Deporte"]), "Obras, Salud y Deporte");
        assert_eq!(of(&["Obras", "Igualdad"]), "Obras e Igualdad");
        assert_eq!(of(&["agua", "hielo"]), "agua y hielo");
        let day = |d| NaiveDate::from_ymd_opt(2026, 4, d).unwrap();
        for (d, said) in [(5, "en 3 días"), (3, "mañana"), (2, "hoy"), (1, "ayer")] {
            assert_eq!(distance(day(d), day(2)), said);
        }
        assert_eq!(distance(day(2), day(12)), "hace 10 días");
        assert_eq!(
            moment(day(3).and_hms_opt(9, 5, 59).unwrap()),
            "3 de abril de 2026, 09:05\u{a0}h"
        );
    }
}
