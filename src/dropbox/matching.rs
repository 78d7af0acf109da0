//! Which file is whose.

use globset::{GlobBuilder, GlobMatcher};
use indexmap::IndexMap;

use crate::ingest::squeeze;
use crate::plan::{Providers, Source};

/// One file that is expected.
#[derive(Debug)]
pub struct Expected<'s> {
    /// The source.
    pub source: &'s Source,
    /// The department that sends it.
    pub department: String,
    /// The pattern with the department filled in, as the definition writes it.
    pub pattern: String,
    glob: Option<GlobMatcher>,
}

impl Expected<'_> {
    /// Whether a file of this [`plain`] name is the one.
    pub fn is(&self, plain_name: &str) -> bool {
        match &self.glob {
            Some(glob) => glob.is_match(plain_name),
            None => plain(&self.pattern) == plain_name,
        }
    }

    /// Whether the file may lie in a folder or below it.
    pub fn may_lie_in(&self, folder: &str) -> bool {
        may_lie_in(&self.pattern, folder)
    }
}

fn may_lie_in(pattern: &str, folder: &str) -> bool {
    let (pattern, folder) = (plain(pattern), plain(folder));
    let mut parts = pattern.split('/');
    for name in folder.split('/') {
        match parts.next() {
            Some("**") => return true,
            Some(part) if is_like(part, name) => {}
            _ => return false,
        }
    }
    parts.next().is_some()
}

fn is_like(pattern: &str, name: &str) -> bool {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.map_or(pattern == name, |glob| {
        glob.compile_matcher().is_match(name)
    })
}

/// Every file that the sources expect.
pub fn expected(sources: &IndexMap<String, Source>) -> Vec<Expected<'_>> {
    let mut all = Vec::new();
    for source in sources.values() {
        let departments = match &source.providers {
            Providers::One(one) => std::slice::from_ref(one),
            Providers::Each(each) => each.as_slice(),
        };
        for department in departments {
            let pattern = source.file.replace("{department}", department);
            let glob = GlobBuilder::new(&plain(&pattern))
                .literal_separator(true)
                .build()
                .ok()
                .map(|g| g.compile_matcher());
            all.push(Expected {
                source,
                department: department.clone(),
                pattern,
                glob,
            });
        }
    }
    all
}

/// Names compared without case, accents, and the difference between space, `_` and `-`.
pub(super) fn plain(name: &str) -> String {
    squeeze(name).replace([' ', '_'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_file_may_lie() {
        for (pattern, folder, may) in [
            ("obras/avance*.csv", "Obras", true),
            ("*/avance.csv", "obras", true),
            ("**/avance.csv", "a/b", true),
            ("avance*.csv", "obras", false),
            ("salud/avance.csv", "obras", false),
            ("obras/avance.csv", "obras/2026", false),
        ] {
            assert_eq!(may_lie_in(pattern, folder), may, "{pattern} in {folder}");
        }
    }
}
