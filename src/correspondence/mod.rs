//! What each message says, in Spanish, as a subject, a text and an HTML form.
//!
//! One file an occasion: what must be known for it, and the function that makes a [`Letter`] of
//! that. The templates beside them only lay out; what is said is decided in Rust, where a test can
//! read it. `frame` puts the same head and foot around all of them, `digest` is the short form of
//! an edition's results, `findings` chooses what is told of a file.

mod alert;
mod approval;
mod digest;
mod error;
mod findings;
mod frame;
mod goals;
mod receipt;
mod reminder;
mod report;
mod shell;
mod slice;
mod subject;
mod words;
mod wrap;

pub use alert::{Alert, AlertCause, AlertStage, alert};
pub use approval::{ApprovalMessage, ApprovalRequest, approval};
pub use error::CorrespondenceError;
pub use frame::{Letter, Sender};
pub use goals::GoalLine;
pub use receipt::{FileOutcome, NewVersion, Receipt, ReceivedFile, ReturnedWorkbook, receipt};
pub use reminder::{MissingFile, MissingState, Reminder, reminder};
pub use report::{ReportMessage, report};
pub use slice::{SliceMessage, slice};
pub use subject::report_subject;
