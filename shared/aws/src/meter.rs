//! Figures as CloudWatch reads them out of a function's log: its embedded metric format, one line of JSON a figure's subject.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
//!
//! A metric costs by the month and by each combination of its dimensions, so only *Lag* is kept by department; what else is
//! known of one stands beside it as a property, for the log's own search.

use std::{
    io::Write,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sync::figures::{About, Figures, Meter, Metric, Unit};

/// Where the metrics stand unless the environment says otherwise.
pub const NAMESPACE: &str = "LoomisWoo";

/// The most values of a metric that CloudWatch takes in one line.
const MOST: usize = 100;

/// The figures, a line each to that place.
pub struct Embedded<W> {
    namespace: String,
    out: Mutex<W>,
}

impl<W: Write> Embedded<W> {
    /// Writes to `out`, which on Lambda is the standard output. The metrics stand in this namespace: each stack has one of its
    /// own (`LOOMIS_WOO_METRICS`), which `template.yaml` names in its alarms.
    pub fn to(out: W, namespace: String) -> Embedded<W> {
        Embedded { namespace, out: Mutex::new(out) }
    }
}

impl<W: Write + Send> Meter for Embedded<W> {
    fn take(&self, at: Timestamp, about: &About, figures: &Figures) {
        let mut lines = String::new();
        for some in chunks(figures) {
            lines.push_str(&line(&self.namespace, at, about, &some).to_string());
            lines.push('\n');
        }
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // In one piece, so that no line of the log comes between.
        if let Err(error) = out.write_all(lines.as_bytes()).and_then(|()| out.flush()) {
            tracing::warn!(%error, "figures are lost");
        }
    }
}

/// The figures in portions, none with more values of a metric than a line may have.
fn chunks(figures: &Figures) -> Vec<Figures> {
    let longest = figures.values().map(Vec::len).max().unwrap_or_default();
    let portion = |number: usize| {
        let part = |values: &Vec<u64>| values.chunks(MOST).nth(number).map(<[u64]>::to_vec);
        figures.iter().filter_map(|(metric, values)| Some((*metric, part(values)?))).collect()
    };
    (0..longest.div_ceil(MOST)).map(portion).collect()
}

fn line(namespace: &str, at: Timestamp, about: &About, figures: &Figures) -> Value {
    let (name, value) = match about {
        About::Whole => (None, ""),
        About::Side(side) => (Some("Side"), side.as_str()),
        About::Department(id) => (Some("Department"), id.as_str()),
    };
    let mut fields = Map::new();
    fields.extend(name.map(|name| (name.to_owned(), Value::from(value))));
    for (metric, values) in figures {
        let value = match values.as_slice() {
            [one] => Value::from(*one),
            several => Value::from(several),
        };
        fields.insert(metric.as_str().to_owned(), value);
    }
    // Of a department's, those without a dimension add up over all departments.
    let (by_name, whole): (Vec<Metric>, Vec<Metric>) = figures
        .keys()
        .partition(|metric| matches!(about, About::Side(_)) || (name.is_some() && **metric == Metric::Lag));
    let directives: Vec<Value> = [(name, by_name), (None, whole)]
        .into_iter()
        .filter(|(_, metrics)| !metrics.is_empty())
        .map(|(dimension, metrics)| directive(namespace, dimension, &metrics))
        .collect();
    fields.insert(
        "_aws".to_owned(),
        json!({"Timestamp": at.as_millisecond(), "CloudWatchMetrics": directives}),
    );
    Value::Object(fields)
}

fn directive(namespace: &str, dimension: Option<&str>, metrics: &[Metric]) -> Value {
    let dimensions: Vec<&str> = dimension.into_iter().collect();
    let metrics = metrics.iter().map(|metric| json!({"Name": metric.as_str(), "Unit": unit(*metric)}));
    json!({
        "Namespace": namespace,
        "Dimensions": [dimensions],
        "Metrics": metrics.collect::<Vec<_>>(),
    })
}

fn unit(metric: Metric) -> &'static str {
    match metric.unit() {
        Unit::Count => "Count",
        Unit::Milliseconds => "Milliseconds",
        Unit::Seconds => "Seconds",
    }
}

#[cfg(test)]
mod tests;
