//! `metas schema`: the JSON Schema of what people and programs write and read.

use clap::{Args, ValueEnum};

use super::stop::End;
use crate::terminal::Terminal;
use crate::{pipeline, results};

/// `metas schema`.
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// Of what
    #[arg(value_enum)]
    pub what: SchemaOf,
}

/// What has a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A plan's definition.
    Pipeline,
    /// `results.json`.
    Report,
}

/// Prints a schema.
pub fn schema(terminal: &Terminal, arguments: &SchemaArguments) -> End {
    let schema = match arguments.what {
        SchemaOf::Pipeline => pipeline::json_schema(),
        SchemaOf::Report => results::json_schema(),
    };
    terminal.raw(format!("{schema:#}\n").as_bytes());
    End::Done
}
