//! SHELL: the home folder and the plans in it; the one reading of the clock.

#![allow(
    clippy::disallowed_methods,
    reason = "the shell: looks into the home folder"
)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, TimeZone, Utc};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::exit::{CommandError, ExitStatus};
use crate::indicators;
use crate::period::Period;
use crate::plan::Plan;
use crate::store::error::Doing;
use crate::store::presence;
use crate::store::{self, ObjectError, Store, StoreAddress};

/// A moment given on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// With its own offset.
    Instant(chrono::DateTime<chrono::FixedOffset>),
    /// Local to the plan.
    Local(chrono::NaiveDateTime),
}

impl std::fmt::Display for AsOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Instant(instant) => f.write_str(&instant.to_rfc3339()),
            Self::Local(local) => write!(f, "{}", local.format("%Y-%m-%dT%H:%M:%S")),
        }
    }
}

impl std::str::FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(instant) = chrono::DateTime::parse_from_rfc3339(text) {
            return Ok(Self::Instant(instant));
        }
        for format in ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"] {
            if let Ok(local) = chrono::NaiveDateTime::parse_from_str(text, format) {
                return Ok(Self::Local(local));
            }
        }
        if let Ok(day) = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            // Noon: on no zone's change of clocks, and on that day everywhere in the zone.
            return Ok(Self::Local(
                day.and_time(chrono::NaiveTime::MIN) + chrono::Duration::hours(12),
            ));
        }
        Err("write 2026-04-06, 2026-04-06T09:00 or 2026-04-06T09:00:00-06:00".to_owned())
    }
}

/// Where everything lives.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    /// The folder that holds `pipelines/`.
    pub root: PathBuf,
    /// In a rehearsal, the folder that stands for it wherever something is written.
    rehearsal: Option<PathBuf>,
    /// Where its files are kept for good, from the moment on that this is asked for.
    store: Arc<OnceLock<FoundStore>>,
}

/// The store that the environment names, if any.
type FoundStore = Result<Option<Arc<dyn Store>>, ObjectError>;

impl Home {
    /// The home at a folder, and nowhere else.
    pub(crate) fn at(root: PathBuf) -> Self {
        let nowhere: FoundStore = Ok(None);
        Self {
            root,
            rehearsal: None,
            store: Arc::new(OnceLock::from(nowhere)),
        }
    }

    /// The home at a folder, with the store that the environment names.
    fn of_environment(root: PathBuf) -> Self {
        Self {
            store: Arc::new(OnceLock::new()),
            ..Self::at(root)
        }
    }

    /// Where the home's files are kept for good besides its own folder; none where nothing is named.
    ///
    /// # Errors
    /// What the environment names is none.
    pub(crate) fn store(&self) -> Result<Option<&dyn Store>, ObjectError> {
        let found = self.store.get_or_init(|| {
            let address = StoreAddress::of_environment(&self.root)?;
            address.map(|address| store::open(&address)).transpose()
        });
        match found {
            Ok(store) => Ok(store.as_deref()),
            Err(error) => Err(error.clone()),
        }
    }

