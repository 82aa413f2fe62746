//! Replacement on another node.

use std::time::Duration;

use muster_model::{DelayFunction, JobType, ReschedulePolicy};

use super::Findings;
use crate::duration::Nanos;
use crate::input::RescheduleInput;

const LEAST_DELAY: Duration = Duration::from_secs(5);
const LEAST_INTERVAL: Duration = Duration::from_secs(15);

/// The policy of the job type, under that of the job, under that of the group.
pub(super) fn decide(
    kind: JobType,
    of_job: Option<&RescheduleInput>,
    of_group: Option<&RescheduleInput>,
    found: &mut Findings,
) -> Option<ReschedulePolicy> {
    let Some(mut policy) = default_for(kind) else {
        if of_job.or(of_group).is_some() {
            found.error(format!("{kind} jobs should not have a reschedule policy"));
        }
        return None;
    };
    for input in [of_job, of_group].into_iter().flatten() {
        policy = overlay(&policy, input, found);
    }
    check(&policy, found);
    Some(policy)
}

/// `None` for jobs whose allocations never move.
const fn default_for(kind: JobType) -> Option<ReschedulePolicy> {
    match kind {
        JobType::Service => Some(ReschedulePolicy {
            attempts: 0,
            interval: Duration::ZERO,
            delay: Duration::from_secs(30),
            delay_function: DelayFunction::Exponential,
            max_delay: Duration::from_secs(3600),
            unlimited: true,
        }),
        JobType::Batch => Some(ReschedulePolicy {
            attempts: 1,
            interval: Duration::from_secs(24 * 3600),
            delay: Duration::from_secs(5),
            delay_function: DelayFunction::Constant,
            max_delay: Duration::ZERO,
            unlimited: false,
        }),
        JobType::System | JobType::Sysbatch => None,
    }
}

fn overlay(base: &ReschedulePolicy, input: &RescheduleInput, found: &mut Findings) -> ReschedulePolicy {
    ReschedulePolicy {
        attempts: input
            .attempts
            .map_or(base.attempts, |attempts| found.count("reschedule attempts", attempts)),
        interval: found.duration_or("reschedule interval", input.interval, base.interval),
        delay: found.duration_or("reschedule delay", input.delay, base.delay),
        delay_function: delay_function(input, base.delay_function, found),
        max_delay: found.duration_or("reschedule max_delay", input.max_delay, base.max_delay),
        unlimited: input.unlimited.unwrap_or(base.unlimited),
    }
}

fn delay_function(input: &RescheduleInput, base: DelayFunction, found: &mut Findings) -> DelayFunction {
    match input.delay_function.as_deref() {
        None | Some("") => base,
        Some("constant") => DelayFunction::Constant,
        Some("exponential") => DelayFunction::Exponential,
        Some("fibonacci") => DelayFunction::Fibonacci,
        Some(other) => {
            found.error(format!(
                "Invalid delay function {other:?}; expected constant, exponential or fibonacci"
            ));
            base
        }
    }
}

fn check(policy: &ReschedulePolicy, found: &mut Findings) {
    if policy.attempts == 0 && !policy.unlimited {
        return;
    }
    if policy.attempts > 0 && policy.unlimited {
        found.error(format!(
            "Reschedule policy: `attempts` ({}) cannot be given together with unlimited rescheduling; set `unlimited` \
             to false",
            policy.attempts
        ));
    }
    if policy.delay < LEAST_DELAY {
        found.error(format!(
            "Delay cannot be less than {} (got {})",
            Nanos::from(LEAST_DELAY),
            Nanos::from(policy.delay)
        ));
    }
    if policy.delay_function != DelayFunction::Constant {
        check_max_delay(policy, found);
    }
    if !policy.unlimited {
        check_interval(policy, found);
    }
}

fn check_max_delay(policy: &ReschedulePolicy, found: &mut Findings) {
    let (delay, max) = (Nanos::from(policy.delay), Nanos::from(policy.max_delay));
    if policy.max_delay < LEAST_DELAY {
        found.error(format!("Max Delay cannot be less than {} (got {max})", Nanos::from(LEAST_DELAY)));
    } else if policy.max_delay < policy.delay {
        found.error(format!("Max Delay cannot be less than Delay {delay} (got {max})"));
    }
}

fn check_interval(policy: &ReschedulePolicy, found: &mut Findings) {
    let interval = Nanos::from(policy.interval);
    if policy.interval < LEAST_INTERVAL {
        found.error(format!("Interval cannot be less than {} (got {interval})", Nanos::from(LEAST_INTERVAL)));
    } else if total_delay(policy) > policy.interval {
        found.error(format!(
            "Reschedule policy: {} attempts with an initial delay of {} do not fit in an interval of {interval}",
            policy.attempts,
            Nanos::from(policy.delay)
        ));
    }
}

/// The time that all attempts wait, together. Delays that no longer grow are multiplied, not added one by one, so
/// that a hostile number of attempts costs nothing.
fn total_delay(policy: &ReschedulePolicy) -> Duration {
    if policy.delay_function == DelayFunction::Constant {
        return policy.delay.saturating_mul(policy.attempts);
    }
    let mut left = policy.attempts;
    let mut total = Duration::ZERO;
    let (mut before, mut current) = (Duration::ZERO, policy.delay);
    while left > 0 {
        if current >= policy.max_delay || current.is_zero() {
            return total.saturating_add(policy.max_delay.saturating_mul(left));
        }
        total = total.saturating_add(current);
        left -= 1;
        let next = match policy.delay_function {
            DelayFunction::Fibonacci => before.saturating_add(current),
            _ => current.saturating_mul(2),
        };
        before = current;
        current = next;
    }
    total
}
