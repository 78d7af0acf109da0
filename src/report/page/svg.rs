//! Pieces of a drawing as SVG text. Colours are classes, so that the page's style decides on them
//! for screen, dark screen and paper.

/// A drawing under construction. It says nothing to who can't see it: the sentence beside it does.
pub(super) struct SvgDrawing {
    body: String,
    width: f64,
    height: f64,
}

impl SvgDrawing {
    /// An empty drawing of that many units.
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self {
            body: String::new(),
            width,
            height,
        }
    }

    /// A filled rectangle; of none that would have no width.
    pub(super) fn rectangle(&mut self, class: &str, (x, y): (f64, f64), (w, h): (f64, f64)) {
        if w > 0.0 {
            let (x, y, w, h) = (fixed(x), fixed(y), fixed(w), fixed(h));
            self.put(&format!(
                r#"<rect class="{class}" x="{x}" y="{y}" width="{w}" height="{h}"/>"#
            ));
        }
    }

    /// A line through points.
    pub(super) fn line(&mut self, class: &str, points: &[(f64, f64)]) {
        let points = listed(points);
        self.put(&format!(r#"<polyline class="{class}" points="{points}"/>"#));
    }

    /// A filled shape through points.
    pub(super) fn shape(&mut self, class: &str, points: &[(f64, f64)]) {
        let points = listed(points);
        self.put(&format!(r#"<polygon class="{class}" points="{points}"/>"#));
    }

    /// A circle.
    pub(super) fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        let (x, y, r) = (fixed(x), fixed(y), fixed(radius));
        self.put(&format!(
            r#"<circle class="{class}" cx="{x}" cy="{y}" r="{r}"/>"#
        ));
    }

    /// The whole element.
    pub(super) fn finish(self) -> String {
        let (width, height) = (fixed(self.width), fixed(self.height));
        format!(
            r#"<svg class="chart" viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false">{}</svg>"#,
            self.body
        )
    }

    fn put(&mut self, element: &str) {
        self.body.push_str(element);
    }
}

/// Points as an attribute has them.
fn listed(points: &[(f64, f64)]) -> String {
    let one = |(x, y): &(f64, f64)| format!("{},{}", fixed(*x), fixed(*y));
    points.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Two decimals at most, so that the same figures give the same bytes everywhere.
fn fixed(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" | "" => "0".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_two_decimals_at_most() {
        for (value, text) in [
            (1.0, "1"),
            (0.125, "0.12"),
            (-0.001, "0"),
            (10.0, "10"),
            (2.5, "2.5"),
        ] {
            assert_eq!(fixed(value), text);
        }
    }
}
