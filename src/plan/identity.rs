//! `[plan]`: what the plan is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::field::{Field, usual};
use super::shape::{Line, PHRASE, TITLE, Text};

/// The keys of `[plan]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct PlanKeys {
    /// The plan's id: lower case, digits and hyphens; the file's name without .toml.
    #[schemars(example = &"pamga-2025-2027")]
    pub id: Field<Text>,
    /// The report's title.
    pub title: Field<Line<TITLE>>,
    /// What the report is about, below its title.
    #[serde(default)]
    subtitle: Field<Line<PHRASE>>,
    /// IANA time zone in which days begin and end, such as America/Mexico_City.
    #[schemars(example = &"America/Mexico_City")]
    timezone: Field<Text>,
    /// Bands of attainment against what was planned to date.
    #[serde(default = "usual::<TrafficLight>")]
    traffic_light: Field<TrafficLight>,
}

/// What the plan is.
#[derive(Debug, Clone)]
pub struct PlanIdentity {
    /// Its id: also the definition's file name.
    pub id: String,
    /// Its title, as printed.
    pub title: String,
    /// What the report is about, below its title.
    pub subtitle: Option<String>,
    /// The zone in which its days begin and end.
    pub timezone: chrono_tz::Tz,
    /// Bands for `on-track`, `at-risk`, `critical`.
    pub traffic_light: TrafficLight,
}

/// Lower bounds in percent of attainment against what was planned to date.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TrafficLight {
    /// At least this percentage: En tiempo.
    pub on_track: f64,
    /// At least this percentage: Con riesgo; below: Crítico.
    pub at_risk: f64,
}

impl Default for TrafficLight {
    fn default() -> Self {
        Self {
            on_track: 90.0,
            at_risk: 70.0,
        }
    }
}

impl PlanIdentity {
    /// What stands for a `[plan]` that can't be read, so that the rest of a definition can be looked
    /// at.
    pub(crate) fn unread() -> Self {
        Self {
            id: String::new(),
            title: String::new(),
            subtitle: None,
            timezone: chrono_tz::Tz::UTC,
            traffic_light: TrafficLight::default(),
        }
    }
}

impl PlanKeys {
    pub(crate) fn check(&self, checker: &mut Checker<'_>) -> Option<PlanIdentity> {
        let id = self.id.required_text();
        if self.id.get().is_some() {
            checker.slug("a plan's id", &id, self.id.span());
            self.same_as_file(&id, checker);
        }
        let zone = self.timezone.required_text();
        let timezone = zone.parse::<chrono_tz::Tz>();
        if timezone.is_err() && !zone.is_empty() {
            checker.error_hint(
                "unknown-timezone",
                self.timezone.span(),
                format!("there is no time zone \"{zone}\""),
                "write an IANA name, such as \"America/Mexico_City\"",
            );
        }
        Some(PlanIdentity {
            id,
            title: self.title.required_text(),
            subtitle: self.subtitle.text(),
            traffic_light: self.bands(checker),
            timezone: timezone.ok()?,
        })
    }

    fn same_as_file(&self, id: &str, checker: &mut Checker<'_>) {
        let text = checker.text;
        let stem = text.name.rsplit('/').next().unwrap_or_default();
        let stem = stem.strip_suffix(".toml").unwrap_or(stem);
        if stem != id {
            checker.error_hint(
                "plan-id",
                self.id.span(),
                format!("the plan's id is \"{id}\", but the file is called {stem}.toml"),
                format!("call the file {id}.toml, or the plan \"{stem}\""),
            );
        }
    }

    fn bands(&self, checker: &mut Checker<'_>) -> TrafficLight {
        let bounds = self.traffic_light.copied().unwrap_or_default();
        if bounds.at_risk >= bounds.on_track || bounds.at_risk < 0.0 || bounds.on_track > 100.0 {
            checker.error_hint(
                "traffic-light",
                self.traffic_light.span(),
                "the traffic light's bands are out of order",
                "0 ≤ at_risk < on_track ≤ 100, such as { on_track = 90, at_risk = 70 }",
            );
        }
        bounds
    }
}