    /// Whether nothing of it is to be changed.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.rehearsal.is_some()
    }

    /// The same home, of which nothing is changed: what goes to `state/` goes to the one below
    /// `folder`, and what `state/archive/` holds is still read.
    pub(crate) fn rehearsing_in(&self, folder: &Path) -> Self {
        Self {
            root: self.root.clone(),
            rehearsal: Some(folder.to_owned()),
            store: Arc::clone(&self.store),
        }
    }

    /// The folder named on the command line, else the nearest one upward.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn find(named: Option<&Path>) -> Result<Self, CommandError> {
        if let Some(root) = named {
            if presence::is_folder(&root.join("pipelines"))? {
                let root = std::fs::canonicalize(root).doing("open", root)?;
                return Ok(Self::of_environment(root));
            }
            let error =
                Diagnostic::error("no-home", format!("{} holds no pipelines/", root.display()))
                    .hint("name a home folder, or make one: metas init DIR");
            return Err(CommandError::environment(error));
        }
        let here = std::env::current_dir().doing("open", Path::new("."))?;
        // Whoever works as another user may stand in a folder that this one may not look into.
        let is_home = |folder: &&Path| {
            let pipelines = presence::is_folder(&folder.join("pipelines"));
            matches!(pipelines, Ok(true))
        };
        match here.ancestors().find(is_home) {
            Some(root) => Ok(Self::of_environment(root.to_owned())),
            None => Err(CommandError::environment(
                Diagnostic::error("no-home", "no folder from here upward holds pipelines/")
                    .hint("go to a home folder, give --home DIR, or make one: metas init DIR"),
            )),
        }
    }

    /// `state/`.
    pub(crate) fn state(&self) -> PathBuf {
        self.rehearsal.as_ref().unwrap_or(&self.root).join("state")
    }

    /// The folder of all plans' reports: `out` where one is named. A rehearsal writes none anywhere
    /// but in its own.
    pub(crate) fn reports(&self, out: Option<&Path>) -> PathBuf {
        match (&self.rehearsal, out) {
            (Some(folder), _) => folder.join("reports"),
            (None, Some(out)) => out.to_owned(),
            (None, None) => self.root.join("reports"),
        }
    }

    /// Where a file of the archive is written, by its path in the home.
    pub(crate) fn kept(&self, relative: &Path) -> PathBuf {
        self.rehearsal.as_ref().unwrap_or(&self.root).join(relative)
    }

    /// Where a file of the archive is read.
    pub(crate) fn held(&self, relative: &Path) -> PathBuf {
        match &self.rehearsal {
            Some(folder) if folder.join(relative).exists() => folder.join(relative),
            _ => self.root.join(relative),
        }
    }

    /// The folder of a period's files.
    pub(crate) fn inputs(&self, period: Period) -> PathBuf {
        self.root.join("inputs").join(period.to_string())
    }

    /// The plans' ids, sorted.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(crate) fn plan_ids(&self) -> Result<Vec<String>, CommandError> {
        let folder = self.root.join("pipelines");
        let entries = std::fs::read_dir(&folder).doing("read", &folder)?;
        let mut ids = Vec::new();
        for entry in entries {
            let name = entry.doing("read", &folder)?.file_name();
            // A name that is no text is no plan's either: whoever reads the file says so.
            let name = name.to_string_lossy();
            let id = name.strip_suffix(".toml").unwrap_or_default();
            if !id.is_empty() && !id.starts_with('.') {
                ids.push(id.to_owned());
            }
        }
        ids.sort();
        if ids.is_empty() {
            let message = format!("{} holds no plan", folder.display());
            let error = Diagnostic::error("no-plan", message)
                .hint("write a plan as pipelines/PLAN.toml; metas init DIR makes an example");
            return Err(CommandError::environment(error));
        }
        Ok(ids)
    }

    /// Says whether there is a plan of that name; it is not read.
    ///
    /// # Errors
    /// There is none: `unknown-plan`, with the nearest name.
    pub(crate) fn known(&self, id: &str) -> Result<(), CommandError> {
        let ids = self.plan_ids()?;
        if ids.iter().any(|known| known == id) {
            return Ok(());
        }
        let hint = match did_you_mean(id, ids.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("plans here: {}", ids.join(", ")),
        };
        let message = format!("there is no plan \"{id}\"");
        Err(CommandError::usage("unknown-plan", message, hint))
    }

    /// Reads and checks a plan, its queries included.
    ///
    /// # Errors
    /// The plan is unknown, or its definition is wrong: every error of it.
    pub(crate) fn plan(&self, id: &str) -> Result<Plan, CommandError> {
        self.known(id)?;
        let name = format!("pipelines/{id}.toml");
        let path = self.root.join(&name);
        let bytes = crate::store::regular::read(&path).doing("read", &path)?;
        let text = String::from_utf8(bytes).map_err(|_| {
            let error = Diagnostic::error("not-utf8", format!("{name} is not UTF-8 text"));
            CommandError::environment(error.hint("save it as UTF-8"))
        })?;
        load(&name, &text)
    }

    /// The text of a definition, as far as it is one; none where it can't be read.
    pub(crate) fn plan_text(&self, id: &str) -> Option<String> {
        let path = self.root.join(format!("pipelines/{id}.toml"));
        let bytes = crate::store::regular::read(&path).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The plan named, or the only one.
    ///
    /// # Errors
    /// As [`Home::plan`]; several plans and none named.
    pub(crate) fn one_plan(&self, id: Option<&str>) -> Result<Plan, CommandError> {
        match (id, self.plan_ids()?.as_slice()) {
            (Some(id), _) => self.plan(id),
            (None, [only]) => self.plan(only),
            (None, several) => {
                let list = several.join(", ");
                Err(CommandError::usage(
                    "which-plan",
                    "this home has several plans",
                    format!("name one: {list}"),
                ))
            }
        }
    }
}

/// Parses a definition and tries its queries.
///
/// # Errors
/// Every error of it.
pub(crate) fn load(name: &str, text: &str) -> Result<Plan, CommandError> {
    let wrong = |diagnostics| CommandError {
        status: ExitStatus::Environment,
        diagnostics,
    };
    indicators::read_definition(name, text).map_err(wrong)
}

