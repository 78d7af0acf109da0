//! Options of every command.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::console::{ColorWhen, ConsoleOptions, LogFormat};

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct GlobalArguments {
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
    pub log_format: LogFormatName,
    /// Log more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print errors only, and what is told only once
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// When to colour
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub color: ColorName,
}

/// Format of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormatName {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorName {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl GlobalArguments {
    /// What they say of printing.
    pub fn console(&self) -> ConsoleOptions {
        ConsoleOptions {
            json: self.json,
            quiet: self.quiet,
            verbose: self.verbose,
            color: match self.color {
                ColorName::Auto => ColorWhen::Auto,
                ColorName::Always => ColorWhen::Always,
                ColorName::Never => ColorWhen::Never,
            },
            log_format: match self.log_format {
                LogFormatName::Text => LogFormat::Text,
                LogFormatName::Json => LogFormat::Json,
            },
        }
    }
}
