//! Restarts on the same node.

use std::time::Duration;

use muster_model::{JobType, RestartMode, RestartPolicy};

use super::Findings;
use crate::duration::Nanos;
use crate::input::RestartInput;

const LEAST_INTERVAL: Duration = Duration::from_secs(5);

pub(super) const fn default_for(kind: JobType) -> RestartPolicy {
    let (attempts, interval_minutes) = match kind {
        JobType::Service | JobType::System => (2, 30),
        JobType::Batch | JobType::Sysbatch => (3, 24 * 60),
    };
    RestartPolicy {
        attempts,
        interval: Duration::from_secs(interval_minutes * 60),
        delay: Duration::from_secs(15),
        mode: RestartMode::Fail,
        render_templates: false,
    }
}

/// `base` with what `input` says laid over it.
pub(super) fn decide(
    base: RestartPolicy,
    input: Option<&RestartInput>,
    found: &mut Findings,
) -> RestartPolicy {
    let Some(input) = input else { return base };
    let policy = RestartPolicy {
        attempts: input.attempts.map_or(base.attempts, |attempts| found.count("restart attempts", attempts)),
        interval: found.duration_or("restart interval", input.interval, base.interval),
        delay: found.duration_or("restart delay", input.delay, base.delay),
        mode: mode(input, base.mode, found),
        render_templates: input.render_templates.unwrap_or(base.render_templates),
    };
    check(&policy, found);
    policy
}

fn mode(input: &RestartInput, base: RestartMode, found: &mut Findings) -> RestartMode {
    match input.mode.as_deref() {
        None | Some("") => base,
        Some("delay") => RestartMode::Delay,
        Some("fail") => RestartMode::Fail,
        Some(other) => {
            found.error_in("restart.mode", format!("Unsupported restart mode: {other:?}"));
            base
        }
    }
}

fn check(policy: &RestartPolicy, found: &mut Findings) {
    if policy.attempts == 0 && policy.mode != RestartMode::Fail {
        found.error_in("restart.mode", "Restart policy \"delay\" with 0 attempts is ambiguous");
    }
    let (interval, delay) = (Nanos::from(policy.interval), Nanos::from(policy.delay));
    if policy.interval < LEAST_INTERVAL {
        found.error_in(
            "restart.interval",
            format!("Interval can not be less than {} (got {interval})", Nanos::from(LEAST_INTERVAL)),
        );
    }
    if policy.delay.saturating_mul(policy.attempts) > policy.interval {
        found.error_in("restart.attempts", format!(
            "Nomad can't restart the TaskGroup {} times in an interval of {interval} with a delay of {delay}",
            policy.attempts
        ));
    }
}