/// The moment to act at: as given, else the clock's. The only reading of the clock.
///
/// # Errors
/// A local time that the plan's zone does not have.
pub(crate) fn now(
    as_of: Option<AsOf>,
    zone: chrono_tz::Tz,
) -> Result<DateTime<chrono_tz::Tz>, CommandError> {
    #[allow(clippy::disallowed_methods, reason = "the one reading of the clock")]
    let clock = Utc::now;
    match as_of {
        None => Ok(clock().with_timezone(&zone)),
        Some(AsOf::Instant(instant)) => Ok(instant.with_timezone(&zone)),
        Some(AsOf::Local(local)) => zone.from_local_datetime(&local).earliest().ok_or_else(|| {
            CommandError::usage(
                "as-of",
                format!("{local} does not exist in {zone}"),
                "give another hour",
            )
        }),
    }
}

/// The period asked for, or the last one that has ended.
///
/// # Errors
/// A period of another length, before the plan's first, or not begun.
pub(crate) fn period(
    pipeline: &Plan,
    asked: Option<Period>,
    now: &DateTime<chrono_tz::Tz>,
) -> Result<Period, CommandError> {
    let first = pipeline.schedule.first_period;
    let today = now.date_naive();
    let current = Period::containing(today, pipeline.schedule.every);
    let Some(period) = asked else {
        return Ok(current.previous().max_by_start(first));
    };
    let example = format!("periods of this plan: {first} to {current}");
    if period.frequency() != pipeline.schedule.every {
        let message = format!("{period} is not a period of plan {}", pipeline.plan.id);
        return Err(CommandError::usage("unknown-period", message, example));
    }
    if period.start() < first.start() {
        let message = format!("{period} is before the plan's first period, {first}");
        return Err(CommandError::usage("unknown-period", message, example));
    }
    if period.start() > today {
        let message = format!("{period} has not begun: today is {today}");
        return Err(CommandError::usage("unknown-period", message, example));
    }
    Ok(period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan;

    #[test]
    fn a_moment_is_written_as_it_is_read() {
        for text in [
            "2026-04-06",
            "2026-04-06T09:30",
            "2026-04-06T09:00:00-06:00",
        ] {
            let moment: AsOf = text.parse().unwrap();
            assert_eq!(moment.to_string().parse(), Ok(moment), "{text}");
        }
    }

    #[test]
    fn plans_are_the_definitions_that_show() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().to_owned());
        let code = |error: CommandError| error.diagnostics[0].code.clone();
        let pipelines = folder.path().join("pipelines");
        std::fs::create_dir(&pipelines).unwrap();
        for name in [".toml", ".b.toml", ".b.toml.swp", "a.toml~", "LEEME.txt"] {
            std::fs::write(pipelines.join(name), "").unwrap();
        }
        assert_eq!(home.plan_ids().map_err(code), Err("no-plan".to_owned()));
        for name in ["obras.toml", "agua.toml"] {
            std::fs::write(pipelines.join(name), "").unwrap();
        }
        let ids = home.plan_ids().map_err(code).unwrap();
        assert_eq!(ids, ["agua", "obras"]);
        assert!(home.known("agua").is_ok());
        assert_eq!(
            home.known("aguas").map_err(code),
            Err("unknown-plan".to_owned())
        );
    }

    #[test]
    fn a_period_of_the_plan_has_begun_and_is_not_before_its_first() {
        let plan = include_str!("../tests/definitions/keys/base.toml");
        let plan = plan::parse("base.toml", plan).unwrap();
        let first = plan.schedule.first_period;
        let zone = plan.plan.timezone;
        let at = |day: chrono::NaiveDate| {
            let noon = day.and_hms_opt(12, 0, 0).unwrap();
            zone.from_local_datetime(&noon).unwrap()
        };
        let asked = |asked: Option<Period>, day| {
            period(&plan, asked, &at(day)).map_err(|error| error.diagnostics[0].message.clone())
        };
        let second = first.next();
        assert_eq!(asked(Some(first), second.start()), Ok(first));
        assert_eq!(asked(Some(second), second.start()), Ok(second));
        assert_eq!(asked(None, second.start()), Ok(first));
        assert_eq!(
            asked(None, first.start()),
            Ok(first),
            "not before the first"
        );
        let early = asked(Some(second), second.start().pred_opt().unwrap());
        assert!(early.unwrap_err().contains("has not begun"));
        let before = asked(Some(first.previous()), second.start());
        assert!(before.unwrap_err().contains("before the plan's first"));
    }
}
