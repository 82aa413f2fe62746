//! The contract's JSON form of one interval.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::aggregate::Aggregate;
use super::{Kind, Series};

pub(super) fn summary(begun: SystemTime, values: &BTreeMap<Series, Aggregate>, interval: Duration) -> Value {
    let of = |kind| values.iter().filter(move |(series, _)| series.name.kind == kind);
    let gauges: Vec<Value> = of(Kind::Gauge)
        .map(|(series, value)| json!({"Name": series.name.text, "Value": value.last, "Labels": labels(series)}))
        .collect();
    let sampled = |kind| of(kind).map(|(series, value)| sampled(series, value, interval)).collect::<Vec<_>>();
    json!({
        "Timestamp": timestamp(begun),
        "Gauges": gauges,
        "Points": [],
        "Counters": sampled(Kind::Counter),
        "Samples": sampled(Kind::Sample),
    })
}

fn sampled(series: &Series, value: &Aggregate, interval: Duration) -> Value {
    json!({
        "Name": series.name.text,
        "Count": value.count,
        "Rate": value.sum / interval.as_secs_f64(),
        "Sum": value.sum,
        "Min": value.min,
        "Max": value.max,
        "Mean": value.mean(),
        "Stddev": value.stddev(),
        "Labels": labels(series),
    })
}

fn labels(series: &Series) -> Map<String, Value> {
    series.labels.iter().map(|(key, value)| (key.clone().into_owned(), value.as_str().into())).collect()
}

fn timestamp(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or_default();
    time.strftime("%Y-%m-%d %H:%M:%S +0000 UTC").to_string()
}
