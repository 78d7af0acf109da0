//! The command line's types. What they mean is in [`crate::commands`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::period::Period;

/// Spreadsheets of a municipality's departments in, a progress report out.
#[derive(Debug, Parser)]
#[command(
    name = "metas",
    version,
    max_term_width = 100,
    propagate_version = true
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Home folder, for the commands that work in one; default: the nearest upward with pipelines/
    #[arg(long, global = true, env = "METAS_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Print one JSON document on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Format of the log on standard error
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    pub log_format: LogFormat,
    /// Log more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print errors only, and what is told only once
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorWhen,
}

/// Format of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

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

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue and deliver every report that is due; what cron calls
    Run(Run),
    /// Validate the definition and the files; records nothing
    Check(Check),
    /// Typeset a watermarked report and the message; sends and records nothing
    Preview(Preview),
    /// Who has submitted, what is late, which editions exist, how deliveries stand
    Status(Status),
    /// A figure's whole descent, from the page to the cells
    Explain(Explain),
    /// Render an edition again from its archived inputs and compare every byte
    Verify {
        /// The edition's folder, such as reports/PLAN/2026-T1/v1
        dir: PathBuf,
    },
    /// The outbox: list, show, retry, resolve or add deliveries
    #[command(subcommand)]
    Deliver(Deliver),
    /// Write one consistent archive of ledger, archive and editions, while runs go on
    Backup {
        /// The file to write; it must not be there yet
        file: PathBuf,
    },
    /// Put a backup back into an empty home
    Restore {
        /// A file of `metas backup`
        file: PathBuf,
        /// Into a home that lives: only what is gone or damaged
        #[arg(long)]
        missing: bool,
    },
    /// Record the editions that lie in a period's folder as issued and delivered; sends nothing
    Adopt {
        /// The plan
        plan: String,
        /// The period
        period: Period,
        /// They lie below this folder instead of reports/
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Close a period that will never be reported
    Skip {
        /// The plan
        plan: String,
        /// The period
        period: Period,
        /// Why, for the record
        #[arg(long)]
        reason: String,
    },
    /// Make the blank workbooks that departments fill in
    Template(Template),
    /// Print the systemd timer and service, or the crontab line
    Schedule(Schedule),
    /// Check home, clock, fonts, ledger, SMTP login and disk; sends nothing
    Doctor,
    /// Make a home folder from what the binary carries
    Init {
        /// The folder; made where it does not exist
        dir: PathBuf,
    },
    /// Print a JSON Schema
    Schema {
        /// Of what
        #[arg(value_enum)]
        what: SchemaOf,
    },
    /// Print completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the manual page
    Man,
    /// Read one file in a bounded process (internal)
    #[command(name = "__read", hide = true)]
    Read,
    /// Typeset one document in a bounded process (internal)
    #[command(name = "__render", hide = true)]
    Render,
    /// Prepare photos in a bounded process (internal)
    #[command(name = "__photo", hide = true)]
    Photo,
    /// Edit one workbook in a bounded process (internal)
    #[command(name = "__annotate", hide = true)]
    Annotate,
}

impl Command {
    /// Whether it is the work of a bounded process.
    pub fn is_hidden(&self) -> bool {
        matches!(
            self,
            Self::Read | Self::Render | Self::Photo | Self::Annotate
        )
    }
}

/// `metas run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Plans; default: all of the home
    pub plans: Vec<String>,
    /// This period now, whatever is due
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    /// Act as at this moment: 2026-04-06 or 2026-04-06T09:00, local to the plan, or RFC 3339
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
    /// Read this folder instead of inputs/PERIOD
    #[arg(long, value_name = "DIR", requires = "period")]
    pub inputs: Option<PathBuf>,
    /// Write reports below this folder instead of reports/
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Compute everything, change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Issue, but send nothing yet
    #[arg(long)]
    pub no_deliver: bool,
    /// Issue a correction of an edition that exists
    #[arg(long, requires = "period", requires = "reason")]
    pub new_edition: bool,
    /// Why the correction is issued; printed in it
    #[arg(long, value_name = "TEXT", requires = "new_edition")]
    pub reason: Option<String>,
}

