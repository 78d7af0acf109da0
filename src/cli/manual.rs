//! `metas man`: the manual page.

use std::path::Path;

use crate::console::Console;
use crate::exit::{CommandError, ExitStatus};

/// Prints the manual page of `command`.
///
/// # Errors
/// The page cannot be made.
pub(super) fn manual(
    console: &Console,
    command: clap::Command,
) -> Result<ExitStatus, CommandError> {
    let mut buffer = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut buffer)
        .map_err(|e| CommandError::io("render", Path::new("metas.1"), &e))?;
    console.text(&buffer);
    Ok(ExitStatus::Done)
}
