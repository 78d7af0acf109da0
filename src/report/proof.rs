//! What is looked at again before a document goes out: its pages' text, and the finished bytes.

use typst::layout::{Frame, FrameItem};
use typst_layout::PagedDocument;

use crate::diagnostic::Diagnostic;

/// The text of each page, in the order in which it is drawn.
pub(super) fn page_texts(document: &PagedDocument) -> Vec<String> {
    let pages = document.pages().iter();
    pages
        .map(|page| {
            let mut text = String::new();
            collect(&page.frame, &mut text);
            text
        })
        .collect()
}

fn collect(frame: &Frame, text: &mut String) {
    for (_, item) in frame.items() {
        match item {
            FrameItem::Text(run) => text.push_str(run.text.as_str()),
            FrameItem::Group(group) => collect(&group.frame, text),
            _ => {}
        }
    }
}

/// Blank pages, and texts that are on no page.
pub(super) fn missing(pages: &[String], must_say: &[String]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        if page.trim().is_empty() {
            found.push(Diagnostic::error(
                "blank-page",
                format!("page {} is blank", index + 1),
            ));
        }
    }
    if pages.is_empty() {
        found.push(Diagnostic::error("blank-page", "the document has no page"));
    }
    let all: String = pages.concat();
    let letters = letters(&all);
    for text in must_say {
        if !letters.contains(&self::letters(text)) {
            let message = format!("the report does not say \"{text}\"");
            let error = Diagnostic::error("not-in-report", message);
            found.push(error.hint("the template must print every goal's statement"));
        }
    }
    found
}

/// Letters and digits only, in one case: hyphenation, line breaks and capitals do not count.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Opens the finished bytes as a reader would.
pub(super) fn reopen(pdf: &[u8], pages: usize) -> Result<(), Vec<Diagnostic>> {
    let broken = |why: String| vec![Diagnostic::error("pdf-broken", why)];
    let read = hayro_syntax::Pdf::new(pdf.to_vec())
        .map_err(|error| broken(format!("the PDF cannot be opened again: {error:?}")))?;
    if read.pages().len() != pages {
        return Err(broken(format!(
            "the PDF has {} pages, not {pages}",
            read.pages().len()
        )));
    }
    Ok(())
}
