//! The report and its delivery.

use std::ops::Range;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::period::Period;

/// What the report looks like and says of itself.
#[derive(Debug, Clone)]
pub struct ReportSpec {
    /// Folder below `report-templates/`.
    pub template: String,
    /// Where the definition names it; the top where it does not.
    pub template_place: Range<usize>,
    /// Where the definition names the logo.
    pub logo_place: Range<usize>,
    /// In which session a period's report is presented.
    pub session: IndexMap<Period, String>,
    /// The municipality's identity.
    pub brand: Brand,
    /// Whether the Open Government Partnership's completion level is suggested.
    pub completion_level: bool,
}

/// The municipality's identity on the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Brand {
    /// Its name.
    pub name: String,
    /// The administration's term.
    pub term: Option<String>,
    /// Slogan, line by line.
    pub slogan: Vec<String>,
    /// Main colour as `#rrggbb`.
    pub color: Option<String>,
    /// Logo file below the template's folder.
    pub logo: Option<String>,
}

/// Who is written to and how.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Sender mailbox.
    pub from: String,
    /// Recipients of the report, and the allow-list.
    pub to: Vec<String>,
    /// Subject with `{title}`, `{period}`.
    pub subject: String,
    /// The server; none: messages go to `state/outbox/`.
    pub smtp: Option<Smtp>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// Plain, then upgraded; refused where the server does not offer it.
    Starttls,
    /// From the first byte.
    Implicit,
    /// Never; loopback only.
    None,
}

/// An SMTP server. Its password is no part of a definition.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// User name; none: no AUTH.
    pub user: Option<String>,
    /// Extra trusted certificate, a path relative to the definition.
    pub ca_file: Option<String>,
}
