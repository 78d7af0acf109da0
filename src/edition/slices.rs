//! Extracts of the report: for each department that is responsible for goals and has a liaison, the
//! pages of those goals, typeset from the same results by the same template. They are files of the
//! edition, so that they are made again and compared with it.

use std::collections::{BTreeMap, BTreeSet};

use super::inputs::EditionInputs;
use super::typeset::ExtractFiles;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::{CommandError, ExitStatus};
use crate::hash::sha256_hex;
use crate::period::Period;
use crate::plan::{Department, Plan};
use crate::results;
use crate::results::{ExtractRequest, RESULTS_FILE, Results};

/// The edition's folder of extracts.
const FOLDER: &str = "slices";
/// Letters of a department's id that fit the name of an attachment.
const ID: usize = 32;

/// What extracts are made of.
pub(crate) struct SliceInputs<'a> {
    /// The edition's results.
    pub results: &'a Results,
    /// Everything that was found in the files.
    pub findings: &'a [Diagnostic],
    /// Files of the template, and photos as the page gets them.
    pub given: &'a BTreeMap<String, Vec<u8>>,
}

/// The departments whose liaisons get an extract: those that are responsible for goals, by their
/// ids; none where the plan does not ask for extracts.
pub(crate) fn departments(plan: &Plan) -> Vec<(&str, &Department)> {
    if !plan.delivery.as_ref().is_some_and(|spec| spec.slices) {
        return Vec::new();
    }
    let is_asked = |(id, department): &(&String, &Department)| {
        department.liaison.is_some() && !goals(plan, id).is_empty()
    };
    let all = plan.departments.iter().filter(is_asked);
    all.map(|(id, department)| (id.as_str(), department))
        .collect()
}

/// The file name of a department's extract, in the edition and in messages: short and ASCII.
pub(crate) fn file_name(period: Period, edition: u32, department: &str) -> String {
    let mut id = department.to_owned();
    if id.len() > ID {
        let hash = sha256_hex(id.as_bytes());
        let plain = id.chars().filter(char::is_ascii);
        let head: String = plain.take(ID - 9).collect();
        id = format!("{head}-{}", &hash[..8]);
    }
    format!("extracto-{period}-v{edition}-{id}.pdf")
}

/// Its path in the edition's folder.
pub(crate) fn path(period: Period, edition: u32, department: &str) -> String {
    format!("{FOLDER}/{}", file_name(period, edition, department))
}

/// The extracts of an edition, ready to be typeset.
///
/// # Errors
/// A part of the results can't be written as open data, which is an error of this program.
pub(crate) fn extracts(
    inputs: EditionInputs<'_>,
    of: &SliceInputs<'_>,
) -> Result<Vec<ExtractFiles>, CommandError> {
    departments(inputs.pipeline)
        .into_iter()
        .map(|(id, department)| one(inputs, of, (id, department)))
        .collect()
}

fn one(
    inputs: EditionInputs<'_>,
    of: &SliceInputs<'_>,
    (id, department): (&str, &Department),
) -> Result<ExtractFiles, CommandError> {
    let plan = inputs.pipeline;
    let part = results::extract(
        of.results,
        &ExtractRequest {
            department: id,
            name: &department.name,
            goals: &goals(plan, id),
            axes: &axes(plan, id),
            findings: findings(of, id),
        },
    );
    let internal = |why| CommandError::new(ExitStatus::Internal, why);
    let mut files = own_files(of, &part);
    files.extend(results::open_data(&part).map_err(internal)?);
    let document = part.json();
    files.insert(
        RESULTS_FILE.to_owned(),
        format!("{document:#}\n").into_bytes(),
    );
    Ok(ExtractFiles {
        name: path(inputs.reporting.period, inputs.edition, id),
        results: part,
        files,
    })
}

/// The template's files and the photos of the department's own activities.
fn own_files(of: &SliceInputs<'_>, part: &Results) -> BTreeMap<String, Vec<u8>> {
    let photos = |results: &Results| -> BTreeSet<String> {
        let activities = results.activities.iter();
        activities.filter_map(|one| one.photo.clone()).collect()
    };
    let (all, own) = (photos(of.results), photos(part));
    let mut files = of.given.clone();
    files.retain(|name, _| own.contains(name) || !all.contains(name));
    files
}

/// Ids of the goals that a department is responsible for.
fn goals(plan: &Plan, department: &str) -> Vec<String> {
    let own = plan.goals.values();
    let own = own.filter(|goal| goal.responsible.as_deref() == Some(department));
    own.map(|goal| goal.id.clone()).collect()
}

/// Ids of the axes whose activities come from the department's files alone: every source that the
/// query names has it as its only provider.
fn axes(plan: &Plan, department: &str) -> Vec<String> {
    let is_own = |query: &str| {
        let mut words = query.split(|c: char| !c.is_alphanumeric() && !"_-".contains(c));
        words.all(|word| {
            let named = plan.sources.iter();
            let mut named = named.filter(|(id, _)| id.eq_ignore_ascii_case(word));
            named.all(|(_, source)| {
                source
                    .providers
                    .departments()
                    .iter()
                    .all(|one| one == department)
            })
        })
    };
    let own = plan.axes.iter().filter(|(_, axis)| {
        let query = axis.activities.as_ref();
        query.is_some_and(|query| is_own(&query.value))
    });
    own.map(|(id, _)| id.clone()).collect()
}

/// Findings in a department's own files that block, and those that do not.
fn findings(of: &SliceInputs<'_>, department: &str) -> (usize, usize) {
    let sources = of.results.sources.iter();
    let own: BTreeSet<&str> = sources
        .filter(|source| source.department == department)
        .filter_map(|source| source.file.as_deref())
        .collect();
    let is_own = |finding: &&Diagnostic| finding.file().is_some_and(|file| own.contains(file));
    let count = |severity| {
        let found = of.findings.iter().filter(is_own);
        found.filter(|one| one.severity == severity).count()
    };
    (count(Severity::Error), count(Severity::Warning))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message's attachment has at most 60 letters, and two departments never share a name.
    #[test]
    fn an_extract_has_a_short_name_of_its_own() {
        let period = "2026-T1".parse().unwrap();
        let name = |id: &str| file_name(period, 12, id);
        assert_eq!(name("obras"), "extracto-2026-T1-v12-obras.pdf");
        let long = "direccion-general-de-medio-ambiente-y-desarrollo";
        let (one, other) = (name(long), name(&format!("{long}-2")));
        assert_ne!(one, other);
        for name in [one, other] {
            assert!(name.len() <= 60 && name.is_ascii(), "{name}");
        }
    }
}
