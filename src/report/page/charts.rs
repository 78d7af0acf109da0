//! Each goal's drawings, for the template to place.

use std::collections::BTreeMap;

use minijinja::Value;

use super::{bullet, sparkline};
use crate::results::Results;

/// By goal: `bullet`, `small` and `trend`, each SVG text that needs no escaping, or none.
pub(super) fn charts(results: &Results) -> Value {
    let light = &results.plan.traffic_light;
    let safe = |drawing: Option<String>| drawing.map(Value::from_safe_string);
    let of_goal = |goal| {
        BTreeMap::from([
            ("bullet", Value::from(safe(bullet::bullet(goal, light)))),
            ("small", Value::from(safe(bullet::small(goal)))),
            ("trend", Value::from(safe(sparkline::sparkline(goal)))),
        ])
    };
    let goals = results.goals.iter();
    goals
        .map(|goal| (goal.id.clone(), Value::from(of_goal(goal))))
        .collect::<BTreeMap<_, _>>()
        .into()
}
