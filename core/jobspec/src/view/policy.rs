//! Restart and reschedule policies, update strategies.

use muster_model::{DelayFunction, ReschedulePolicy, RestartMode, RestartPolicy, UpdateStrategy};

use crate::input::{RescheduleInput, RestartInput, UpdateInput};

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

pub(super) fn update(strategy: &UpdateStrategy) -> UpdateInput {
    UpdateInput {
        stagger: Some(strategy.stagger.into()),
        max_parallel: Some(i64::from(strategy.max_parallel)),
        health_check: Some(strategy.health_check.to_string()),
        min_healthy_time: Some(strategy.min_healthy_time.into()),
        healthy_deadline: Some(strategy.healthy_deadline.into()),
        progress_deadline: Some(strategy.progress_deadline.into()),
        auto_revert: Some(strategy.auto_revert),
        auto_promote: Some(strategy.auto_promote),
        canary: Some(i64::from(strategy.canary)),
    }
}
