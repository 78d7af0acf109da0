//! The report as a message, and its way to the recipients.
