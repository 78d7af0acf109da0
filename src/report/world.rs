//! What the Typst compiler may see: a preloaded list of files, the bundled fonts, the cutoff as
//! today. No disk, no network, no clock, no packages.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Binding, Bytes, Datetime, Duration, Scope};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Feature, Library, LibraryExt, World};
use typst_kit::files::{FileLoader, FileStore};
use typst_kit::fonts::{self, FontStore};

use crate::embedded;

/// Fonts of the report, then those that typst carries for symbols.
static FONTS: LazyLock<FontStore> = LazyLock::new(|| {
    let mut store = FontStore::new();
    for (name, bytes) in embedded::below("report-templates/fonts") {
        if name.ends_with(".ttf") || name.ends_with(".otf") {
            store.extend(Font::iter(Bytes::new(bytes)).map(|font| {
                let info = font.info().clone();
                (font, info)
            }));
        }
    }
    store.extend(fonts::embedded());
    store
});

/// The bundled fonts.
#[cfg(test)]
pub(super) fn fonts() -> &'static FontStore {
    &FONTS
}

/// Reads the bundled fonts, which any document needs.
pub fn warm_up() {
    LazyLock::force(&FONTS);
}

/// How many font families the binary carries.
pub fn font_families() -> usize {
    FONTS.book().families().count()
}

/// The compiler's world.
pub(super) struct Sealed {
    library: LazyHash<Library>,
    main: FileId,
    files: FileStore<Preloaded>,
    today: NaiveDate,
}

struct Preloaded(BTreeMap<String, Bytes>);

impl FileLoader for Preloaded {
    fn load(&self, id: FileId) -> FileResult<Bytes> {
        let path = id.get();
        let name = path.vpath().get_without_slash();
        match self.0.get(name) {
            Some(bytes) if *path.root() == VirtualRoot::Project => Ok(bytes.clone()),
            _ => Err(FileError::NotFound(name.into())),
        }
    }
}

impl Sealed {
    /// A world of `files` (paths with `/`, relative), beginning at `entry`.
    pub(super) fn new(
        entry: &str,
        files: BTreeMap<String, Vec<u8>>,
        today: NaiveDate,
    ) -> Option<Self> {
        let files = files.into_iter().map(|(k, v)| (k, Bytes::new(v))).collect();
        Some(Self {
            library: LazyHash::new(tame_library()),
            main: file_id(entry)?,
            files: FileStore::new(Preloaded(files)),
            today,
        })
    }
}

/// The standard library without what evaluates text or runs foreign code, and with what lets a table
/// name its rows for screen readers.
fn tame_library() -> Library {
    let features = std::iter::once(Feature::A11yExtras).collect();
    let mut library = Library::builder().with_features(features).build();
    let mut scope = Scope::new();
    for (name, binding) in library.global.scope().iter() {
        if !["eval", "plugin"].contains(&name.as_str()) {
            scope.bind(name.clone(), binding.clone());
        }
    }
    *library.global.scope_mut() = scope;
    // The library is also reachable as the module `std`.
    library.std = Binding::detached(library.global.clone());
    library
}

fn file_id(path: &str) -> Option<FileId> {
    let path = VirtualPath::new(path).ok()?;
    Some(FileId::new(RootedPath::new(VirtualRoot::Project, path)))
}

impl World for Sealed {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        FONTS.book()
    }

    fn main(&self) -> FileId {
        self.main
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        self.files.source(id)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.file(id)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        let month = u8::try_from(self.today.month()).ok()?;
        let day = u8::try_from(self.today.day()).ok()?;
        Datetime::from_ymd(self.today.year(), month, day)
    }
}
