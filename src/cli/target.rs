//! The plan and period that a command is about.

use std::path::PathBuf;

use clap::Args;

use crate::home::AsOf;
use crate::period::Period;

/// A plan and, usually, a period.
#[derive(Debug, Clone, Args)]
pub struct Target {
    /// The plan's id; may be left out where the home has one plan
    pub plan: Option<String>,
    /// The period, such as 2026-T1; default: the last one that has ended
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    /// Act as at this moment: 2026-04-06 or 2026-04-06T09:00, local to the plan, or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
    /// Read this folder instead of inputs/PERIOD
    #[arg(long, value_name = "DIR")]
    pub inputs: Option<PathBuf>,
}
