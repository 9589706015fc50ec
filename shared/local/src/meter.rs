//! Figures on one machine: lines of the log, for whoever wants to see them.

use jiff::Timestamp;
use sync::figures::{About, Figures, Meter};

/// The figures, a line each in the program's own log.
pub struct Lines;

impl Meter for Lines {
    fn take(&self, _: Timestamp, about: &About, figures: &Figures) {
        let (side, department) = match about {
            About::Whole => (None, None),
            About::Side(side) => (Some(side.as_str()), None),
            About::Department(id) => (None, Some(id.as_str())),
        };
        let told: Vec<String> =
            figures.iter().map(|(metric, values)| told(metric.as_str(), values)).collect();
        tracing::debug!(side, department, "{}", told.join(", "));
    }
}

/// `Calls 3`, or of several values the number, the middle one and the largest.
fn told(name: &str, values: &[u64]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    match sorted.as_slice() {
        [] => name.to_owned(),
        [one] => format!("{name} {one}"),
        [.., largest] => format!("{name} {} × {}, at most {largest}", sorted.len(), sorted[sorted.len() / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn a_metric_is_told_on_one_line() {
        assert_eq!(told("Calls", &[3]), "Calls 3");
        assert_eq!(told("Latency", &[40, 10, 20]), "Latency 3 × 20, at most 40");
    }
}
