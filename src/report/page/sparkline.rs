//! A goal's values, period by period: a gap where there is none, a break where a count began anew.

use super::svg::SvgDrawing;
use crate::results::GoalEntry;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 64.0;
const SIDE: f64 = 8.0;
/// Values that are told apart need at least two of them.
const FEWEST: usize = 2;

/// A period's value, and whether it continues the one before it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    index: usize,
    value: f64,
    begins_anew: bool,
}

/// The line of a goal's values up to this period; none where there are fewer than two.
pub(super) fn sparkline(goal: &GoalEntry) -> Option<String> {
    let points = points(goal);
    if points.len() < FEWEST {
        return None;
    }
    let periods = goal.history.len();
    let values = || points.iter().map(|point| point.value).chain(goal.target);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let span = if high > low { high - low } else { 1.0 };
    let x = |index: usize| {
        // A history is short: a few hundred periods at most.
        #[allow(clippy::cast_precision_loss)]
        let share = index as f64 / periods.max(1) as f64;
        SIDE + share * (WIDTH - 2.0 * SIDE)
    };
    let y = |value: f64| HEIGHT - SIDE - (value - low) / span * (HEIGHT - 2.0 * SIDE);
    let mut drawing = SvgDrawing::new(WIDTH, HEIGHT);
    if let Some(target) = goal.target {
        let y = y(target);
        drawing.line("goal-line", &[(SIDE, y), (WIDTH - SIDE, y)]);
    }
    for run in runs(&points) {
        let line: Vec<(f64, f64)> = run.iter().map(|p| (x(p.index), y(p.value))).collect();
        if line.len() > 1 {
            drawing.line("trend", &line);
        }
        for point in &line {
            drawing.circle("past", *point, 3.0);
        }
    }
    if let Some(last) = points.last().filter(|last| last.index == periods) {
        drawing.circle("dot", (x(last.index), y(last.value)), 5.0);
    }
    Some(drawing.finish())
}

/// Every value that there is, with its place among the periods; this period's is the last.
fn points(goal: &GoalEntry) -> Vec<Point> {
    let past = goal
        .history
        .iter()
        .enumerate()
        .filter_map(|(index, entry)| {
            Some(Point {
                index,
                value: entry.actual_value?,
                begins_anew: entry.begins_anew,
            })
        });
    let now = goal.actual_value.map(|value| Point {
        index: goal.history.len(),
        value,
        begins_anew: goal.begins_anew,
    });
    past.chain(now)
        .filter(|point| point.value.is_finite())
        .collect()
}

/// Points that a line may join: side by side, and of one count.
fn runs(points: &[Point]) -> Vec<&[Point]> {
    points
        .chunk_by(|a, b| b.index == a.index + 1 && !b.begins_anew)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(index: usize, begins_anew: bool) -> Point {
        Point {
            index,
            value: 1.0,
            begins_anew,
        }
    }

    #[test]
    fn a_gap_and_a_new_count_break_the_line() {
        let points = [
            point(0, false),
            point(1, false),
            point(3, false),
            point(4, true),
            point(5, false),
        ];
        let lengths: Vec<usize> = runs(&points).iter().map(|run| run.len()).collect();
        assert_eq!(lengths, [2, 1, 2]);
    }
}
