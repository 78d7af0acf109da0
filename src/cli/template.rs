//! `metas template`: the blank workbooks that departments fill in.

use serde_json::json;

use crate::console::Console;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::exit::{CommandError, ExitStatus};
use crate::home;
use crate::home::AsOf;
use crate::home::Home;
use crate::period::Period;
use crate::plan::Plan;
use crate::store::error::Doing;
use crate::store::files::write_whole;
use crate::workbook;
use clap::Args;
use std::path::PathBuf;

/// `metas template`.
#[derive(Debug, Args)]
pub struct TemplateArguments {
    /// The plan's id; may be left out where the home has one plan
    pub plan: Option<String>,
    /// Only this department's
    #[arg(long, value_name = "DEPARTMENT")]
    pub department: Option<String>,
    /// The period that they are for, which they state; default: the one that is open
    #[arg(long, value_name = "PERIOD")]
    pub period: Option<Period>,
    /// Act as at this moment
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<AsOf>,
    /// Folder to write them to
    #[arg(short, long, value_name = "DIR")]
    pub out: PathBuf,
}

/// Writes one workbook a source and department.
///
/// # Errors
/// The department is unknown, or the folder cannot be written.
pub(crate) fn template(
    console: &Console,
    home: &Home,
    arguments: &TemplateArguments,
) -> Result<ExitStatus, CommandError> {
    let pipeline = home.one_plan(arguments.plan.as_deref())?;
    let period = period(&pipeline, arguments)?;
    let pipeline = pipeline.at(period);
    if let Some(department) = &arguments.department {
        known(&pipeline, department)?;
    }
    let mut files = Vec::new();
    let mut text = String::new();
    for source in pipeline.sources.values() {
        for department in source.providers.departments() {
            if arguments
                .department
                .as_ref()
                .is_some_and(|d| d != department)
            {
                continue;
            }
            let made = workbook::template(&pipeline, source, department, &[])
                .map_err(CommandError::environment)?;
            let path = arguments.out.join(&made.name);
            let folder = path.parent().unwrap_or(&arguments.out);
            std::fs::create_dir_all(folder).doing("make", folder)?;
            write_whole(&path, &made.bytes)?;
            text.push_str(&format!("{}\n", path.display()));
            if !made.matches {
                text.push_str(&format!(
                    "  to be saved in the format of {} when it is filled in\n",
                    made.pattern
                ));
            }
            files.push(json!({
                "source": source.id,
                "department": department,
                "file": path,
                "name": made.name,
                "pattern": made.pattern,
                "matches": made.matches,
                "definition": source.template_hash(),
            }));
        }
    }
    let document = json!({ "plan": pipeline.plan.id, "period": period, "files": files });
    console.data(&document, &text);
    if files.is_empty() {
        console.diagnostics(&[Diagnostic::warning(
            "no-sources",
            "this plan expects no files of that department",
        )]);
    }
    Ok(ExitStatus::Done)
}

/// The period asked for, which may lie ahead: workbooks are handed out before it begins.
fn period(pipeline: &Plan, arguments: &TemplateArguments) -> Result<Period, CommandError> {
    let schedule = &pipeline.schedule;
    let Some(period) = arguments.period else {
        let now = home::now(arguments.as_of, pipeline.plan.timezone)?;
        let open = Period::containing(now.date_naive(), schedule.every);
        return Ok(open.max_by_start(schedule.first_period));
    };
    if period.frequency() == schedule.every && period.start() >= schedule.first_period.start() {
        return Ok(period);
    }
    Err(CommandError::usage(
        "unknown-period",
        format!("{period} is not a period of plan {}", pipeline.plan.id),
        format!("the plan's first period is {}", schedule.first_period),
    ))
}

fn known(pipeline: &Plan, department: &str) -> Result<(), CommandError> {
    if pipeline.departments.contains_key(department) {
        return Ok(());
    }
    let ids = || pipeline.departments.keys().map(String::as_str);
    let hint = match did_you_mean(department, ids()) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("departments: {}", ids().collect::<Vec<_>>().join(", ")),
    };
    Err(CommandError::usage(
        "unknown-department",
        format!("there is no department \"{department}\""),
        hint,
    ))
}
