//! Many homes in place of one: which they are, and a bounded pool of this very program's processes
//! that goes over them. Each home is a process of its own, so that none can stop another.

mod child;
mod list;
mod output;
mod pool;
mod spool;
mod summary;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};

pub(super) use child::end_with_parent;
pub(super) use list::ListedHome;
pub(super) use output::{pass_on, pass_on_errors};
pub(super) use pool::HomeEnd;
pub(super) use summary::{HomeEntries, HomesSummary, answer};

use super::global::GlobalArguments;
use crate::exit::CommandError;
use crate::home_name::HOME_VARIABLE;

/// Options of the commands that can go over many homes.
#[derive(Debug, Args)]
pub struct HomesArguments {
    /// Many homes: a folder whose subfolders are homes, or a text file that names one a line
    #[arg(long, value_name = "DIR|LIST")]
    pub homes: Option<PathBuf>,
    /// As many homes at a time; default: one a processor
    #[arg(long, value_name = "N", requires = "homes", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Only every COUNT-th home, from the INDEX-th on: 0/2 and 1/2 together are all
    #[arg(long, value_name = "INDEX/COUNT", requires = "homes")]
    pub part: Option<ListPart>,
    /// Longest time that one home may take
    #[arg(
        long,
        value_name = "SECONDS",
        requires = "homes",
        default_value_t = 3600,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub home_seconds: u32,
}

/// A part of a list of homes: every `count`-th, from `index` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListPart {
    index: usize,
    count: NonZeroUsize,
}

impl FromStr for ListPart {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "write INDEX/COUNT, such as 0/4, 1/4, 2/4 or 3/4".to_owned();
        let (index, count) = text.split_once('/').ok_or_else(wrong)?;
        let index: usize = index.parse().map_err(|_| wrong())?;
        let count: NonZeroUsize = count.parse().map_err(|_| wrong())?;
        if index < count.get() {
            Ok(Self { index, count })
        } else {
            Err(wrong())
        }
    }
}

impl HomesArguments {
    /// Whether many homes are meant.
    pub(super) fn are_many(&self) -> bool {
        self.homes.is_some()
    }

    /// Goes over the homes with `command`, some of them at a time, and gives `each` how every one
    /// ended, in the order of the list.
    ///
    /// # Errors
    /// Both `--home` and `--homes` are given, the list cannot be read or names no home, or no
    /// process can be started at all.
    pub(super) fn go_over(
        &self,
        global: &GlobalArguments,
        command: Vec<OsString>,
        each: &mut dyn FnMut(&ListedHome, HomeEnd),
    ) -> Result<(), CommandError> {
        not_both(global)?;
        let place = self.homes.clone().unwrap_or_default();
        let mut homes = list::read(&place)?;
        if let Some(part) = self.part {
            // A folder of fewer homes than parts leaves some parts with nothing to do.
            homes = homes
                .into_iter()
                .skip(part.index)
                .step_by(part.count.get())
                .collect();
        }
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        let jobs = self.jobs.map_or(cpus, usize::from);
        let pool = pool::Pool {
            command,
            jobs: jobs.min(homes.len().max(1)),
            limit: Duration::from_secs(self.home_seconds.into()),
        };
        pool.go_over(&homes, each)
    }
}

/// One home and many at once cannot be meant. A home that only the environment names is what a
/// command without options works in, and gives way.
fn not_both(global: &GlobalArguments) -> Result<(), CommandError> {
    if std::env::var_os(HOME_VARIABLE).is_some() {
        return Err(CommandError::usage(
            "ledger-home",
            format!("{HOME_VARIABLE} names one home, and --homes goes over many"),
            "unset it: each home is called on the server as its folder is",
        ));
    }
    let of_environment = std::env::var_os("METAS_HOME").map(PathBuf::from);
    match &global.home {
        Some(home) if of_environment.as_ref() != Some(home) => Err(CommandError::usage(
            "home-and-homes",
            "--home goes with one home and --homes with many",
            "give one of the two",
        )),
        _ => Ok(()),
    }
}

/// The options of every command, as a process of the pool is to have them.
pub(super) fn passed_on(global: &GlobalArguments, json: bool) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    if json {
        words.push("--json".into());
    }
    if global.quiet {
        words.push("--quiet".into());
    }
    for _ in 0..global.verbose {
        words.push("--verbose".into());
    }
    for (option, name) in [
        ("--log-format", global.log_format.to_possible_value()),
        ("--color", global.color.to_possible_value()),
    ] {
        if let Some(name) = name {
            words.extend([option.into(), name.get_name().into()]);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::ListPart;

    #[test]
    fn parts_are_taken_and_anything_else_is_refused() {
        let list: Vec<usize> = (0..7).collect();
        let taken = |text: &str| -> Vec<usize> {
            let part: ListPart = text.parse().unwrap();
            let all = list.iter().skip(part.index).step_by(part.count.get());
            all.copied().collect()
        };
        let mut all = [taken("0/3"), taken("1/3"), taken("2/3")].concat();
        all.sort_unstable();
        assert_eq!(all, list, "each home is in one part");
        for wrong in ["", "1", "3/3", "0/0", "-1/2", "1/2/3", "a/b"] {
            assert!(wrong.parse::<ListPart>().is_err(), "{wrong}");
        }
    }
}
