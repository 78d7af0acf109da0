//! `[plan]`, `[schedule]`, `[department.*]`, `[axis.*]`, `[report]`, `[limits]`.

use indexmap::IndexMap;

use super::Resolver;
use crate::period::{Frequency, Period};
use crate::pipeline::model::{
    Axis, Brand, Department, Incomplete, Limits, Plan, ReportSpec, Schedule, TrafficLight,
};
use crate::pipeline::section::Section;

impl Resolver<'_> {
    pub(super) fn plan(&mut self, root: &Section<'_>) -> Option<Plan> {
        let section = root.section("plan")?;
        let id = section.text("id")?;
        self.slug("a plan's id", &id, section.span("id"));
        let stem = self.text.name.rsplit('/').next().unwrap_or_default();
        let stem = stem.strip_suffix(".toml").unwrap_or(stem);
        if stem != id {
            self.error_hint(
                "plan-id",
                section.span("id"),
                format!("the plan's id is \"{id}\", but the file is called {stem}.toml"),
                format!("call the file {id}.toml, or the plan \"{stem}\""),
            );
        }
        let zone = section.required_text("timezone");
        let timezone = zone.parse::<chrono_tz::Tz>();
        if timezone.is_err() && !zone.is_empty() {
            self.error_hint(
                "unknown-timezone",
                section.span("timezone"),
                format!("there is no time zone \"{zone}\""),
                "write an IANA name, such as \"America/Mexico_City\"",
            );
        }
        let traffic_light = self.traffic_light(&section);
        Some(Plan {
            id,
            title: section.required_text("title"),
            subtitle: section.text("subtitle"),
            timezone: timezone.ok()?,
            traffic_light,
        })
    }

    fn traffic_light(&mut self, plan: &Section<'_>) -> TrafficLight {
        let bands = plan.section("traffic_light");
        let read = |key: &str| bands.as_ref().and_then(|b| b.number(key));
        let bounds = TrafficLight {
            on_track: read("on_track").unwrap_or(90.0),
            at_risk: read("at_risk").unwrap_or(70.0),
        };
        if bounds.at_risk >= bounds.on_track || bounds.at_risk < 0.0 || bounds.on_track > 100.0 {
            self.error_hint(
                "traffic-light",
                plan.span("traffic_light"),
                "the traffic light's bands are out of order",
                "0 ≤ at_risk < on_track ≤ 100, such as { on_track = 90, at_risk = 70 }",
            );
        }
        bounds
    }

    pub(super) fn schedule(&mut self, root: &Section<'_>) -> Option<Schedule> {
        let section = root.section("schedule")?;
        let every = match section.text("every")?.as_str() {
            "month" => Frequency::Month,
            "quarter" => Frequency::Quarter,
            "half-year" => Frequency::HalfYear,
            "year" => Frequency::Year,
            _ => return None,
        };
        self.frequency = Some(every);
        let first_period: Period = section.parsed("first_period")?;
        self.same_frequency(first_period, section.span("first_period"));
        let report_after_days = section.unsigned("report_after_days").unwrap_or(5);
        let submit_within_days = section
            .unsigned("submit_within_days")
            .unwrap_or(report_after_days);
        if submit_within_days > report_after_days {
            self.error_hint(
                "submit-after-report",
                section.span("submit_within_days"),
                format!("files are due {submit_within_days} days after the cutoff, and the report after {report_after_days}"),
                "let the files be due before the report: submit_within_days at most report_after_days",
            );
        }
        self.reminders(&section);
        Some(Schedule {
            every,
            report_after_days,
            submit_within_days,
            max_lateness_days: section.unsigned("max_lateness_days").unwrap_or(45),
            first_period,
            incomplete: match section.text("incomplete").as_deref() {
                Some("hold") => Incomplete::Hold,
                _ => Incomplete::Issue,
            },
        })
    }

    /// Says of days to remind on that nothing is sent on them.
    fn reminders(&mut self, section: &Section<'_>) {
        for key in ["remind_before_days", "remind_after_days"] {
            let days = section.integers(key).unwrap_or_default();
            if let Some(days) = days.iter().find(|days| !(0..=366).contains(*days)) {
                self.error(
                    "invalid-days",
                    section.span(key),
                    format!("{days} is no number of days to remind before or after"),
                );
            } else if !days.is_empty() {
                let message = format!("{key} has no effect yet: this version sends no reminders");
                self.warning(
                    "no-effect-yet",
                    section.span(key),
                    message,
                    "leave it out, or remind the liaisons yourself on these days",
                );
            }
        }
    }

    /// Reports a period of another length than the plan's.
    pub(super) fn same_frequency(&mut self, period: Period, span: std::ops::Range<usize>) {
        if let Some(every) = self.frequency
            && period.frequency() != every
        {
            let example = Period::containing(period.start(), every);
            self.error_hint(
                "invalid-period",
                span,
                format!("{period} is not a period of this plan's schedule"),
                format!("write it like {example}"),
            );
        }
    }

    pub(super) fn departments(&mut self, root: &Section<'_>) -> IndexMap<String, Department> {
        let mut departments = IndexMap::new();
        for (id, section) in root.sections("department") {
            self.slug("a department's id", id, section.place.clone());
            let liaison = section.text("liaison");
            if let Some(address) = &liaison {
                self.mailbox(address, section.span("liaison"));
            }
            let name = section.required_text("name");
            departments.insert(id.to_owned(), Department { name, liaison });
        }
        departments
    }

    pub(super) fn axes(&mut self, root: &Section<'_>) -> IndexMap<String, Axis> {
        let mut axes = IndexMap::new();
        for (id, section) in root.sections("axis") {
            self.slug("an axis's id", id, section.place.clone());
            let axis = Axis {
                title: section.required_text("title"),
                intro: section.text("intro"),
                activities: section.placed("activities"),
            };
            axes.insert(id.to_owned(), axis);
        }
        axes
    }

    pub(super) fn report(&mut self, root: &Section<'_>) -> ReportSpec {
        let Some(section) = root.section("report") else {
            return ReportSpec {
                template: "informe".to_owned(),
                template_place: root.place.clone(),
                logo_place: root.place.clone(),
                session: IndexMap::new(),
                brand: Brand::default(),
                completion_level: false,
            };
        };
        let template = section
            .text("template")
            .unwrap_or_else(|| "informe".to_owned());
        self.slug("a template's name", &template, section.span("template"));
        let session = section.texts_by_period("session");
        for period in session.keys() {
            self.same_frequency(*period, section.period_span("session", *period));
        }
        let brand = section.section("brand");
        let logo_place = brand.as_ref().map_or(0..0, |b| b.span("logo"));
        let brand = brand.map(|b| self.brand(&b)).unwrap_or_default();
        ReportSpec {
            template,
            template_place: section.span("template"),
            logo_place,
            session,
            brand,
            completion_level: section.flag("completion_level").unwrap_or(false),
        }
    }

    fn brand(&mut self, section: &Section<'_>) -> Brand {
        let color = section.text("color");
        if let Some(color) = &color {
            let digits = color.strip_prefix('#').unwrap_or_default();
            if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                self.error_hint(
                    "invalid-color",
                    section.span("color"),
                    format!("\"{color}\" is not a colour"),
                    "write # and six hexadecimal digits, such as \"#1f4e79\"",
                );
            }
        }
        let logo = section.text("logo");
        if let Some(path) = &logo {
            self.inside(path, section.span("logo"));
        }
        Brand {
            name: section.required_text("name"),
            term: section.text("term"),
            slogan: section
                .texts("slogan")
                .into_iter()
                .map(|t| t.value)
                .collect(),
            color,
            logo,
        }
    }

    /// Reports a path that leaves its folder.
    pub(super) fn inside(&mut self, path: &str, span: std::ops::Range<usize>) {
        let leaves = path.starts_with(['/', '\\'])
            || path.split(['/', '\\']).any(|part| part == "..")
            || path.contains(':');
        if leaves {
            self.error_hint(
                "path-outside",
                span,
                format!("\"{path}\" leaves its folder"),
                "write a path below the folder, without .. and without a leading /",
            );
        }
    }

    pub(super) fn limits(&mut self, root: &Section<'_>) -> Limits {
        let default = Limits::default();
        let Some(section) = root.section("limits") else {
            return default;
        };
        Limits {
            file_mib: section.unsigned("file_mib").unwrap_or(default.file_mib),
            inflated_mib: section
                .unsigned("inflated_mib")
                .unwrap_or(default.inflated_mib),
            cells: section.unsigned("cells").unwrap_or(default.cells),
            columns: section.unsigned("columns").unwrap_or(default.columns),
            memory_mib: section.unsigned("memory_mib").unwrap_or(default.memory_mib),
            seconds: section.unsigned("seconds").unwrap_or(default.seconds),
            run_mib: section.unsigned("run_mib").unwrap_or(default.run_mib),
            run_seconds: section
                .unsigned("run_seconds")
                .unwrap_or(default.run_seconds),
            quiet_seconds: section
                .unsigned("quiet_seconds")
                .unwrap_or(default.quiet_seconds),
            mail_seconds: section
                .unsigned("mail_seconds")
                .unwrap_or(default.mail_seconds),
            message_mib: section
                .unsigned("message_mib")
                .unwrap_or(default.message_mib),
        }
    }
}
