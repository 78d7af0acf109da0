//! Where a home's deliveries have their files: its folder, and the store where it has one.

use std::path::Path;

use crate::store::Store;

/// Where frozen messages lie, and where it stands beside the reports what was sent.
#[derive(Debug, Clone, Copy)]
pub struct DeliveryHome<'a> {
    pub(super) root: &'a Path,
    pub(super) store: Option<&'a dyn Store>,
}

impl<'a> DeliveryHome<'a> {
    /// A home's folder, and nothing else.
    pub fn at(root: &'a Path) -> Self {
        Self { root, store: None }
    }

    /// The same, with a store in which other hosts see what was sent.
    pub(crate) fn with_store(self, store: Option<&'a dyn Store>) -> Self {
        Self { store, ..self }
    }
}
