//! Who would be told something by a definition, and can't be: a department without a liaison, or
//! people to be written to where there is no sender.

use std::ops::Range;

use indexmap::IndexMap;

use super::check::Checker;
use super::delivery::DeliveryRules;
use super::department::Department;
use super::goal::Goal;
use super::schedule::Schedule;
use super::source::Source;

/// What decides who is told something.
pub(super) struct Reach<'a> {
    pub schedule: Option<&'a Schedule>,
    pub sources: &'a IndexMap<String, Source>,
    pub goals: &'a IndexMap<String, Goal>,
    pub delivery: &'a DeliveryRules,
}

impl Reach<'_> {
    /// What the liaison of a department would get.
    fn liaison_gets(&self, department: &String) -> Vec<&'static str> {
        let mut sources = self.sources.values();
        let sends = sources.any(|s| s.providers.departments().contains(department));
        let mut goals = self.goals.values();
        let answers = goals.any(|goal| goal.responsible.as_ref() == Some(department));
        let reminds = self.schedule.is_some_and(Schedule::reminds);
        let all = [
            (sends && self.delivery.receipts, "receipts for its files"),
            (sends && reminds, "reminders"),
            (answers && self.delivery.slices, "the pages of its goals"),
        ];
        let gets = all.iter().filter(|(gets, _)| *gets);
        gets.map(|(_, what)| *what).collect()
    }
}

impl Checker<'_> {
    /// Warns of a department that is to be told something and has no liaison.
    pub(super) fn liaison(
        &mut self,
        reach: &Reach<'_>,
        id: &String,
        department: &Department,
        place: Range<usize>,
    ) {
        let gets = reach.liaison_gets(id);
        if department.liaison.is_some() || gets.is_empty() {
            return;
        }
        self.warning(
            "no-liaison",
            place,
            format!(
                "department `{id}` has no liaison: nobody there gets {}",
                gets.join(", ")
            ),
            "add liaison = \"name@example.mx\" to it",
        );
    }

    /// Warns of people who are to be written to where the definition names no sender.
    pub(super) fn no_sender(&mut self, place: Range<usize>, who: &str) {
        self.warning(
            "no-sender",
            place,
            format!("{who} hears nothing by mail: there is no [delivery]"),
            "add [delivery] with from and to",
        );
    }
}
