//! Whether a task that ended runs again, and when.
//!
//! Restarts are counted in windows of `interval`, each beginning with its first failure. Used-up attempts either end
//! the task (`fail`) or make it wait for the next window (`delay`).

use std::time::Duration;

use muster_ids::{Text, UnixNanos};
use muster_model::{RestartMode, RestartPolicy};
use serde::{Deserialize, Serialize};

use crate::text::go_duration;

/// The current window and what was used of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RestartWindow {
    pub since: UnixNanos,
    pub used: u32,
    /// Judgements ever made; moves the jitter on.
    pub judged: u64,
}

/// How the attempt being judged went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Succeeded,
    Failed,
    /// Trying again is pointless.
    Unrecoverable,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Restart {
        reason: &'static str,
        delay: Duration,
    },
    /// The task has failed.
    GiveUp {
        reason: Text,
    },
    /// It did what it was meant to do.
    Done,
}

/// Decides with the contract's reasons (`http-api.md`, restart reasons).
pub fn judge(
    policy: &RestartPolicy,
    restart_on_success: bool,
    seed: u64,
    window: &mut RestartWindow,
    outcome: Outcome,
    now: UnixNanos,
) -> Verdict {
    match outcome {
        Outcome::Succeeded if !restart_on_success => return Verdict::Done,
        Outcome::Unrecoverable => return give_up("Error was unrecoverable"),
        Outcome::Succeeded | Outcome::Failed => {}
    }
    if policy.attempts == 0 && policy.mode == RestartMode::Fail {
        return give_up("Policy allows no restarts");
    }
    window.count(policy.interval, now);
    if window.used <= policy.attempts {
        let delay = policy.delay.saturating_add(jitter(policy.delay, seed, window.judged));
        return Verdict::Restart { reason: "Restart within policy", delay };
    }
    match policy.mode {
        RestartMode::Fail => give_up(format!(
            "Exceeded allowed attempts {} in interval {} and mode is \"fail\"",
            policy.attempts,
            go_duration(policy.interval)
        )),
        RestartMode::Delay => Verdict::Restart {
            reason: "Exceeded allowed attempts, applying a delay",
            delay: window.since.after(policy.interval).since(now),
        },
    }
}

impl RestartWindow {
    fn count(&mut self, interval: Duration, now: UnixNanos) {
        // `>=`: a task that waited for the end of its window starts a new one.
        if self.used == 0 || now.since(self.since) >= interval {
            self.since = now;
            self.used = 0;
        }
        self.used = self.used.saturating_add(1);
        self.judged = self.judged.wrapping_add(1);
    }
}

fn give_up(reason: impl Into<Text>) -> Verdict {
    Verdict::GiveUp { reason: reason.into() }
}

/// Up to a quarter of the delay, the same for the same seed and count.
fn jitter(delay: Duration, seed: u64, count: u64) -> Duration {
    let quarter = u64::try_from(delay.as_nanos() / 4).unwrap_or(u64::MAX);
    Duration::from_nanos(mix(seed.wrapping_add(count)) % quarter.saturating_add(1).max(1))
}

/// Spreads neighbouring inputs over the whole range.
const fn mix(input: u64) -> u64 {
    let mut z = input.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(attempts: u32, mode: RestartMode) -> RestartPolicy {
        RestartPolicy {
            attempts,
            interval: Duration::from_secs(60),
            delay: Duration::from_secs(8),
            mode,
            render_templates: false,
        }
    }

    fn at(seconds: u64) -> UnixNanos {
        UnixNanos(1).after(Duration::from_secs(seconds))
    }

    fn fail(policy: &RestartPolicy, window: &mut RestartWindow, seconds: u64) -> Verdict {
        judge(policy, true, 7, window, Outcome::Failed, at(seconds))
    }

    #[test]
    fn attempts_are_counted_within_the_interval() {
        let (policy, mut window) = (policy(2, RestartMode::Fail), RestartWindow::default());
        assert!(matches!(fail(&policy, &mut window, 0), Verdict::Restart { .. }));
        assert!(matches!(fail(&policy, &mut window, 10), Verdict::Restart { .. }));
        let text = "Exceeded allowed attempts 2 in interval 1m0s and mode is \"fail\"";
        assert_eq!(fail(&policy, &mut window, 20), Verdict::GiveUp { reason: text.into() });
        assert!(matches!(fail(&policy, &mut window, 70), Verdict::Restart { .. }), "a new window");
    }

    #[test]
    fn delay_mode_waits_for_the_end_of_the_window() {
        let (policy, mut window) = (policy(1, RestartMode::Delay), RestartWindow::default());
        fail(&policy, &mut window, 0);
        let verdict = fail(&policy, &mut window, 20);
        let reason = "Exceeded allowed attempts, applying a delay";
        assert_eq!(verdict, Verdict::Restart { reason, delay: Duration::from_secs(40) });
        let Verdict::Restart { reason, .. } = fail(&policy, &mut window, 60) else { unreachable!() };
        assert_eq!(reason, "Restart within policy");
    }

    #[test]
    fn jitter_adds_at_most_a_quarter_and_differs() {
        let policy = policy(200, RestartMode::Fail);
        let mut window = RestartWindow::default();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let Verdict::Restart { delay, .. } = fail(&policy, &mut window, 0) else { unreachable!() };
            assert!(delay >= policy.delay && delay <= policy.delay + policy.delay / 4, "{delay:?}");
            seen.insert(delay);
        }
        assert!(seen.len() > 90, "jitter repeats itself: {} distinct of 100", seen.len());
    }

    #[test]
    fn endings_that_need_no_counting() {
        let mut window = RestartWindow::default();
        let none = policy(0, RestartMode::Fail);
        assert_eq!(judge(&none, false, 0, &mut window, Outcome::Succeeded, at(0)), Verdict::Done);
        assert_eq!(fail(&none, &mut window, 0), give_up("Policy allows no restarts"));
        let fatal =
            judge(&policy(5, RestartMode::Delay), true, 0, &mut window, Outcome::Unrecoverable, at(0));
        assert_eq!(fatal, give_up("Error was unrecoverable"));
        assert_eq!(window, RestartWindow::default());
    }
}
