//! What stands where on the pages, as Typst laid it out: every run of text, picture and filled
//! shape with its box, and the headings and figures that they belong to.

use std::collections::HashSet;

use typst::foundations::{Content, StyleChain};
use typst::introspection::{Location, Tag};
use typst::layout::{Abs, Frame, FrameItem, Point, Size, Transform};
use typst::model::{FigureCaption, FigureElem, HeadingElem};
use typst::pdf::{ArtifactElem, ArtifactKind};
use typst::syntax::Span;
use typst::text::TextItem;
use typst::visualize::{Paint, Shape};
use typst_layout::PagedDocument;

/// Edges in points, from the page's upper left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PageArea {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl PageArea {
    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(self) -> f64 {
        self.bottom - self.top
    }

    /// What two areas share; one without width or height where they share nothing.
    pub(super) fn shared(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// By how much it reaches beyond another.
    pub(super) fn beyond(self, other: Self) -> f64 {
        let edges = [
            other.left - self.left,
            other.top - self.top,
            self.right - other.right,
            self.bottom - other.bottom,
        ];
        edges.into_iter().fold(0.0, f64::max)
    }

    /// The upright box around an area that is moved and turned.
    fn of(min: Point, max: Point, by: Transform) -> Self {
        let corners = [min, Point::new(max.x, min.y), max, Point::new(min.x, max.y)]
            .map(|corner| corner.transform(by));
        let edge = |of: fn(&Point) -> Abs, pick: fn(f64, f64) -> f64, first: f64| {
            let values = corners.iter().map(|corner| of(corner).to_pt());
            values.fold(first, pick)
        };
        Self {
            left: edge(|p| p.x, f64::min, f64::INFINITY),
            top: edge(|p| p.y, f64::min, f64::INFINITY),
            right: edge(|p| p.x, f64::max, f64::NEG_INFINITY),
            bottom: edge(|p| p.y, f64::max, f64::NEG_INFINITY),
        }
    }
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Drawn {
    /// A run of text.
    Text(String),
    /// A picture.
    Image,
    /// A shape that hides what is below it.
    Fill,
}

/// One thing on a page.
#[derive(Debug, Clone)]
pub(super) struct Mark {
    pub page: usize,
    pub drawn: Drawn,
    pub area: PageArea,
    /// The part of the page that its surroundings let through.
    pub clip: Option<PageArea>,
    /// Where the template draws it.
    pub span: Span,
    /// Whether it lies across the page on purpose, or lets through what is below: a watermark.
    pub is_over_all: bool,
    /// Whether it is decoration, such as running heads and graphics.
    pub is_decoration: bool,
    /// The heading that it is a part of, as its place in the list.
    pub heading: Option<usize>,
}

/// A heading.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    pub title: String,
    pub level: usize,
    pub span: Span,
    /// How many marks are drawn before it begins.
    pub begins: usize,
}

/// A figure with a caption: the pages of both.
#[derive(Debug, Clone, Default)]
pub(super) struct Figure {
    pub caption: String,
    pub span: Option<Span>,
    pub body_pages: HashSet<usize>,
    pub caption_pages: HashSet<usize>,
}

/// A document as it is drawn.
#[derive(Debug, Default)]
pub(super) struct Drawing {
    /// The pages' width and height in points.
    pub pages: Vec<PageArea>,
    /// In the order in which they are drawn.
    pub marks: Vec<Mark>,
    pub headings: Vec<Heading>,
    pub figures: Vec<Figure>,
}

/// Everything that a document draws.
pub(super) fn drawing(document: &PagedDocument) -> Drawing {
    let mut reader = DrawingReader::default();
    for page in document.pages() {
        let size = page.frame.size();
        reader.drawing.pages.push(PageArea {
            left: 0.0,
            top: 0.0,
            right: size.x.to_pt(),
            bottom: size.y.to_pt(),
        });
        reader.frame(&page.frame, Transform::identity(), None);
    }
    reader.drawing
}

/// What an open element is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum OpenElement {
    Decoration,
    Background,
    Heading(usize),
    Figure(usize),
    Caption(usize),
}

#[derive(Default)]
struct DrawingReader {
    drawing: Drawing,
    /// Elements that have begun and not ended.
    open: Vec<(Location, OpenElement)>,
}

impl DrawingReader {
    fn frame(&mut self, frame: &Frame, at: Transform, clip: Option<PageArea>) {
        for (position, item) in frame.items() {
            let moved = Transform::translate(position.x, position.y);
            let here = at.pre_concat(moved);
            match item {
                FrameItem::Group(group) => {
                    let inner = here.pre_concat(group.transform);
                    let own = group.clip.as_ref().map(|curve| {
                        let frame = curve.bbox(None);
                        PageArea::of(frame.min, frame.max, inner)
                    });
                    let clip = match (clip, own) {
                        (Some(outer), Some(own)) => Some(outer.shared(own)),
                        (outer, own) => own.or(outer),
                    };
                    self.frame(&group.frame, inner, clip);
                }
                FrameItem::Text(text) => self.text(text, here, clip),
                FrameItem::Image(_, size, span) => self.image(*size, *span, here, clip),
                FrameItem::Shape(shape, span) => self.shape(shape, *span, here, clip),
                FrameItem::Tag(Tag::Start(element, _)) => self.begin(element),
                FrameItem::Tag(Tag::End(location, ..)) => {
                    self.open.retain(|(open, _)| open != location);
                }
                FrameItem::Link(..) => {}
            }
        }
    }

