//! What Typst laid out on each page, before any PDF is made of it.

use std::collections::HashMap;

use typst::diag::SourceDiagnostic;
use typst::layout::{Frame, FrameItem};
use typst::syntax::Span;
use typst::text::{FontInstance, TextItem};
use typst::visualize::ImageKind;
use typst_layout::PagedDocument;

use crate::diagnostic::is_unseen;

/// A page as it was laid out.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The text of each cluster of letters, in the order in which the page draws them.
    pub clusters: Vec<String>,
    /// Whether it holds pictures that may bring text of their own.
    pub has_drawings: bool,
}

/// Every page of a document.
pub(super) fn pages(document: &PagedDocument) -> Vec<Page> {
    let mut reader = FrameReader::default();
    for page in document.pages() {
        reader.pages.push(Page::default());
        reader.frame(&page.frame);
    }
    reader.pages
}

/// Reads frames. A PDF has one text a glyph of a font, the first that it was drawn for; where two
/// letters share a glyph, such as the micro sign and the Greek mu, both look alike on the page and
/// are the first one in every text layer.
#[derive(Default)]
struct FrameReader {
    pages: Vec<Page>,
    letters: HashMap<(FontInstance, u16), char>,
}

impl FrameReader {
    fn frame(&mut self, frame: &Frame) {
        for (_, item) in frame.items() {
            match item {
                FrameItem::Group(group) => self.frame(&group.frame),
                FrameItem::Text(text) => self.text(text),
                FrameItem::Image(image, _, _) => {
                    let drawing = !matches!(image.kind(), ImageKind::Raster(_));
                    if let Some(page) = self.pages.last_mut() {
                        page.has_drawings |= drawing;
                    }
                }
                _ => {}
            }
        }
    }

    fn text(&mut self, item: &TextItem) {
        let mut before = None;
        for glyph in &item.glyphs {
            let range = glyph.range();
            if before.as_ref() == Some(&range) {
                continue;
            }
            let mut cluster = item.text.get(range.clone()).unwrap_or_default().to_owned();
            let mut chars = cluster.chars();
            if let (Some(only), None) = (chars.next(), chars.next())
                && only.is_alphanumeric()
            {
                let key = (item.font.clone(), glyph.id);
                cluster = self.letters.entry(key).or_insert(only).to_string();
            }
            if let Some(page) = self.pages.last_mut() {
                page.clusters.push(cluster);
            }
            before = Some(range);
        }
    }
}

/// An error for each place of a template that joins a letter with a character that nobody sees:
/// Firefox leaves out both, wherever the letter stands in that font. Alone such a character does no
/// harm; Typst itself sets some.
pub(in crate::report) fn unseen(document: &PagedDocument) -> Vec<SourceDiagnostic> {
    let mut places: Vec<(Span, char)> = Vec::new();
    for page in document.pages() {
        collect(&page.frame, &mut places);
    }
    let told = |(span, c): (Span, char)| {
        let message = format!(
            "U+{:04X} is not seen and is joined with a letter, which Firefox then loses",
            u32::from(c)
        );
        SourceDiagnostic::error(span, message)
            .with_hint("to let a word break, put h(0.001pt) between its pieces")
    };
    places.into_iter().map(told).collect()
}

fn collect(frame: &Frame, places: &mut Vec<(Span, char)>) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Group(group) => collect(&group.frame, places),
            FrameItem::Text(item) if item.text.contains(is_unseen) => {
                for glyph in &item.glyphs {
                    let cluster = item.text.get(glyph.range()).unwrap_or_default();
                    let place = (glyph.span.0, cluster.chars().find(|c| is_unseen(*c)));
                    let joined = cluster.chars().any(|c| !is_unseen(c) && !c.is_whitespace());
                    if let (span, Some(c)) = place
                        && joined
                        && !places.iter().any(|(before, _)| *before == span)
                    {
                        places.push((span, c));
                    }
                }
            }
            _ => {}
        }
    }
}
