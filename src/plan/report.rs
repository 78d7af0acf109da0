//! `[report]`: what the report looks like and says of itself.

use std::ops::Range;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::Checker;
use super::field::{Field, usual};
use super::license::License;
use super::placed::Placed;
use super::shape::{Keyed, Line, OneOrMany, STATEMENT, TITLE, Text, values};
use super::web_address::Plain;
use crate::period::Period;

/// The template of a plan that names none.
const TEMPLATE: &str = "informe";

/// The keys of `[report]`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct ReportKeys {
    /// Folder below report-templates/.
    #[serde(default = "informe")]
    template: Field<Text>,
    /// Session in which a period's report is presented.
    #[serde(default)]
    session: Field<Keyed<Period, Line<STATEMENT>>>,
    /// Suggest the Open Government Partnership's completion level beside each status.
    #[serde(default = "usual::<bool>")]
    completion_level: Field<bool>,
    /// What people say of goals, a row a goal: goal, and optionally cause, risk, next_step,
    /// next_date.
    #[serde(default)]
    #[schemars(example = &"SELECT meta AS goal, causa AS cause FROM observaciones")]
    remarks: Field<Text>,
    /// The decisions asked of the session, a row each: text, and optionally who, date.
    #[serde(default)]
    #[schemars(example = &"SELECT solicitud AS text, quien AS who, fecha AS date FROM solicitudes")]
    requests: Field<Text>,
    /// The licence under which the open data are published.
    #[serde(default = "usual::<License>")]
    license: Field<License>,
    /// Address at which the page is published, for the message's link; {plan}, {period} and
    /// {edition} stand for the edition's.
    #[serde(default)]
    #[schemars(example = &"https://www.example.mx/{plan}/{period}/index.html")]
    public_url: Field<Text>,
    /// The municipality's identity. Without it: the plan's title in a neutral colour.
    #[serde(default)]
    brand: Field<BrandKeys>,
}

fn informe() -> Field<Text> {
    Field::usual(Text(TEMPLATE.to_owned()))
}

/// The keys of `brand`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct BrandKeys {
    /// Its name.
    name: Field<Line<TITLE>>,
    /// The administration's term.
    #[serde(default)]
    term: Field<Line<TITLE>>,
    /// Slogan, line by line.
    #[serde(default)]
    slogan: Field<OneOrMany<Line<TITLE>>>,
    /// Main colour, #rrggbb.
    #[serde(default)]
    #[schemars(example = &"#1f4e79")]
    color: Field<Text>,
    /// Logo file in the template's folder.
    #[serde(default)]
    #[schemars(example = &"logo.svg")]
    logo: Field<Text>,
}

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
    /// Where the page is published, with its placeholders; none where it is not.
    pub public_url: Option<String>,
    /// Whether the Open Government Partnership's completion level is suggested.
    pub completion_level: bool,
    /// The licence of the open data.
    pub license: License,
    /// Query for what people say of goals.
    pub remarks: Option<Placed<String>>,
    /// Query for the decisions asked of the session.
    pub requests: Option<Placed<String>>,
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

/// The address with its placeholders, if it is one when they are filled.
fn public_url(field: &Field<Text>, checker: &mut Checker<'_>) -> Option<String> {
    let text = field.text()?;
    let filled = page_address(&text, "plan", "2026-T1", 1);
    checker.web_address_in(&filled, field, Plain::Everywhere)?;
    Some(text)
}

/// The address of an edition's page.
fn page_address(text: &str, plan: &str, period: &str, edition: u32) -> String {
    text.replace("{plan}", plan)
        .replace("{period}", period)
        .replace("{edition}", &edition.to_string())
}

impl ReportSpec {
    /// Where the page of an edition is published; none where the definition does not say.
    pub fn page_address(&self, plan: &str, period: Period, edition: u32) -> Option<String> {
        let text = self.public_url.as_ref()?;
        Some(page_address(text, plan, &period.to_string(), edition))
    }
}

impl ReportKeys {
    /// The report of a plan called `title`, which is its brand where it has none.
    pub(crate) fn check(field: &Field<Self>, title: &str, checker: &mut Checker<'_>) -> ReportSpec {
        let plain = Brand {
            name: title.to_owned(),
            ..Brand::default()
        };
        let Some(keys) = field.get() else {
            return ReportSpec {
                template: TEMPLATE.to_owned(),
                template_place: checker.top(),
                logo_place: checker.top(),
                session: IndexMap::new(),
                brand: plain,
                public_url: None,
                completion_level: false,
                license: License::default(),
                remarks: None,
                requests: None,
            };
        };
        let template = keys.template.required_text();
        let template_place = keys.template.span_or(&field.key());
        checker.slug("a template's name", &template, template_place.clone());
        for (period, session) in keys.session.entries() {
            checker.same_frequency(*period, session.key());
        }
        let sessions = keys.session.entries();
        let brand = keys.brand.get();
        ReportSpec {
            template,
            template_place,
            logo_place: brand.map_or(0..0, |brand| brand.logo.span_or(&keys.brand.key())),
            session: sessions
                .filter_map(|(period, session)| Some((*period, session.text()?)))
                .collect(),
            public_url: public_url(&keys.public_url, checker),
            brand: brand.map_or(plain, |brand| brand.check(checker)),
            completion_level: keys.completion_level.copied().unwrap_or(false),
            license: keys.license.copied().unwrap_or_default(),
            remarks: keys.remarks.placed(),
            requests: keys.requests.placed(),
        }
    }
}

impl BrandKeys {
    fn check(&self, checker: &mut Checker<'_>) -> Brand {
        let color = self.color.text();
        if let Some(color) = &color {
            let digits = color.strip_prefix('#').unwrap_or_default();
            if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                checker.error_hint(
                    "invalid-color",
                    self.color.span(),
                    format!("\"{color}\" is not a colour"),
                    "write # and six hexadecimal digits, such as \"#1f4e79\"",
                );
            }
        }
        let logo = self.logo.text();
        if let Some(path) = &logo {
            checker.inside(path, self.logo.span());
        }
        Brand {
            name: self.name.required_text(),
            term: self.term.text(),
            slogan: values(self.slogan.texts()),
            color,
            logo,
        }
    }
}
