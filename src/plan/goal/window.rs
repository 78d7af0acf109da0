//! When a goal is open, and the days that its value covers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::period::DueDate;
use crate::plan::check::Checker;
use crate::plan::field::Field;
use crate::plan::shape;

/// The keys of `window` and `span`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct WindowKeys {
    /// First day or month.
    #[schemars(schema_with = "shape::date")]
    from: Field<DueDate>,
    /// Last day or month.
    #[schemars(schema_with = "shape::date")]
    to: Field<DueDate>,
}

/// First and last day of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// First day and how it was written.
    pub from: DueDate,
    /// Last day and how it was written.
    pub to: DueDate,
}

pub(crate) fn check(
    key: &str,
    field: &Field<WindowKeys>,
    checker: &mut Checker<'_>,
) -> Option<Window> {
    let keys = field.get()?;
    let window = Window {
        from: keys.from.copied()?,
        to: keys.to.copied()?,
    };
    if window.from.opening() > window.to.date {
        checker.error_hint(
            "window-reversed",
            keys.from.span(),
            format!("the {key} ends before it begins"),
            "swap from and to",
        );
    }
    Some(window)
}
