//! True time, which only the simulation knows, and what machines take it for.

use std::fmt;
use std::time::Duration;

use muster_ids::UnixNanos;

/// Nanoseconds since the run began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

/// When every run begins.
const EPOCH: i64 = 1_700_000_000_000_000_000;

impl Time {
    pub const NEVER: Self = Self(u64::MAX);

    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX)))
    }

    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000_000, self.0 / 1000 % 1_000_000)
    }
}

/// A machine's clock: ahead of true time by what its jumps add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clock {
    ahead: u64,
}

impl Clock {
    pub fn jump(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(0));
    }

    #[must_use]
    pub fn at(self, now: Time) -> UnixNanos {
        let passed = i64::try_from(now.0.saturating_add(self.ahead)).unwrap_or(i64::MAX);
        UnixNanos(EPOCH.saturating_add(passed))
    }

    /// The true time at which this clock will show `wall`, if it does not jump.
    #[must_use]
    pub fn when(self, wall: UnixNanos) -> Time {
        let passed = wall.0.saturating_sub(EPOCH).saturating_sub(i64::try_from(self.ahead).unwrap_or(0));
        Time(u64::try_from(passed).unwrap_or(0))
    }
}
