//! What became of the values of one series.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Kind;

/// Values kept for quantiles.
const RECENT: usize = 256;
/// Older values say nothing about now.
const RECENT_FOR: Duration = Duration::from_secs(600);

/// Of one interval.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Aggregate {
    pub count: u64,
    pub sum: f64,
    pub sum_of_squares: f64,
    pub min: f64,
    pub max: f64,
    /// The last value: what a gauge is.
    pub last: f64,
}

impl Aggregate {
    pub(super) fn add(&mut self, kind: Kind, value: f64) {
        self.last = value;
        if kind == Kind::Gauge {
            return;
        }
        (self.min, self.max) = match self.count {
            0 => (value, value),
            _ => (self.min.min(value), self.max.max(value)),
        };
        self.count += 1;
        self.sum += value;
        self.sum_of_squares += value * value;
    }

    pub(super) fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }

    pub(super) fn stddev(&self) -> f64 {
        let count = self.count as f64;
        let divisor = count * (count - 1.0);
        if divisor <= 0.0 {
            return 0.0;
        }
        ((count * self.sum_of_squares - self.sum * self.sum) / divisor).max(0.0).sqrt()
    }
}

/// Since the agent started.
#[derive(Clone, Debug)]
pub(super) struct Total {
    pub count: u64,
    pub sum: f64,
    pub last: f64,
    at: Instant,
    recent: VecDeque<(Instant, f64)>,
}

impl Default for Total {
    fn default() -> Self {
        Self { count: 0, sum: 0.0, last: 0.0, at: Instant::now(), recent: VecDeque::new() }
    }
}

impl Total {
    pub(super) fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        self.last = value;
        self.at = Instant::now();
    }

    /// For what is shown with quantiles.
    pub(super) fn remember(&mut self, value: f64) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((self.at, value));
    }

    pub(super) fn is_fresh(&self, retention: Duration) -> bool {
        self.at.elapsed() <= retention
    }

    /// The value below which so large a share of the recent ones lies; `None` without recent ones.
    pub(super) fn quantiles<const N: usize>(&self, shares: [f64; N]) -> [Option<f64>; N] {
        let fresh = self.recent.iter().filter(|(at, _)| at.elapsed() <= RECENT_FOR);
        let mut values: Vec<f64> = fresh.map(|(_, value)| *value).collect();
        values.sort_unstable_by(f64::total_cmp);
        shares.map(|share| {
            let rank = (share * values.len() as f64).ceil() as usize;
            values.get(rank.saturating_sub(1)).copied()
        })
    }
}
