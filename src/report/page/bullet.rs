//! A bullet: how far a value is from its target, and from what was planned to date.

use super::scale::{Scale, bands};
use super::svg::SvgDrawing;
use crate::plan::{Direction, TrafficLight};
use crate::results::GoalEntry;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 30.0;
/// Room beside the line for half a mark.
const SIDE: f64 = 6.0;
const TOP: f64 = 9.0;
const BAR: f64 = 14.0;
/// Attainment in percent where the line of many bullets ends.
const MOST: f64 = 125.0;

/// A goal's bullet in its own unit; none where it has neither target nor band.
pub(super) fn bullet(goal: &GoalEntry, light: &TrafficLight) -> Option<String> {
    if let Some(band) = &goal.band {
        return constant(goal, (band.low, band.high));
    }
    let target = goal.target?;
    goal.direction?;
    let before = goal.previous.as_ref().and_then(|p| p.actual_value);
    let limits = bands(goal, (light.on_track, light.at_risk));
    // A descending goal's bands end beyond what was planned, and all of them should be seen.
    let seen = limits.filter(|_| goal.direction == Some(Direction::Descending));
    let marks = [goal.actual_value, goal.planned, before, goal.baseline];
    let values = marks.into_iter().flatten().chain([target]);
    let values = values.chain(seen.into_iter().flat_map(|(a, b)| [a, b]));
    let scale = Scale::of(values, WIDTH - 2.0 * SIDE)?;
    let mut drawing = SvgDrawing::new(WIDTH, HEIGHT);
    background(&mut drawing, scale, limits, goal.direction);
    if let Some(value) = goal.actual_value {
        let (from, to) = ordered(scale.at(0.0), scale.at(value));
        let bar = (to - from).max(1.0);
        drawing.rectangle("bar", (SIDE + from, TOP + BAR / 2.0 - 3.5), (bar, 7.0));
    }
    target_mark(&mut drawing, SIDE + scale.at(target));
    if let Some(planned) = goal.planned {
        planned_mark(&mut drawing, SIDE + scale.at(planned));
    }
    if let Some(before) = before {
        drawing.circle("before", (SIDE + scale.at(before), TOP + BAR / 2.0), 4.0);
    }
    Some(drawing.finish())
}

/// A goal's bullet in percent of its target, to stand among others on the same scale.
pub(super) fn small(goal: &GoalEntry) -> Option<String> {
    let reached = goal.attainment_pct?;
    goal.direction?;
    let scale = Scale::up_to(MOST, WIDTH - 2.0 * SIDE);
    let mut drawing = SvgDrawing::new(WIDTH, HEIGHT);
    drawing.rectangle("band", (SIDE, TOP), (scale.end(), BAR));
    let bar = scale.at(reached.max(0.0));
    drawing.rectangle("bar", (SIDE, TOP + BAR / 2.0 - 3.5), (bar.max(1.0), 7.0));
    target_mark(&mut drawing, SIDE + scale.at(100.0));
    if let (Some(planned), Some(target), Some(Direction::Ascending)) =
        (goal.planned, goal.target, goal.direction)
        && target > 0.0
    {
        planned_mark(&mut drawing, SIDE + scale.at(100.0 * planned / target));
    }
    Some(drawing.finish())
}

/// A dot against the band in which it is to stay.
fn constant(goal: &GoalEntry, (low, high): (f64, f64)) -> Option<String> {
    let values = [Some(low), Some(high), goal.actual_value];
    let scale = Scale::of(values.into_iter().flatten(), WIDTH - 2.0 * SIDE)?;
    let mut drawing = SvgDrawing::new(WIDTH, HEIGHT);
    drawing.rectangle("band", (SIDE, TOP), (scale.end(), BAR));
    let (from, to) = (scale.at(low), scale.at(high));
    drawing.rectangle("goal-band", (SIDE + from, TOP), (to - from, BAR));
    if let Some(value) = goal.actual_value {
        drawing.circle("dot", (SIDE + scale.at(value), TOP + BAR / 2.0), 5.0);
    }
    Some(drawing.finish())
}

/// The traffic light's bands in greys, the darkest where the value should not be; one pale band
/// where nothing was planned.
fn background(
    drawing: &mut SvgDrawing,
    scale: Scale,
    limits: Option<(f64, f64)>,
    direction: Option<Direction>,
) {
    let end = scale.end();
    let Some((on_track, at_risk)) = limits else {
        drawing.rectangle("band", (SIDE, TOP), (end, BAR));
        return;
    };
    let (a, b) = ordered(scale.at(at_risk), scale.at(on_track));
    let classes = match direction {
        Some(Direction::Descending) => ["band-good", "band-risk", "band-bad"],
        Some(Direction::Ascending) | None => ["band-bad", "band-risk", "band-good"],
    };
    for (class, (from, to)) in classes.into_iter().zip([(0.0, a), (a, b), (b, end)]) {
        drawing.rectangle(class, (SIDE + from, TOP), (to - from, BAR));
    }
}

fn target_mark(drawing: &mut SvgDrawing, x: f64) {
    drawing.rectangle("target", (x - 1.5, TOP - 3.0), (3.0, BAR + 6.0));
}

fn planned_mark(drawing: &mut SvgDrawing, x: f64) {
    drawing.shape("planned", &[(x - 5.0, 0.0), (x + 5.0, 0.0), (x, TOP - 1.0)]);
}

fn ordered(a: f64, b: f64) -> (f64, f64) {
    if a <= b { (a, b) } else { (b, a) }
}
