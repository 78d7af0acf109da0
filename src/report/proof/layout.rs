//! Whether everything on the pages can be seen and stands with what it belongs to: nothing outside
//! the page or cut off, nothing on top of another thing, no heading or caption left alone.

use typst::diag::SourceDiagnostic;
use typst::syntax::Span;
use typst_layout::PagedDocument;
use unicode_normalization::char::is_combining_mark;

use super::drawn::{Drawing, Drawn, Figure, Heading, Mark, PageArea, drawing};

/// Points that text and pictures may reach beyond the page: what rounding gives.
const SLACK: f64 = 0.6;
/// Points that a filled shape may reach beyond the page: a printer's bleed.
const BLEED: f64 = 9.0;
/// Points by which two things may share their edges.
const TOUCH: f64 = 1.0;
/// The part of the lower of two heights by which letters may reach over each other: an f over an r.
const OVERHANG: f64 = 0.25;
/// The part of the lower of two heights that they may share: ascenders between descenders.
const SHARE: f64 = 0.3;
/// Faults that are told; whoever mends these sees the others next.
const TOLD: usize = 20;
/// Letters of a text that is named.
const NAMED: usize = 40;

/// A fault and where the template makes it.
type Fault = (Span, String, &'static str);

/// An error for each thing that can't be seen, or stands apart from what it belongs to.
/// `what` is the document's name.
pub(in crate::report) fn faults(document: &PagedDocument, what: &str) -> Vec<SourceDiagnostic> {
    let drawing = drawing(document);
    let mut found = outside(&drawing);
    found.extend(overlaps(&drawing));
    found.extend(lonely_headings(&drawing));
    found.extend(torn_figures(&drawing));
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    if more > 0 {
        let message = format!("{more} more things do not fit");
        found.push((Span::detached(), message, "mend those above first"));
    }
    found
        .into_iter()
        .map(|(span, message, hint)| {
            SourceDiagnostic::error(span, format!("{what}, {message}")).with_hint(hint)
        })
        .collect()
}

fn named(mark: &Mark) -> String {
    match &mark.drawn {
        Drawn::Text(text) => {
            let start: String = text.trim().chars().take(NAMED).collect();
            let rest = if text.trim().chars().count() > NAMED {
                "…"
            } else {
                ""
            };
            format!("the text \"{start}{rest}\"")
        }
        Drawn::Image => "a picture".to_owned(),
        Drawn::Fill => "a filled shape".to_owned(),
    }
}

fn outside(drawing: &Drawing) -> Vec<Fault> {
    let one = |mark: &Mark| {
        let page = drawing.pages.get(mark.page.checked_sub(1)?)?;
        if mark.is_over_all {
            return None;
        }
        let (slack, area) = match (&mark.drawn, mark.clip) {
            (Drawn::Text(_), _) => (SLACK, mark.area),
            // What is cut to a frame is meant to be larger than it.
            (Drawn::Image, Some(clip)) => (SLACK, mark.area.shared(clip)),
            (Drawn::Image, None) => (SLACK, mark.area),
            (Drawn::Fill, Some(clip)) => (BLEED, mark.area.shared(clip)),
            (Drawn::Fill, None) => (BLEED, mark.area),
        };
        let by = area.beyond(*page);
        if by > slack {
            let message = format!(
                "page {}: {} lies {by:.0} pt outside the page",
                mark.page,
                named(mark)
            );
            let hint = "give it less room to ask for: a smaller size, a width, or a line break";
            return Some((mark.span, message, hint));
        }
        let cut = mark.clip.map_or(0.0, |clip| area.beyond(clip));
        (matches!(mark.drawn, Drawn::Text(_)) && cut > TOUCH).then(|| {
            let message = format!(
                "page {}: {} is cut off by its frame",
                mark.page,
                named(mark)
            );
            (
                mark.span,
                message,
                "make the frame larger, or do not clip it",
            )
        })
    };
    drawing.marks.iter().filter_map(one).collect()
}

/// Texts that lie on texts, and what is drawn over a text or a picture.
fn overlaps(drawing: &Drawing) -> Vec<Fault> {
    let mut found = Vec::new();
    for page in 1..=drawing.pages.len() {
        let on_page = drawing.marks.iter().enumerate();
        let mut marks: Vec<(usize, &Mark)> = on_page
            .filter(|(_, mark)| mark.page == page && !mark.is_over_all)
            .collect();
        marks.sort_by(|(_, a), (_, b)| a.area.top.total_cmp(&b.area.top));
        for (n, one) in marks.iter().enumerate() {
            let below = marks[n + 1..]
                .iter()
                .take_while(|(_, other)| other.area.top < one.1.area.bottom);
            for other in below {
                let (lower, upper) = if one.0 < other.0 {
                    (one.1, other.1)
                } else {
                    (other.1, one.1)
                };
                found.extend(overlap(lower, upper));
            }
        }
    }
    found
}

/// A fault where `upper`, which is drawn later, lies on `lower`.
fn overlap(lower: &Mark, upper: &Mark) -> Option<Fault> {
    let is_fault = match (&lower.drawn, &upper.drawn) {
        // A mark stands over its letter, set by itself where one font has only one of them.
        (Drawn::Text(lower), Drawn::Text(upper)) => {
            !lower.contains(is_combining_mark) && !upper.contains(is_combining_mark)
        }
        (Drawn::Text(_), Drawn::Image | Drawn::Fill) => true,
        (Drawn::Image, Drawn::Image) => !holds(lower.area, upper.area),
        (Drawn::Image, Drawn::Text(_) | Drawn::Fill) => false,
        (Drawn::Fill, _) => false,
    };
    let seen = |mark: &Mark| mark.clip.map_or(mark.area, |clip| mark.area.shared(clip));
    let (a, b) = (seen(lower), seen(upper));
    let shared = a.shared(b);
    let least = a.height().min(b.height());
    let lies_on =
        shared.width() > TOUCH.max(OVERHANG * least) && shared.height() > TOUCH.max(SHARE * least);
    (is_fault && lies_on).then(|| {
        let message = format!(
            "page {}: {} lies on {}",
            upper.page,
            named(upper),
            named(lower)
        );
        let span = if upper.span.is_detached() {
            lower.span
        } else {
            upper.span
        };
        (
            span,
            message,
            "give each a place of its own, or let it grow with what it holds",
        )
    })
}

fn holds(outer: PageArea, inner: PageArea) -> bool {
    inner.beyond(outer) <= TOUCH
}

/// Headings with nothing below them on their page, or with nothing at all before the next one.
fn lonely_headings(drawing: &Drawing) -> Vec<Fault> {
    let marks = &drawing.marks;
    let one = |(index, heading): (usize, &Heading)| {
        let following = drawing.headings.get(index + 1);
        let until = following.map_or(marks.len(), |next| next.begins);
        let (before, rest) = marks.split_at(heading.begins.min(marks.len()));
        let section = &rest[..until.saturating_sub(heading.begins).min(rest.len())];
        // What nobody sees is there for the outline alone.
        let own = || section.iter().filter(|mark| mark.heading == Some(index));
        let page = own().next_back()?.page;
        let bottom = own().map(|mark| mark.area.bottom).fold(0.0, f64::max);
        let title: String = heading.title.chars().take(NAMED).collect();
        let is_empty = !section.iter().any(is_content);
        if is_empty && following.is_none_or(|next| next.level <= heading.level) {
            let message = format!("page {page}: the heading \"{title}\" has nothing below it");
            let hint = "leave the heading out where there is nothing to say under it";
            return Some((heading.span, message, hint));
        }
        let on_page = |mark: &&Mark| mark.page == page;
        let later = rest.iter().skip_while(|mark| mark.page < page);
        let mut later = later.take_while(on_page);
        let mut earlier = before.iter().rev().take_while(on_page);
        let has_more = later.any(is_content)
            || earlier.any(|mark| is_content(mark) && mark.area.top >= bottom - TOUCH);
        (!has_more).then(|| {
            let message =
                format!("page {page}: the heading \"{title}\" is alone at the end of the page");
            let hint = "keep it with what follows: block(sticky: true)";
            (heading.span, message, hint)
        })
    };
    drawing
        .headings
        .iter()
        .enumerate()
        .filter_map(one)
        .collect()
}

/// Whether a mark is something to read or see below a heading.
fn is_content(mark: &Mark) -> bool {
    match mark.drawn {
        Drawn::Text(_) => mark.heading.is_none() && !mark.is_decoration,
        Drawn::Image => true,
        Drawn::Fill => false,
    }
}

/// Captions that stand on another page than all of their figure.
fn torn_figures(drawing: &Drawing) -> Vec<Fault> {
    let one = |figure: &Figure| {
        let page = figure.caption_pages.iter().min()?;
        let together = figure
            .body_pages
            .iter()
            .any(|page| figure.caption_pages.contains(page));
        if together || figure.body_pages.is_empty() {
            return None;
        }
        let caption: String = figure.caption.chars().take(NAMED).collect();
        let message = format!("page {page}: the caption \"{caption}\" is apart from its figure");
        let hint = "keep both in one block: block(breakable: false)";
        Some((figure.span?, message, hint))
    };
    drawing.figures.iter().filter_map(one).collect()
}
