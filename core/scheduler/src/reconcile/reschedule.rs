//! Whether and when a failed allocation is replaced.
//!
//! Attempts are counted along the chain of `previous`: each link from a failed allocation of the same job version
//! is one. Links out of the policy's interval do not count; nodes where any of them failed are avoided all the same.

use std::time::Duration;

use muster_ids::{AllocId, NodeId, UnixNanos};
use muster_model::{Alloc, ClientStatus, DelayFunction, ReschedulePolicy};

/// How far back the chain is followed; by then every delay has reached its maximum.
pub const MAX_LINKS: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Now,
    At(UnixNanos),
    Never,
}

/// `find` looks an allocation up by id; those already forgotten end the chain.
pub fn decide<'a>(
    policy: Option<&ReschedulePolicy>,
    alloc: &'a Alloc,
    find: impl Fn(AllocId) -> Option<&'a Alloc>,
    now: UnixNanos,
) -> Decision {
    let Some(policy) = policy else { return Decision::Never };
    let attempts = attempts(policy, alloc, find, now);
    if !policy.unlimited && attempts >= policy.attempts {
        return Decision::Never;
    }
    let failed_at = failed_at(alloc);
    let mut delay = delay(policy, attempts);
    let at_maximum = !policy.max_delay.is_zero() && delay >= policy.max_delay && attempts > 0;
    if at_maximum && failed_at.since(alloc.create_time) > policy.max_delay {
        // It ran for long: this is a new trouble, not the old one going on.
        delay = policy.delay;
    }
    let due = failed_at.after(delay);
    if due <= now { Decision::Now } else { Decision::At(due) }
}

fn attempts<'a>(
    policy: &ReschedulePolicy,
    alloc: &'a Alloc,
    find: impl Fn(AllocId) -> Option<&'a Alloc>,
    now: UnixNanos,
) -> u32 {
    let counts = |newer: &Alloc| policy.unlimited || now.since(newer.create_time) <= policy.interval;
    let attempts = links(alloc, find).take_while(|(newer, _)| counts(newer));
    let failed = attempts.filter(|(_, older)| older.client == ClientStatus::Failed).count();
    u32::try_from(failed).unwrap_or(u32::MAX)
}

/// An allocation with the one it replaced, from the newest back, as far as they are of its job version.
pub fn links<'a>(
    alloc: &'a Alloc,
    find: impl Fn(AllocId) -> Option<&'a Alloc>,
) -> impl Iterator<Item = (&'a Alloc, &'a Alloc)> {
    let mut newer = alloc;
    let next = move || {
        let older = newer.previous.and_then(&find)?;
        let same_version =
            older.job.version == alloc.job.version && older.job.create_index == alloc.job.create_index;
        same_version.then(|| (std::mem::replace(&mut newer, older), older))
    };
    std::iter::from_fn(next).take(MAX_LINKS)
}

/// Where the allocation failed, and where those that it came after did.
pub fn failed_on<'a>(
    alloc: &'a Alloc,
    find: impl Fn(AllocId) -> Option<&'a Alloc>,
) -> impl Iterator<Item = NodeId> {
    let all = std::iter::once(alloc).chain(links(alloc, find).map(|(_, older)| older));
    all.filter(|one| one.client == ClientStatus::Failed).map(|failed| failed.node_id)
}

/// When the last task ended, or else when the servers heard of it.
pub fn failed_at(alloc: &Alloc) -> UnixNanos {
    let finished = alloc.tasks.iter().map(|task| task.finished_at).max().unwrap_or_default();
    if finished.is_zero() { alloc.modify_time } else { finished }
}

/// The pause before the attempt after `attempts` earlier ones.
pub fn delay(policy: &ReschedulePolicy, attempts: u32) -> Duration {
    let grown = match policy.delay_function {
        DelayFunction::Constant => return policy.delay,
        DelayFunction::Exponential => {
            policy.delay.saturating_mul(1_u32.checked_shl(attempts).unwrap_or(u32::MAX))
        }
        DelayFunction::Fibonacci => policy.delay.saturating_mul(fibonacci(attempts)),
    };
    if policy.max_delay.is_zero() { grown } else { grown.min(policy.max_delay) }
}

/// 1, 1, 2, 3, 5, …
fn fibonacci(position: u32) -> u32 {
    let (mut here, mut next) = (1_u32, 1_u32);
    for _ in 0..position.min(64) {
        (here, next) = (next, here.saturating_add(next));
    }
    here
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(delay_function: DelayFunction) -> ReschedulePolicy {
        ReschedulePolicy {
            attempts: 0,
            interval: Duration::ZERO,
            delay: Duration::from_secs(30),
            delay_function,
            max_delay: Duration::from_secs(3600),
            unlimited: true,
        }
    }

    fn delays(function: DelayFunction, count: u32) -> Vec<u64> {
        (0..count).map(|attempts| delay(&policy(function), attempts).as_secs()).collect()
    }

    #[test]
    fn delays_grow_as_their_function_says_and_stop_at_the_maximum() {
        assert_eq!(delays(DelayFunction::Constant, 3), [30, 30, 30]);
        assert_eq!(delays(DelayFunction::Exponential, 9), [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(delays(DelayFunction::Fibonacci, 8), [30, 30, 60, 90, 150, 240, 390, 630]);
    }

    #[test]
    fn huge_attempt_counts_do_not_overflow() {
        for function in [DelayFunction::Exponential, DelayFunction::Fibonacci] {
            for attempts in [31, 32, 63, 64, 1000, u32::MAX] {
                assert_eq!(delay(&policy(function), attempts), Duration::from_secs(3600));
            }
        }
    }
}
