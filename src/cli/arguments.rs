//! The command line's types. What they mean is in [`crate::cli`].

use clap::{Parser, Subcommand};

use super::adopt::AdoptArguments;
use super::approve::ApproveArguments;
use super::backup::BackupArguments;
use super::check::CheckArguments;
use super::completions::CompletionsArguments;
use super::deliver::DeliverCommand;
use super::explain::ExplainArguments;
use super::explain_code::ExplainCodeArguments;
use super::global::GlobalArguments;
use super::init::InitArguments;
#[cfg(feature = "postgres")]
use super::ledger::LedgerCommand;
use super::manual::ManualArguments;
use super::metrics::MetricsArguments;
use super::preview::PreviewArguments;
use super::restore::RestoreArguments;
use super::run::RunArguments;
use super::schedule::ScheduleArguments;
use super::schema::SchemaArguments;
use super::skip::SkipArguments;
use super::status::StatusArguments;
use super::store::StoreCommand;
use super::template::TemplateArguments;
use super::verify::VerifyArguments;

/// Spreadsheets of a municipality's departments in, a progress report out.
#[derive(Debug, Parser)]
#[command(
    name = "metas",
    version,
    max_term_width = 100,
    after_help = "A code in brackets, such as error[unknown-category], is explained by: metas explain-code CODE",
    propagate_version = true
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: GlobalArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Issue and deliver every report that is due; what cron calls
    Run(RunArguments),
    /// Validate the definition and the files; records nothing
    Check(CheckArguments),
    /// Typeset a watermarked report and the message; sends and records nothing
    Preview(PreviewArguments),
    /// Who has submitted, what is late, which editions exist, how deliveries stand
    Status(StatusArguments),
    /// A figure's whole descent, from the page to the cells
    Explain(ExplainArguments),
    /// What the code of an error or finding means, why it blocks, and how to mend it
    ExplainCode(ExplainCodeArguments),
    /// Render an edition again from its archived inputs and compare every byte
    Verify(VerifyArguments),
    /// Release exactly the PDF that waits for approval, and send it
    Approve(ApproveArguments),
    /// The outbox: list, show, retry, resolve or add deliveries
    #[command(subcommand)]
    Deliver(DeliverCommand),
    /// Write one consistent archive of ledger, archive and editions, while runs go on
    Backup(BackupArguments),
    /// Put a backup back into an empty home
    Restore(RestoreArguments),
    /// Record the editions that lie in a period's folder as issued and delivered; sends nothing
    Adopt(AdoptArguments),
    /// The ledger in a PostgreSQL database that many homes and hosts share
    #[cfg(feature = "postgres")]
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// The store that keeps archive and editions for good, and that many hosts may share
    #[command(subcommand)]
    Store(StoreCommand),
    /// Close a period that will never be reported
    Skip(SkipArguments),
    /// Make the blank workbooks that departments fill in
    Template(TemplateArguments),
    /// How homes, plans and periods stand in figures, for a monitoring system (OpenMetrics)
    Metrics(MetricsArguments),
    /// Print the systemd timer and service, or the crontab line
    Schedule(ScheduleArguments),
    /// Check home, clock, fonts, ledger, SMTP login and disk; sends nothing
    Doctor,
    /// Make a home folder from what the binary carries
    Init(InitArguments),
    /// Print a JSON Schema
    Schema(SchemaArguments),
    /// Print completions for a shell
    Completions(CompletionsArguments),
    /// Print a manual page, or write all of them
    #[command(name = "man")]
    Manual(ManualArguments),
    /// Read one file in a bounded process (internal)
    #[command(name = "__read", hide = true)]
    Read,
    /// Typeset one document in a bounded process (internal)
    #[command(name = "__render", hide = true)]
    Render,
    /// Prepare photos in a bounded process (internal)
    #[command(name = "__photo", hide = true)]
    Photo,
    /// Describe one workbook in a bounded process (internal)
    #[command(name = "__infer", hide = true)]
    Infer,
    /// Edit one workbook in a bounded process (internal)
    #[command(name = "__annotate", hide = true)]
    Annotate,
}

impl Command {
    /// Whether it is the work of a bounded process.
    pub fn is_hidden(&self) -> bool {
        matches!(
            self,
            Self::Read | Self::Render | Self::Photo | Self::Infer | Self::Annotate
        )
    }
}
