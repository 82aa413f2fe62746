//! Metrics of one agent: kept in memory by intervals, summed up for Prometheus, passed on to statsd.
//!
//! ```text
//!   gauge / count / sample ─► filter ─┬─► current interval ─► last finished one: JSON
//!                                     ├─► totals since the start: Prometheus
//!                                     └─► UDP sinks
//! ```
//!
//! Bounded: so many series, and no more. A value that nobody measured does not exist.

mod aggregate;
mod filter;
mod json;
pub mod names;
mod prometheus;
mod statsd;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aggregate::{Aggregate, Total};
pub use filter::Filter;
pub use names::{Kind, Name};
pub use statsd::{Statsd, StatsdFormat};

/// Series kept at once; jobs and allocations make new ones.
const MAX_SERIES: usize = 50_000;
const MAX_METADATA_LABEL_CHARS: usize = 256;

/// A metric with its labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    name: Name,
    labels: Vec<(Cow<'static, str>, String)>,
}

/// How metrics are kept.
#[derive(Debug)]
pub struct MetricsConfig {
    /// Of the JSON form.
    pub interval: Duration,
    /// A gauge that is not set any more is shown so long.
    pub retention: Duration,
    /// The label `host`, unless it is not wanted.
    pub host: Option<String>,
    pub filter: Filter,
    pub sinks: Vec<Statsd>,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            retention: Duration::from_secs(60),
            host: None,
            filter: Filter::default(),
            sinks: Vec::new(),
        }
    }
}

/// The registry. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: MetricsConfig,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    /// When the current interval began.
    begun: SystemTime,
    current: BTreeMap<Series, Aggregate>,
    /// The interval before, once one is over.
    last: Option<(SystemTime, BTreeMap<Series, Aggregate>)>,
    totals: BTreeMap<Series, Total>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(MetricsConfig::default())
    }
}

impl Metrics {
    #[must_use]
    pub fn new(config: MetricsConfig) -> Self {
        let begun = interval_start(SystemTime::now(), config.interval);
        let kept = Kept { begun, current: BTreeMap::new(), last: None, totals: BTreeMap::new() };
        Self(Arc::new(Inner { config, kept: Mutex::new(kept) }))
    }

    /// Sets a gauge.
    pub fn gauge(&self, name: Name, labels: &[(&'static str, &str)], value: f64) {
        debug_assert_eq!(name.kind, Kind::Gauge, "{}", name.text);
        self.record(name, owned(labels), value);
    }

    /// Sets a gauge that has labels from a job's metadata beside its own, which win. Their names become what
    /// Prometheus allows in one; of names that are equal then, the first stays. Long values are cut.
    pub fn gauge_with_metadata<'a>(
        &self,
        name: Name,
        labels: &[(&'static str, &str)],
        metadata: impl IntoIterator<Item = (&'a str, &'a str)>,
        value: f64,
    ) {
        debug_assert_eq!(name.kind, Kind::Gauge, "{}", name.text);
        let mut all = owned(labels);
        for (key, value) in metadata {
            let key = prometheus::label_name(key);
            if key != "host" && all.iter().all(|(taken, _)| *taken != key) {
                all.push((key.into(), value.chars().take(MAX_METADATA_LABEL_CHARS).collect()));
            }
        }
        self.record(name, all, value);
    }

    /// Adds to a counter.
    pub fn count(&self, name: Name, labels: &[(&'static str, &str)], by: f64) {
        debug_assert_eq!(name.kind, Kind::Counter, "{}", name.text);
        self.record(name, owned(labels), by);
    }

    /// One value among many.
    pub fn sample(&self, name: Name, labels: &[(&'static str, &str)], value: f64) {
        debug_assert_eq!(name.kind, Kind::Sample, "{}", name.text);
        self.record(name, owned(labels), value);
    }

    /// The time since `begun` as a sample.
    pub fn time(&self, name: Name, labels: &[(&'static str, &str)], begun: Instant) {
        self.sample(name, labels, begun.elapsed().as_secs_f64() * 1000.0);
    }

    fn record(&self, name: Name, mut labels: Vec<(Cow<'static, str>, String)>, value: f64) {
        let config = &self.0.config;
        if !value.is_finite() || !config.filter.allows(name.text) {
            return;
        }
        labels.extend(config.host.iter().map(|host| ("host".into(), host.clone())));
        labels.sort_unstable();
        let series = Series { name, labels };
        config.sinks.iter().for_each(|sink| sink.send(&series, value));
        self.lock().record(series, value, config);
    }

    /// The contract's JSON form of the last finished interval, or of the first while it lasts.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let interval = self.0.config.interval;
        let mut kept = self.lock();
        kept.turn(SystemTime::now(), interval);
        match &kept.last {
            Some((begun, values)) => json::summary(*begun, values, interval),
            None => json::summary(kept.begun, &kept.current, interval),
        }
    }

    /// The text format of Prometheus.
    #[must_use]
    pub fn prometheus(&self) -> String {
        prometheus::text(&self.lock().totals, self.0.config.retention)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn owned(labels: &[(&'static str, &str)]) -> Vec<(Cow<'static, str>, String)> {
    labels.iter().map(|(key, value)| (Cow::Borrowed(*key), (*value).to_owned())).collect()
}

impl Kept {
    fn record(&mut self, series: Series, value: f64, config: &MetricsConfig) {
        self.turn(SystemTime::now(), config.interval);
        if !self.totals.contains_key(&series) && self.totals.len() >= MAX_SERIES {
            self.forget(config.retention);
            if self.totals.len() >= MAX_SERIES {
                return;
            }
        }
        self.current.entry(series.clone()).or_default().add(series.name.kind, value);
        let kind = series.name.kind;
        let total = self.totals.entry(series).or_default();
        total.add(value);
        if kind == Kind::Sample {
            total.remember(value);
        }
    }

    /// Ends the interval when its time is over. Intervals in which nothing happened are not kept.
    fn turn(&mut self, now: SystemTime, interval: Duration) {
        let begun = interval_start(now, interval);
        if begun != self.begun {
            let ended = std::mem::take(&mut self.current);
            self.last = Some((std::mem::replace(&mut self.begun, begun), ended));
        }
    }

    /// Gauges of what is gone make room, and whatever else was told of single allocations.
    fn forget(&mut self, retention: Duration) {
        let passes = |series: &Series| {
            series.name.kind == Kind::Gauge || series.labels.iter().any(|(key, _)| *key == "alloc_id")
        };
        self.totals.retain(|series, total| !passes(series) || total.is_fresh(retention));
    }
}

fn interval_start(now: SystemTime, interval: Duration) -> SystemTime {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let nanos = interval.as_nanos().max(1);
    let rest = u64::try_from(since.as_nanos() % nanos).unwrap_or(0);
    now.checked_sub(Duration::from_nanos(rest)).unwrap_or(now)
}

#[cfg(test)]
mod tests;
