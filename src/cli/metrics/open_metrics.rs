//! The text format of OpenMetrics 1.0. It keeps to what the older text format of Prometheus reads
//! alike: no types that only the newer one has, no quotes in a help, no times of samples.

use std::fmt::Write;

/// What a family of samples counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetricKind {
    /// What goes up and down.
    Gauge,
    /// What only grows; the samples' name ends in `_total`.
    Counter,
}

/// Samples of one name.
#[derive(Debug)]
pub(super) struct Family {
    /// The name; it ends in the unit where there is one.
    pub name: &'static str,
    /// What it counts.
    pub kind: MetricKind,
    /// The unit, or nothing.
    pub unit: &'static str,
    /// What it says.
    pub help: &'static str,
    /// The values, each with its labels.
    pub samples: Vec<(Vec<(&'static str, String)>, f64)>,
}

/// The whole text. A family without samples is left out.
pub(super) fn text(families: &[Family]) -> String {
    let mut out = String::new();
    for family in families.iter().filter(|family| !family.samples.is_empty()) {
        write_family(&mut out, family);
    }
    out.push_str("# EOF\n");
    out
}

fn write_family(out: &mut String, family: &Family) {
    let Family {
        name, unit, help, ..
    } = family;
    let (kind, suffix) = match family.kind {
        MetricKind::Gauge => ("gauge", ""),
        MetricKind::Counter => ("counter", "_total"),
    };
    // Writing into a text cannot fail.
    let _ = writeln!(out, "# TYPE {name} {kind}");
    if !unit.is_empty() {
        let _ = writeln!(out, "# UNIT {name} {unit}");
    }
    let _ = writeln!(out, "# HELP {name} {}", escaped(help));
    for (labels, value) in &family.samples {
        let labels: Vec<String> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{}\"", escaped(value)))
            .collect();
        let _ = writeln!(out, "{name}{suffix}{{{}}} {value}", labels.join(","));
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_kind_stay_in_their_quotes() {
        let family = Family {
            name: "metas_x_seconds",
            kind: MetricKind::Gauge,
            unit: "seconds",
            help: "A\\b\nc.",
            samples: vec![
                (vec![("home", "a\"b\\c\nd".to_owned())], 1_775_000_000.0),
                (vec![("home", "ñ".to_owned())], -0.5),
            ],
        };
        assert_eq!(
            text(&[family]),
            "# TYPE metas_x_seconds gauge\n# UNIT metas_x_seconds seconds\n\
             # HELP metas_x_seconds A\\\\b\\nc.\n\
             metas_x_seconds{home=\"a\\\"b\\\\c\\nd\"} 1775000000\n\
             metas_x_seconds{home=\"ñ\"} -0.5\n# EOF\n"
        );
    }
}
