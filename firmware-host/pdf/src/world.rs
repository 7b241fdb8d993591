//! All that the layout can see: itself, the report and the fonts in this program.

use std::sync::LazyLock;
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt as _, World};

const LAYOUT: &str = include_str!("layout.typ");
/// What the layout calls the report.
const REPORT: &str = "report.json";

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));
static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    typst_assets::fonts().flat_map(|bytes| Font::iter(Bytes::new(bytes))).filter(is_used).collect()
});
static BOOK: LazyLock<LazyHash<FontBook>> =
    LazyLock::new(|| LazyHash::new(FontBook::from_fonts(FONTS.iter())));

/// Not those for formulas.
fn is_used(font: &Font) -> bool {
    ["Libertinus Serif", "DejaVu Sans Mono"].contains(&font.info().family.as_str())
}

/// A report to be set.
pub struct Report {
    layout: Source,
    report: FileId,
    json: Bytes,
}

impl Report {
    /// The one in `json`.
    pub fn new(json: Vec<u8>) -> Report {
        let layout = Source::new(id("layout.typ"), LAYOUT.to_string());
        Report { layout, report: id(REPORT), json: Bytes::new(json) }
    }
}

fn id(name: &str) -> FileId {
    let path = VirtualPath::new(name).expect("a plain name is a path");
    FileId::new(RootedPath::new(VirtualRoot::Project, path))
}

fn refused<T>(id: FileId) -> FileResult<T> {
    Err(FileError::NotFound(id.vpath().get_with_slash().into()))
}

impl World for Report {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &BOOK
    }

    fn main(&self) -> FileId {
        self.layout.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.layout.id() { Ok(self.layout.clone()) } else { refused(id) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.report { Ok(self.json.clone()) } else { refused(id) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
