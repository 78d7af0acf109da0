//! The licence under which an edition's data are published.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A licence for open data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum License {
    /// Creative Commons: whoever uses the data names who published them.
    #[default]
    #[serde(rename = "CC-BY-4.0")]
    CcBy,
    /// Creative Commons: no condition.
    #[serde(rename = "CC0-1.0")]
    Cc0,
    /// Open Data Commons: whoever uses the data names who published them.
    #[serde(rename = "ODC-BY-1.0")]
    OdcBy,
    /// The free-use terms of Mexico's federal government.
    #[serde(rename = "Libre-Uso-MX")]
    LibreUso,
}

impl License {
    /// Its id.
    pub const fn id(self) -> &'static str {
        match self {
            Self::CcBy => "CC-BY-4.0",
            Self::Cc0 => "CC0-1.0",
            Self::OdcBy => "ODC-BY-1.0",
            Self::LibreUso => "Libre-Uso-MX",
        }
    }

    /// Its title in Spanish.
    pub const fn title(self) -> &'static str {
        match self {
            Self::CcBy => "Creative Commons Atribución 4.0 Internacional",
            Self::Cc0 => "Creative Commons Cero 1.0 Universal",
            Self::OdcBy => "Open Data Commons Atribución 1.0",
            Self::LibreUso => "Términos de Libre Uso MX",
        }
    }

    /// Where its text stands.
    pub const fn path(self) -> &'static str {
        match self {
            Self::CcBy => "https://creativecommons.org/licenses/by/4.0/deed.es",
            Self::Cc0 => "https://creativecommons.org/publicdomain/zero/1.0/deed.es",
            Self::OdcBy => "https://opendatacommons.org/licenses/by/1-0/",
            Self::LibreUso => "https://datos.gob.mx/libreusomx",
        }
    }
}
