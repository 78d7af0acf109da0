//! `metas schema`: the JSON Schema of what people and programs write and read.

use clap::{Args, ValueEnum};

use crate::console::Console;
use crate::edition::manifest::Manifest;
use crate::exit::ExitStatus;
use crate::{plan, results};

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
    /// `manifest.json`.
    Manifest,
}

/// Prints a schema.
pub(crate) fn schema(console: &Console, arguments: &SchemaArguments) -> ExitStatus {
    let schema = match arguments.what {
        SchemaOf::Pipeline => plan::json_schema(),
        SchemaOf::Report => results::json_schema(),
        SchemaOf::Manifest => results::schema_of::<Manifest>(),
    };
    console.raw(format!("{schema:#}\n").as_bytes());
    ExitStatus::Done
}