/// `metas check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Plan and period
    #[command(flatten)]
    pub target: Target,
    /// Write each workbook with findings here, its cells coloured and commented
    #[arg(long = "return", value_name = "DIR")]
    pub return_to: Option<PathBuf>,
}

/// `metas preview`.
#[derive(Debug, Args)]
pub struct Preview {
    /// Plan and period
    #[command(flatten)]
    pub target: Target,
    /// Where to write; default: state/preview/PLAN/PERIOD/, which only its owner can open
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Typeset again whenever a template or the definition changes
    #[arg(long)]
    pub watch: bool,
}

/// `metas status`.
#[derive(Debug, Args)]
pub struct Status {
    /// The plan; default: all of the home
    pub plan: Option<String>,
    /// Act as at this moment
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
}

/// `metas explain`.
#[derive(Debug, Args)]
pub struct Explain {
    /// The goal's id
    pub goal: String,
    /// The plan, where several have such a goal
    #[arg(long)]
    pub plan: Option<String>,
    /// The period; default: the last one that has ended
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    /// Act as at this moment
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
    /// Read this folder instead of inputs/PERIOD
    #[arg(long, value_name = "DIR")]
    pub inputs: Option<PathBuf>,
}

/// `metas deliver`.
#[derive(Debug, Subcommand)]
pub enum Deliver {
    /// Every delivery and its state
    List,
    /// One delivery: its state, its message's headers, where its bytes are, all that happened
    Show {
        /// Its number in `deliver list`
        id: i64,
    },
    /// Try again what was deferred or refused, now
    Retry {
        /// Their numbers in `deliver list`; default: all
        ids: Vec<i64>,
    },
    /// Settle a delivery by a person's word: one that is in doubt, refused or deferred
    Resolve {
        /// Its number in `deliver list`
        id: i64,
        /// The recipient has it
        #[arg(long, conflicts_with = "resend", required_unless_present = "resend")]
        sent: bool,
        /// Send it again
        #[arg(long)]
        resend: bool,
    },
    /// Queue a period's last edition for an address of the definition that has not had it
    Send {
        /// The plan
        plan: String,
        /// The period
        period: Period,
        /// An address of the definition
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// Also where it has had the edition: as a message of its own
        #[arg(long)]
        again: bool,
    },
}

/// `metas template`.
#[derive(Debug, Args)]
pub struct Template {
    /// The plan's id; may be left out where the home has one plan
    pub plan: Option<String>,
    /// Only this department's
    #[arg(long, value_name = "DEPARTMENT")]
    pub department: Option<String>,
    /// The period that they are for, which they state; default: the one that is open
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    /// Act as at this moment
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
    /// Folder to write them to
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
}

/// `metas schedule`.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Schedule {
    /// systemd timer and service
    #[arg(long)]
    pub systemd: bool,
    /// One crontab line
    #[arg(long)]
    pub cron: bool,
}

/// What has a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A plan's definition.
    Pipeline,
    /// `results.json`.
    Report,
}

/// A moment given on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// With its own offset.
    Instant(chrono::DateTime<chrono::FixedOffset>),
    /// Local to the plan.
    Local(chrono::NaiveDateTime),
}

impl std::str::FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text) {
            return Ok(Self::Instant(instant));
        }
        for format in ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"] {
            if let Ok(local) = chrono::NaiveDateTime::parse_from_str(text, format) {
                return Ok(Self::Local(local));
            }
        }
        if let Ok(day) = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            // Noon: on no zone's change of clocks, and on that day everywhere in the zone.
            return Ok(Self::Local(
                day.and_time(chrono::NaiveTime::MIN) + chrono::Duration::hours(12),
            ));
        }
        Err("write 2026-04-06, 2026-04-06T09:00 or 2026-04-06T09:00:00-06:00".to_owned())
    }
}
