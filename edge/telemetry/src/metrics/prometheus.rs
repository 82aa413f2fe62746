//! The text format of Prometheus, version 0.0.4.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::aggregate::Total;
use super::{Kind, Series};

const QUANTILES: [f64; 3] = [0.5, 0.9, 0.99];

pub(super) fn text(totals: &BTreeMap<Series, Total>, retention: Duration) -> String {
    let mut text = String::new();
    let mut family = "";
    for (series, total) in totals {
        let kind = series.name.kind;
        if kind == Kind::Gauge && !total.is_fresh(retention) {
            continue;
        }
        let name = series.name.text.replace(['.', '-'], "_");
        if family != series.name.text {
            family = series.name.text;
            let _infallible = writeln!(text, "# HELP {name} {family}\n# TYPE {name} {}", word(kind));
        }
        let labels = &series.labels;
        match kind {
            Kind::Gauge => line(&mut text, &name, labels, None, total.last),
            Kind::Counter => line(&mut text, &name, labels, None, total.sum),
            Kind::Sample => {
                for (share, value) in QUANTILES.into_iter().zip(total.quantiles(QUANTILES)) {
                    line(&mut text, &name, labels, Some(share), value.unwrap_or(f64::NAN));
                }
                line(&mut text, &format!("{name}_sum"), labels, None, total.sum);
                line(&mut text, &format!("{name}_count"), labels, None, total.count as f64);
            }
        }
    }
    text
}

/// A label's name of letters, digits and underscores that begins with no digit.
pub(super) fn label_name(text: &str) -> String {
    let mut name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() {
        name.insert(0, '_');
    }
    name
}

const fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
        Kind::Sample => "summary",
    }
}

fn line(
    text: &mut String,
    name: &str,
    labels: &[(Cow<'static, str>, String)],
    quantile: Option<f64>,
    value: f64,
) {
    let mut pairs: Vec<String> =
        labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value))).collect();
    pairs.extend(quantile.map(|quantile| format!("quantile=\"{quantile}\"")));
    let labels = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
    let _infallible = writeln!(text, "{name}{labels} {value}");
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
