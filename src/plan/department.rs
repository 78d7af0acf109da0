//! `[department.*]`: who sends files.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::Checker;
use super::field::Field;
use super::shape::{Line, TITLE, Text};

/// The keys of a department.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct DepartmentKeys {
    /// Name as printed.
    name: Field<Line<TITLE>>,
    /// The liaison's e-mail address.
    #[serde(default)]
    #[schemars(example = &"enlace@example.mx")]
    liaison: Field<Text>,
}

/// A department.
#[derive(Debug, Clone)]
pub struct Department {
    /// Its name, as printed.
    pub name: String,
    /// Its liaison's address.
    pub liaison: Option<String>,
}

impl DepartmentKeys {
    pub(crate) fn check(
        &self,
        id: &str,
        place: &Field<Self>,
        checker: &mut Checker<'_>,
    ) -> Department {
        checker.slug("a department's id", id, place.key());
        let liaison = self.liaison.text();
        if let Some(address) = &liaison {
            checker.mailbox(address, self.liaison.span());
        }
        Department {
            name: self.name.required_text(),
            liaison,
        }
    }
}
