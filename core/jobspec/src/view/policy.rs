//! Restart and reschedule policies.

use muster_model::{DelayFunction, ReschedulePolicy, RestartMode, RestartPolicy};

use crate::input::{RescheduleInput, RestartInput};

pub(super) fn restart(policy: &RestartPolicy) -> RestartInput {
    let mode = match policy.mode {
        RestartMode::Delay => "delay",
        RestartMode::Fail => "fail",
    };
    RestartInput {
        attempts: Some(i64::from(policy.attempts)),
        interval: Some(policy.interval.into()),
        delay: Some(policy.delay.into()),
        mode: Some(mode.to_owned()),
        render_templates: Some(policy.render_templates),
    }
}

pub(super) fn reschedule(policy: &ReschedulePolicy) -> RescheduleInput {
    let function = match policy.delay_function {
        DelayFunction::Constant => "constant",
        DelayFunction::Exponential => "exponential",
        DelayFunction::Fibonacci => "fibonacci",
    };
    RescheduleInput {
        attempts: Some(i64::from(policy.attempts)),
        interval: Some(policy.interval.into()),
        delay: Some(policy.delay.into()),
        delay_function: Some(function.to_owned()),
        max_delay: Some(policy.max_delay.into()),
        unlimited: Some(policy.unlimited),
    }
}
