//! The `update` block: its rules are checked although it has no effect yet, so that a job accepted here is accepted
//! unchanged by the version that rolls it out.

use std::time::Duration;

use muster_model::JobType;

use super::Findings;
use super::basics::{given, list};
use super::group::Defaults;
use crate::duration::Nanos;
use crate::input::{GroupInput, UpdateInput};

pub(super) fn check(input: &GroupInput, defaults: &Defaults<'_>, count: u32, found: &mut Findings) {
    let blocks = [defaults.update, input.update.as_ref()];
    if blocks.into_iter().flatten().all(says_nothing) {
        return;
    }
    if defaults.kind.runs_to_completion() {
        found.error(format!("Job type {:?} does not allow update block", defaults.kind.as_str()));
        return;
    }
    let strategy = Strategy::merged(blocks);
    if strategy.max_parallel != 0 {
        strategy.check(count, found);
        strategy.check_kill_timeouts(input, defaults.kind, found);
    }
    found.no_effect("the `update` block", "a new version replaces all allocations at once");
}

/// The zero value of the wire, as jobs read back from an API hold it.
fn says_nothing(update: &UpdateInput) -> bool {
    let zero = |value: Option<Nanos>| value.unwrap_or_default() == Nanos(0);
    update.max_parallel.unwrap_or_default() == 0
        && update.canary.unwrap_or_default() == 0
        && given(update.health_check.as_ref()).is_none()
        && !update.auto_revert.unwrap_or_default()
        && !update.auto_promote.unwrap_or_default()
        && [update.stagger, update.min_healthy_time, update.healthy_deadline, update.progress_deadline]
            .into_iter()
            .all(zero)
}

struct Strategy {
    stagger: Duration,
    max_parallel: i64,
    min_healthy_time: Nanos,
    healthy_deadline: Nanos,
    progress_deadline: Nanos,
    health_check: String,
    canary: i64,
    auto_promote: bool,
}

impl Strategy {
    /// The defaults, under the job's block, under the group's.
    fn merged(blocks: [Option<&UpdateInput>; 2]) -> Self {
        let seconds = |count: u64| Nanos::from(Duration::from_secs(count));
        let mut merged = Self {
            stagger: Duration::from_secs(30),
            max_parallel: 1,
            min_healthy_time: seconds(10),
            healthy_deadline: seconds(5 * 60),
            progress_deadline: seconds(10 * 60),
            health_check: "checks".to_owned(),
            canary: 0,
            auto_promote: false,
        };
        for block in blocks.into_iter().flatten() {
            merged.stagger =
                block.stagger.map_or(merged.stagger, |value| value.to_duration().unwrap_or_default());
            merged.max_parallel = block.max_parallel.unwrap_or(merged.max_parallel);
            merged.min_healthy_time = block.min_healthy_time.unwrap_or(merged.min_healthy_time);
            merged.healthy_deadline = block.healthy_deadline.unwrap_or(merged.healthy_deadline);
            merged.progress_deadline = block.progress_deadline.unwrap_or(merged.progress_deadline);
            if let Some(health_check) = given(block.health_check.as_ref()) {
                health_check.clone_into(&mut merged.health_check);
            }
            merged.canary = block.canary.unwrap_or(merged.canary);
            merged.auto_promote = block.auto_promote.unwrap_or(merged.auto_promote);
        }
        merged
    }

    fn check(&self, count: u32, found: &mut Findings) {
        let zero = Nanos(0);
        if !matches!(self.health_check.as_str(), "checks" | "task_states" | "manual") {
            found.error(format!("Invalid health check given: {:?}", self.health_check));
        }
        if self.max_parallel < 0 || self.canary < 0 {
            found.error("update: `max_parallel` and `canary` must not be negative");
        }
        if self.auto_promote && self.canary <= 0 {
            found.error("Auto Promote requires a Canary count greater than zero");
        }
        if self.stagger.is_zero() {
            found.error("Stagger must be greater than zero");
        }
        if self.min_healthy_time < zero {
            found.error(format!("Minimum healthy time may not be less than zero: {}", self.min_healthy_time));
        }
        if self.healthy_deadline <= zero {
            found.error(format!("Healthy deadline must be greater than zero: {}", self.healthy_deadline));
        } else if self.min_healthy_time >= self.healthy_deadline {
            found.error("Minimum healthy time must be less than healthy deadline");
        }
        if self.progress_deadline < zero {
            found.error("Progress deadline must not be negative");
        } else if self.progress_deadline != zero && self.healthy_deadline >= self.progress_deadline {
            found.error("Healthy deadline must be less than progress deadline");
        }
        if self.max_parallel > i64::from(count) && count > 0 {
            found.warn(format!(
                "update: `max_parallel` ({}) is greater than the count ({count})",
                self.max_parallel
            ));
        }
    }

    fn check_kill_timeouts(&self, group: &GroupInput, kind: JobType, found: &mut Findings) {
        if kind != JobType::Service || self.progress_deadline <= Nanos(0) {
            return;
        }
        for task in list(group.tasks.as_ref()) {
            if let Some(timeout) = task.kill_timeout
                && timeout > self.progress_deadline
            {
                found.error(format!(
                    "Task {} has a KillTimout ({timeout}) longer than the group's ProgressDeadline ({})",
                    task.name.as_deref().unwrap_or_default(),
                    self.progress_deadline
                ));
            }
        }
    }
}
