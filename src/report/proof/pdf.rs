//! What is looked at again before a document goes out. The finished bytes are opened by a reader
//! that shares no code with the writer; each page is drawn for its glyphs alone, and their Unicode
//! text is what a screen reader or a search would get. What is marked as decoration, such as
//! running heads, does not count: a page with nothing else is blank.

use hayro_interpret::font::Glyph;
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache,
    InterpreterSettings, Paint, PathDrawMode, SoftMask, interpret_page,
};
use kurbo::{Affine, BezPath, Rect};

use crate::diagnostic::Diagnostic;

/// What a page holds for a reader.
#[derive(Debug, Default)]
struct Content {
    text: String,
    images: usize,
}

/// Opens the finished bytes and reads every page.
///
/// # Errors
/// It cannot be opened, has other pages than it should, a page is blank, or a text is on none.
pub(super) fn check(pdf: &[u8], pages: usize, must_say: &[String]) -> Result<(), Vec<Diagnostic>> {
    let broken = |why: String| vec![Diagnostic::error("pdf-broken", why)];
    let read = Pdf::new(pdf.to_vec())
        .map_err(|error| broken(format!("the PDF cannot be opened again: {error:?}")))?;
    if read.pages().len() != pages || pages == 0 {
        let message = format!("the PDF has {} pages, not {pages}", read.pages().len());
        return Err(broken(message));
    }
    let contents: Vec<Content> = read.pages().iter().map(content).collect();
    let mut found = blank(&contents);
    found.extend(unsaid(&contents, must_say));
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn content(page: &Page<'_>) -> Content {
    let cache = InterpreterCache::new();
    let (width, height) = page.base_dimensions();
    let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let settings = InterpreterSettings {
        render_annotations: false,
        ..InterpreterSettings::default()
    };
    let mut context = Context::new(Affine::IDENTITY, bounds, &cache, page.xref(), settings);
    let mut reader = Reader::default();
    interpret_page(page, &mut context, &mut reader);
    reader.content
}

fn blank(contents: &[Content]) -> Vec<Diagnostic> {
    let empty =
        |content: &&(usize, &Content)| content.1.images == 0 && content.1.text.trim().is_empty();
    let numbered: Vec<(usize, &Content)> = contents.iter().enumerate().collect();
    let blank = numbered.iter().filter(empty);
    blank
        .map(|(index, _)| {
            let message = format!("page {} is blank", index + 1);
            Diagnostic::error("blank-page", message)
                .hint("remove the page break before it, or what makes the page before it too full")
        })
        .collect()
}

fn unsaid(contents: &[Content], must_say: &[String]) -> Vec<Diagnostic> {
    let all: String = contents
        .iter()
        .map(|content| letters(&content.text))
        .collect();
    let missing = must_say.iter().filter(|text| !all.contains(&letters(text)));
    missing
        .map(|text| {
            let message = format!("the report does not say \"{text}\"");
            Diagnostic::error("not-in-report", message)
                .hint("the template must print every goal's statement, and not as decoration")
        })
        .collect()
}

/// Letters and digits only, in one case: line breaks, footnote marks and capitals do not count.
/// Scripts that run from right to left come out of a PDF in the order in which they are drawn,
/// so only what is written in Latin letters is compared.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric() && u32::from(*c) < 0x250)
        .flat_map(char::to_lowercase)
        .collect()
}

/// Collects text and pictures, and draws nothing.
#[derive(Default)]
struct Reader {
    content: Content,
    /// Open marked content; true for decoration.
    marks: Vec<bool>,
}

impl Reader {
    fn is_decoration(&self) -> bool {
        self.marks.contains(&true)
    }
}

impl<'a> Device<'a> for Reader {
    fn set_soft_mask(&mut self, _: Option<SoftMask<'a>>) {}
    fn set_blend_mode(&mut self, _: BlendMode) {}
    fn draw_path(&mut self, _: &BezPath, _: Affine, _: &Paint<'a>, _: &PathDrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn pop_clip_path(&mut self) {}
    fn pop_transparency_group(&mut self) {}

    fn draw_glyph(
        &mut self,
        glyph: &Glyph<'a>,
        _: Affine,
        _: Affine,
        _: &Paint<'a>,
        _: &GlyphDrawMode,
    ) {
        if self.is_decoration() {
            return;
        }
        match glyph.as_unicode() {
            Some(BfString::Char(c)) => self.content.text.push(c),
            Some(BfString::String(text)) => self.content.text.push_str(&text),
            None => {}
        }
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: Affine) {
        if !self.is_decoration() {
            self.content.images += 1;
        }
    }

    fn begin_marked_content(&mut self, tag: &[u8], _: Option<i32>) {
        self.marks.push(tag == b"Artifact");
    }

    fn end_marked_content(&mut self) {
        self.marks.pop();
    }
}
