//! The workbooks that go to departments, bytes in and bytes out: the blank one of each source,
//! and their own, returned with what was found in it. And the tables of the open data.

mod blank;
mod codec;
mod edit;
mod guide;
mod layout;
mod listing;
mod naming;
mod observations;
mod reproducible;
mod returned;
mod rules;
mod tables;
mod words;

pub use blank::{Entry, Template, template};
pub use codec::{answer, decode_answer, encode_request};
pub use returned::{Returned, annotate, list};
pub use tables::{DataKind, DataSheet, tables};
