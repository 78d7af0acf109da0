//! `metas man`: the manual page.

use std::path::Path;

use super::stop::{End, Stop};
use crate::terminal::Terminal;

/// Prints the manual page of `command`.
///
/// # Errors
/// The page cannot be made.
pub fn manual(terminal: &Terminal, command: clap::Command) -> Result<End, Stop> {
    let mut buffer = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut buffer)
        .map_err(|e| Stop::io("render", Path::new("metas.1"), &e))?;
    terminal.text(&buffer);
    Ok(End::Done)
}