    fn begin(&mut self, element: &Content) {
        let Some(location) = element.location() else {
            return;
        };
        let part = if let Some(artifact) = element.to_packed::<ArtifactElem>() {
            match artifact.kind.get(StyleChain::default()) {
                ArtifactKind::Background => OpenElement::Background,
                _ => OpenElement::Decoration,
            }
        } else if let Some(heading) = element.to_packed::<HeadingElem>() {
            self.drawing.headings.push(Heading {
                title: heading.body.plain_text().to_string(),
                level: heading.resolve_level(StyleChain::default()).get(),
                span: element.span(),
                begins: self.drawing.marks.len(),
            });
            OpenElement::Heading(self.drawing.headings.len() - 1)
        } else if element.is::<FigureElem>() {
            self.drawing.figures.push(Figure {
                span: Some(element.span()),
                ..Figure::default()
            });
            OpenElement::Figure(self.drawing.figures.len() - 1)
        } else if let Some(caption) = element.to_packed::<FigureCaption>() {
            let figures = self.open.iter().rev();
            let figure = figures.clone().find_map(|(_, part)| match part {
                OpenElement::Figure(index) => Some(*index),
                _ => None,
            });
            let Some(figure) = figure else {
                return;
            };
            if let Some(figure) = self.drawing.figures.get_mut(figure) {
                figure.caption = caption.body.plain_text().to_string();
            }
            OpenElement::Caption(figure)
        } else {
            return;
        };
        self.open.push((location, part));
    }

    fn text(&mut self, item: &TextItem, at: Transform, clip: Option<PageArea>) {
        if item.text.trim().is_empty() {
            return;
        }
        let ink = item.bbox();
        if !ink.min.x.to_pt().is_finite() || !ink.max.x.to_pt().is_finite() {
            return;
        }
        // Its upper edge is the lesser one only on the page.
        let min = Point::new(ink.min.x, ink.min.y.min(ink.max.y));
        let max = Point::new(ink.max.x, ink.min.y.max(ink.max.y));
        let span = item.glyphs.first().map_or(Span::detached(), |g| g.span.0);
        let drawn = Drawn::Text(item.text.to_string());
        self.mark(drawn, PageArea::of(min, max, at), (span, clip));
        let is_turned = at.kx.get() != 0.0 || at.ky.get() != 0.0;
        if let Some(mark) = self.drawing.marks.last_mut() {
            mark.is_over_all |= is_turned || !is_opaque(&item.fill);
        }
    }

    fn image(&mut self, size: Size, span: Span, at: Transform, clip: Option<PageArea>) {
        let area = PageArea::of(Point::zero(), size.to_point(), at);
        self.mark(Drawn::Image, area, (span, clip));
    }

    fn shape(&mut self, shape: &Shape, span: Span, at: Transform, clip: Option<PageArea>) {
        if shape.fill.as_ref().is_some_and(is_opaque) {
            let drawn = shape.bbox(false);
            self.mark(
                Drawn::Fill,
                PageArea::of(drawn.min, drawn.max, at),
                (span, clip),
            );
        }
    }

    fn mark(&mut self, drawn: Drawn, area: PageArea, (span, clip): (Span, Option<PageArea>)) {
        let page = self.drawing.pages.len();
        let parts = || self.open.iter().map(|(_, part)| *part);
        let heading = parts().find_map(|part| match part {
            OpenElement::Heading(index) => Some(index),
            _ => None,
        });
        let is_background = parts().any(|part| part == OpenElement::Background);
        let is_decoration = is_background || parts().any(|part| part == OpenElement::Decoration);
        let caption = parts().find_map(|part| match part {
            OpenElement::Caption(index) => Some(index),
            _ => None,
        });
        let figure = parts().find_map(|part| match part {
            OpenElement::Figure(index) => Some(index),
            _ => None,
        });
        if drawn != Drawn::Fill {
            let figures = &mut self.drawing.figures;
            if let Some(figure) = caption.and_then(|index| figures.get_mut(index)) {
                figure.caption_pages.insert(page);
            } else if let Some(figure) = figure.and_then(|index| figures.get_mut(index)) {
                figure.body_pages.insert(page);
            }
        }
        self.drawing.marks.push(Mark {
            page,
            drawn,
            area,
            clip,
            span,
            is_over_all: is_background,
            is_decoration,
            heading,
        });
    }
}

fn is_opaque(paint: &Paint) -> bool {
    match paint {
        Paint::Solid(color) => color.alpha().is_none_or(|alpha| alpha >= 0.9),
        Paint::Gradient(_) | Paint::Tiling(_) => true,
    }
}
