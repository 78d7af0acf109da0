//! SHELL: the cycle of a period, from the drop folder to the sent message. `cycle` goes over a plan's
//! periods; `issue` makes one edition by `sources` (what is `gathered`), `compose` and `publish`; `mailing`
//! sends what is queued. It never looks up to the command line: what it is asked stands in `request`.

#![allow(clippy::disallowed_methods, reason = "the shell: effects live here")]

pub(crate) mod alerts;
pub(crate) mod approval;
pub(crate) mod approval_messages;
pub(crate) mod archive;
pub(crate) mod arrivals;
pub(crate) mod clock_check;
pub(crate) mod compose;
pub(crate) mod concerns;
pub(crate) mod coverage;
pub(crate) mod cycle;
mod cycle_words;
pub(crate) mod delivery_lines;
pub(crate) mod earlier;
pub(crate) mod earlier_results;
pub(crate) mod edition_store;
pub(crate) mod folders;
pub(crate) mod gathered;
pub(crate) mod held;
pub(crate) mod input_folder;
pub(crate) mod inputs;
pub(crate) mod issue;
pub(crate) mod issued;
pub(crate) mod last_run;
pub(crate) mod late_files;
mod lateness;
#[cfg(feature = "postgres")]
pub(crate) mod ledger_copy;
pub(crate) mod ledger_place;
pub(crate) mod ledger_restore;
mod leftovers;
pub(crate) mod made_from;
pub(crate) mod mailing;
pub(crate) mod making;
pub(crate) mod manifest;
pub(crate) mod messages;
pub(crate) mod notice;
pub(crate) mod notices;
pub(crate) mod past_submissions;
pub(crate) mod period_figures;
mod periods;
pub(crate) mod permissions;
pub(crate) mod photos;
pub(crate) mod publish;
pub(crate) mod published;
pub(crate) mod reading;
mod receipt_attachments;
pub(crate) mod receipts;
mod refused_files;
pub(crate) mod rehearsal;
mod rehearsal_reasons;
pub(crate) mod release;
mod reminder_hours;
pub(crate) mod reminders;
pub(crate) mod request;
pub(crate) mod restatement;
pub(crate) mod returned_workbooks;
pub(crate) mod round;
pub(crate) mod run_summary;
mod sent_so_far;
pub(crate) mod slice_messages;
pub(crate) mod slices;
pub(crate) mod sources;
pub(crate) mod store_place;
pub(crate) mod store_sync;
pub(crate) mod submission_matrix;
pub(crate) mod submissions;
pub(crate) mod template_files;
pub(crate) mod template_trial;
pub(crate) mod typeset;
pub(crate) mod unsettled;
pub(crate) mod watch;
pub(crate) mod work;
