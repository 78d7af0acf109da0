//! What is looked at again before a document goes out: that everything on its pages can be seen
//! (`layout`), that it opens, that no page is blank, that
//! every reader finds every letter that was laid out, and every goal's statement, value and status.
//! What is marked as decoration, such as running heads, does not count as told.

mod drawn;
mod goals;
mod laid_out;
mod layout;
mod letters;
mod pdf;

use hayro_interpret::hayro_syntax::Pdf;
use typst_layout::PagedDocument;

use crate::diagnostic::Diagnostic;
pub(in crate::report) use goals::untold;
pub use goals::{GoalText, goal_texts};
pub(super) use laid_out::unseen;
pub(super) use layout::faults;
use pdf::{PageContent, contents};

/// Opens the finished bytes of a document, called `what` in messages, and reads every page.
///
/// # Errors
/// It cannot be opened, has other pages than it should, a page is blank, a letter is lost or added,
/// or what must be told of a goal is not.
pub(super) fn check(
    pdf: &[u8],
    document: &PagedDocument,
    must_say: &[GoalText],
    what: &str,
) -> Result<(), Vec<Diagnostic>> {
    let broken = |why: String| vec![Diagnostic::error("pdf-broken", why)];
    let pages = document.pages().len();
    let read = Pdf::new(pdf.to_vec())
        .map_err(|error| broken(format!("the PDF cannot be opened again: {error:?}")))?;
    if read.pages().len() != pages || pages == 0 {
        let message = format!("the PDF has {} pages, not {pages}", read.pages().len());
        return Err(broken(message));
    }
    let contents = contents(&read);
    let laid_out = laid_out::pages(document);
    let mut found = blank(&contents);
    found.extend(letters::compare(&laid_out, &contents));
    let told: String = contents
        .iter()
        .map(|content| content.text.as_str())
        .collect();
    found.extend(goals::untold(&told, must_say, what));
    if found.is_empty() { Ok(()) } else { Err(found) }
}

/// What a reader finds on each page of a finished document, decoration aside.
///
/// # Errors
/// An English sentence that says why it can't be opened.
pub fn page_texts(pdf: &[u8]) -> Result<Vec<String>, String> {
    let read = Pdf::new(pdf.to_vec()).map_err(|error| format!("{error:?}"))?;
    let contents = contents(&read).into_iter();
    Ok(contents.map(|content| content.text).collect())
}

fn blank(contents: &[PageContent]) -> Vec<Diagnostic> {
    let empty = |content: &&(usize, &PageContent)| {
        content.1.images == 0 && content.1.text.trim().is_empty()
    };
    let numbered: Vec<(usize, &PageContent)> = contents.iter().enumerate().collect();
    let blank = numbered.iter().filter(empty);
    blank
        .map(|(index, _)| {
            let message = format!("page {} is blank", index + 1);
            Diagnostic::error("blank-page", message)
                .hint("remove the page break before it, or what makes the page before it too full")
        })
        .collect()
}
