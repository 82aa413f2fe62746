//! Log positions and points in time.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Raft log index that last changed an object. `Index::ZERO` means "before the first entry".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Index(pub u64);

impl Index {
    pub const ZERO: Self = Self(0);

    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Nanoseconds since the Unix epoch, UTC. Zero stands for "never".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixNanos(pub i64);

impl UnixNanos {
    pub const ZERO: Self = Self(0);

    /// The later point in time; saturates instead of wrapping.
    #[must_use]
    pub const fn after(self, duration: std::time::Duration) -> Self {
        let nanos = duration.as_nanos();
        let nanos = if nanos > i64::MAX as u128 { i64::MAX } else { nanos as i64 };
        Self(self.0.saturating_add(nanos))
    }

    /// Time passed from `earlier` to `self`; zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> std::time::Duration {
        let delta = self.0.saturating_sub(earlier.0);
        if delta <= 0 { std::time::Duration::ZERO } else { std::time::Duration::from_nanos(delta as u64) }
    }

    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}
