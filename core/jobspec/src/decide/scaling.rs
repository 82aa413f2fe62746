//! Bounds for an autoscaler.

use muster_model::{JobType, ScalingPolicy};

use super::basics::given;
use super::{Findings, Step};
use crate::input::ScalingInput;
use crate::wire::Wire;

const HORIZONTAL: &str = "horizontal";

/// A group's policy: it scales the count.
pub(super) fn of_group(
    input: &ScalingInput,
    kind: JobType,
    count: u32,
    found: &mut Findings,
) -> ScalingPolicy {
    if kind == JobType::System {
        found.error("Task groups with job type system do not support scaling blocks");
    }
    let mut input = input.clone();
    input.min = input.min.or(Some(i64::from(count)));
    let policy = one(&input, HORIZONTAL, found);
    if &*policy.kind != HORIZONTAL {
        found.error(format!("scaling: type `{}` is for tasks; a group scales `{HORIZONTAL}`", policy.kind));
    }
    let count = u64::from(count);
    if count < policy.min {
        found.error(format!(
            "Scaling policy invalid: task group count ({count}) must not be less than minimum count in scaling policy ({})",
            policy.min
        ));
    } else if count > policy.max && policy.max >= policy.min {
        found.error(format!(
            "Scaling policy invalid: task group count ({count}) must not be greater than maximum count in scaling policy ({})",
            policy.max
        ));
    }
    policy
}

/// A task's policies: they scale its resources.
pub(super) fn of_task(inputs: &[ScalingInput], found: &mut Findings) -> Vec<ScalingPolicy> {
    let mut policies = Vec::with_capacity(inputs.len());
    for (at, input) in inputs.iter().enumerate() {
        policies.push(found.part(format!("Scaling policy {}", at + 1), Step::Nth("scaling", at), |found| {
            let mut input = input.clone();
            input.kind = match given(input.kind.as_ref()) {
                Some("cpu") => Some("vertical_cpu".to_owned()),
                Some("mem") => Some("vertical_mem".to_owned()),
                _ => input.kind,
            };
            let policy = one(&input, "", found);
            if !matches!(&*policy.kind, "vertical_cpu" | "vertical_mem") {
                found.error(format!("a task scales `cpu` or `mem`; got `{}`", policy.kind));
            }
            policy
        }));
    }
    if !policies.is_empty() {
        found.no_effect("the `scaling` block", "nothing changes the resources by itself");
    }
    policies
}

fn one(input: &ScalingInput, default: &str, found: &mut Findings) -> ScalingPolicy {
    let (min, max) = (input.min.unwrap_or_default(), input.max.unwrap_or(-1));
    let mut read = input.clone();
    read.kind = given(input.kind.as_ref()).or(Some(default)).map(str::to_owned);
    if max < 0 {
        found.error("scaling: `max` must be given and not be negative");
        read.max = None;
    } else if min > max {
        found.error(format!("scaling: `max` ({max}) must not be less than `min` ({min})"));
    }
    read.decide(found)
}
