//! Emptying a node: what was asked for, and what became of the newest such request.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{AccessorId, Text, UnixNanos};
use serde::{Deserialize, Serialize};

/// How long allocations may take to leave on their own terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DrainDeadline {
    /// No time at all: everything leaves at once, whatever its `migrate` block says.
    Force,
    /// So long; then everything left leaves.
    After(Duration),
    /// As long as it takes.
    Never,
}

impl DrainDeadline {
    /// The contract's number of nanoseconds: negative forces, zero waits for ever.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        match nanos {
            i64::MIN..=-1 => Self::Force,
            0 => Self::Never,
            1.. => Self::After(Duration::from_nanos(nanos.unsigned_abs())),
        }
    }

    #[must_use]
    pub fn as_nanos(self) -> i64 {
        match self {
            Self::Force => -1,
            Self::Never => 0,
            Self::After(time) => i64::try_from(time.as_nanos()).unwrap_or(i64::MAX),
        }
    }
}

/// What an operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainSpec {
    pub deadline: DrainDeadline,
    /// Allocations of system jobs stay, and the drain is over without them.
    pub ignore_system_jobs: bool,
}

/// A drain under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainStrategy {
    pub spec: DrainSpec,
    /// When the node began to drain; a strategy that replaces another keeps it.
    pub started_at: UnixNanos,
    /// When everything left must leave; zero without a deadline.
    pub force_deadline: UnixNanos,
}

impl DrainStrategy {
    /// A strategy asked for at `now` for a node that began to drain at `started_at`.
    #[must_use]
    pub const fn new(spec: DrainSpec, started_at: UnixNanos, now: UnixNanos) -> Self {
        let force_deadline = match spec.deadline {
            DrainDeadline::After(time) => now.after(time),
            DrainDeadline::Force | DrainDeadline::Never => UnixNanos::ZERO,
        };
        Self { spec, started_at, force_deadline }
    }

    /// Whether allocations must leave now, on whatever terms.
    #[must_use]
    pub fn forces(&self, now: UnixNanos) -> bool {
        match self.spec.deadline {
            DrainDeadline::Force => true,
            DrainDeadline::After(_) => now >= self.force_deadline,
            DrainDeadline::Never => false,
        }
    }

    /// When that changes.
    #[must_use]
    pub fn deadline(&self, now: UnixNanos) -> Option<UnixNanos> {
        let timed = matches!(self.spec.deadline, DrainDeadline::After(_));
        (timed && !self.forces(now)).then_some(self.force_deadline)
    }
}

/// The newest drain of a node: who asked for it, and how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastDrain {
    pub started_at: UnixNanos,
    pub updated_at: UnixNanos,
    pub status: DrainStatus,
    /// The token that asked for the last change of it; `None` where nobody is asked who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accessor: Option<AccessorId>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<Text, Text>,
}

/// ```text
///   draining -> complete | canceled
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DrainStatus {
    Draining,
    Complete,
    Canceled,
}

impl DrainStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draining => "draining",
            Self::Complete => "complete",
            Self::Canceled => "canceled",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_the_contracts_numbers() {
        for (nanos, deadline) in [
            (-1, DrainDeadline::Force),
            (0, DrainDeadline::Never),
            (5_000_000_000, DrainDeadline::After(Duration::from_secs(5))),
            (i64::MAX, DrainDeadline::After(Duration::from_nanos(i64::MAX.unsigned_abs()))),
        ] {
            assert_eq!(DrainDeadline::from_nanos(nanos), deadline);
            assert_eq!(deadline.as_nanos(), nanos);
        }
        assert_eq!(DrainDeadline::from_nanos(i64::MIN), DrainDeadline::Force);
    }

    #[test]
    fn only_a_deadline_that_is_reached_forces() {
        let spec = |deadline| DrainSpec { deadline, ignore_system_jobs: false };
        let at = UnixNanos(1_000);
        let timed = DrainStrategy::new(spec(DrainDeadline::from_nanos(500)), at, at);
        assert_eq!(timed.deadline(at), Some(UnixNanos(1_500)));
        assert!(!timed.forces(UnixNanos(1_499)) && timed.forces(UnixNanos(1_500)));
        assert_eq!(timed.deadline(UnixNanos(1_500)), None);
        assert!(DrainStrategy::new(spec(DrainDeadline::Force), at, at).forces(at));
        assert!(!DrainStrategy::new(spec(DrainDeadline::Never), at, at).forces(UnixNanos(i64::MAX)));
    }
}
