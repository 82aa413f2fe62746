//! When nothing of a finished allocation may stay on its node any more.

use muster_ids::UnixNanos;
use muster_model::{Cleanup, CleanupMode};

/// What decides about one allocation whose tasks are all dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CleanupState {
    pub ended_at: UnixNanos,
    /// The servers know how it ended.
    pub told: bool,
    /// Every log was read to its end, or is empty.
    pub read: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CleanupDue {
    Now,
    At(UnixNanos),
    /// Only the servers' word can change that.
    WhenTold,
}

/// Decides when the allocation's traces are removed. Never before the servers know its end.
#[must_use]
pub fn due(cleanup: &Cleanup, state: CleanupState, now: UnixNanos) -> CleanupDue {
    if !state.told {
        return CleanupDue::WhenTold;
    }
    let latest = state.ended_at.after(cleanup.retention);
    let early = match cleanup.mode {
        CleanupMode::Immediate => true,
        CleanupMode::AfterRead => state.read,
        CleanupMode::Retention => false,
    };
    if early || now >= latest { CleanupDue::Now } else { CleanupDue::At(latest) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ENDED: UnixNanos = UnixNanos(1_000);
    const HOUR: Duration = Duration::from_secs(3_600);

    fn verdict(mode: CleanupMode, told: bool, read: bool, after: Duration) -> CleanupDue {
        let state = CleanupState { ended_at: ENDED, told, read };
        due(&Cleanup { mode, retention: HOUR }, state, ENDED.after(after))
    }

    #[test]
    fn nothing_goes_before_the_servers_know() {
        for mode in [CleanupMode::Immediate, CleanupMode::AfterRead, CleanupMode::Retention] {
            assert_eq!(verdict(mode, false, true, HOUR * 2), CleanupDue::WhenTold);
        }
    }

    #[test]
    fn each_mode_has_its_moment() {
        let soon = Duration::from_secs(1);
        let later = CleanupDue::At(ENDED.after(HOUR));
        assert_eq!(verdict(CleanupMode::Immediate, true, false, soon), CleanupDue::Now);
        assert_eq!(verdict(CleanupMode::AfterRead, true, false, soon), later);
        assert_eq!(verdict(CleanupMode::AfterRead, true, true, soon), CleanupDue::Now);
        assert_eq!(verdict(CleanupMode::Retention, true, true, soon), later);
        for mode in [CleanupMode::AfterRead, CleanupMode::Retention] {
            assert_eq!(verdict(mode, true, false, HOUR), CleanupDue::Now, "the retention is an upper bound");
        }
    }
}
