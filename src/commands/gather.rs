//! From the drop folder to the tables that a plan is computed from, and to who has sent what.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};

use super::home::Home;
use super::stop::{End, Stop};
use crate::diagnostic::Diagnostic;
use crate::indicators::{Availability, SourceTable, SourceUse, empty_frame};
use crate::ingest::Reading;
use crate::period::Period;
use crate::pipeline::{Pipeline, Providers, Source};
