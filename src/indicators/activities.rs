//! What departments tell, with or without a photo: an axis's `activities` query.

use super::figures::Activity;
use super::sql::Answer;
use super::value::Value;

/// Columns that an activities query may give.
pub(super) const COLUMNS: [&str; 6] = ["date", "title", "text", "photo", "alt", "goal"];

/// The activities of `axis` and what is wrong with the rows that give none.
pub(super) fn activities(axis: &str, answer: &Answer) -> (Vec<Activity>, Vec<String>) {
    let mut told = Vec::new();
    let mut wrong = Vec::new();
    for index in 0..answer.rows.len() {
        let row = answer.row(index);
        let text = |name: &str| match row.get(name) {
            Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Some(Value::Integer(number)) => Some(number.to_string()),
            _ => None,
        };
        let Some(title) = text("title") else {
            wrong.push(format!(
                "activity {} of axis `{axis}` has no title",
                index + 1
            ));
            continue;
        };
        told.push(Activity {
            axis: axis.to_owned(),
            goal: text("goal"),
            date: match row.get("date") {
                Some(Value::Date(day)) => Some(*day),
                _ => None,
            },
            title,
            text: text("text"),
            photo: text("photo"),
            alt: text("alt"),
            photo_note: None,
        });
    }
    (told, wrong)
}
