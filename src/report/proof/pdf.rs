//! The finished bytes, opened by a reader that shares no code with the writer. Each page is drawn
//! for its glyphs alone; their text is what the fonts' own maps say, as Firefox and others take it
//! who know nothing of ActualText.

use hayro_interpret::font::Glyph;
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, GlyphDrawMode, Image, InterpreterCache,
    InterpreterSettings, Paint, PathDrawMode, SoftMask, interpret_page,
};
use kurbo::{Affine, BezPath, Rect};

/// What a page holds for a reader.
#[derive(Debug, Default)]
pub(super) struct PageContent {
    /// What is read aloud: the text of everything but decoration. Its parts (cells, headings,
    /// paragraphs) are lines.
    pub text: String,
    /// Pictures that are no decoration.
    pub images: usize,
    /// The text of each glyph as its font's map gives it, decoration included, in the order in
    /// which the page draws them.
    pub glyphs: Vec<String>,
}

/// Draws each page of a document for what it says. Fonts and colour profiles, which all pages share,
/// are read once.
pub(super) fn contents(document: &Pdf) -> Vec<PageContent> {
    let cache = InterpreterCache::new();
    let pages = document.pages().iter();
    pages.map(|page| content(page, &cache)).collect()
}

fn content<'a>(page: &'a Page<'a>, cache: &InterpreterCache<'a>) -> PageContent {
    let (width, height) = page.base_dimensions();
    let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
    let settings = InterpreterSettings {
        render_annotations: false,
        ..InterpreterSettings::default()
    };
    let mut context = Context::new(Affine::IDENTITY, bounds, cache, page.xref(), settings);
    let mut reader = PdfReader::default();
    interpret_page(page, &mut context, &mut reader);
    reader.content
}

/// Collects text and pictures, and draws nothing.
#[derive(Default)]
struct PdfReader {
    content: PageContent,
    /// Open marked content; true for decoration.
    marks: Vec<bool>,
}

impl PdfReader {
    fn is_decoration(&self) -> bool {
        self.marks.contains(&true)
    }
}

impl<'a> Device<'a> for PdfReader {
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
        let text = match glyph.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            Some(BfString::String(text)) => text,
            None => return,
        };
        if !self.is_decoration() {
            self.content.text.push_str(&text);
        }
        self.content.glyphs.push(text);
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: Affine) {
        if !self.is_decoration() {
            self.content.images += 1;
        }
    }

    fn begin_marked_content(&mut self, tag: &[u8], _: Option<i32>) {
        self.marks.push(tag == b"Artifact");
        self.content.text.push('\n');
    }

    fn end_marked_content(&mut self) {
        self.marks.pop();
        self.content.text.push('\n');
    }
}
