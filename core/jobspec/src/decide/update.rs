//! How a new version takes the place of the old one: the defaults, under the job's block, under the group's.

use muster_model::{Group, JobType, JobUpdate, UpdateStrategy};

use super::Findings;
use super::basics::{given, list};
use crate::duration::Nanos;
use crate::input::{GroupInput, UpdateInput};
use crate::wire::Field;

/// `None` for jobs that run to completion. A job that says nothing gets the default all the same.
pub(super) fn of_group(
    group: &GroupInput,
    of_job: Option<&UpdateInput>,
    kind: JobType,
    count: u32,
    found: &mut Findings,
) -> Option<Box<UpdateStrategy>> {
    let blocks = [of_job, group.update.as_ref()].into_iter().flatten().filter(|block| !says_nothing(block));
    let blocks: Vec<&UpdateInput> = blocks.collect();
    if kind.runs_to_completion() {
        if !blocks.is_empty() {
            found.error(format!("Job type {:?} does not allow update block", kind.as_str()));
        }
        return None;
    }
    let mut strategy = UpdateStrategy::default();
    for block in &blocks {
        lay_over(&mut strategy, block, found);
    }
    if strategy.max_parallel != 0 && !blocks.is_empty() {
        check(&strategy, count, found);
        check_kill_timeouts(&strategy, group, kind, found);
    }
    Some(Box::new(strategy))
}

/// What the job itself keeps.
pub(super) fn of_job(input: Option<&UpdateInput>, kind: JobType, found: &mut Findings) -> Option<JobUpdate> {
    if kind.runs_to_completion() {
        return None;
    }
    let mut strategy = UpdateStrategy::default();
    if let Some(block) = input.filter(|block| !says_nothing(block)) {
        // Whatever is wrong with it is said once for each group that inherits it.
        let mut unheard = Findings::default();
        lay_over(&mut strategy, block, &mut unheard);
        if input.is_some_and(|block| block.stagger.is_some_and(|stagger| stagger < Nanos(0))) {
            found.error("update: `stagger` must not be negative");
        }
    }
    Some(JobUpdate { stagger: strategy.stagger, max_parallel: strategy.max_parallel })
}

/// A rollout promotes itself only when every group with canaries wants it to.
pub(super) fn check_promotion(groups: &[Group], found: &mut Findings) {
    let strategies = groups.iter().filter_map(|group| group.update.as_deref());
    let (own, by_hand): (Vec<_>, Vec<_>) =
        strategies.filter(|strategy| strategy.canary > 0).partition(|strategy| strategy.auto_promote);
    if !(own.is_empty() || by_hand.is_empty()) {
        found.warn(
            "update: `auto_promote` is not set in every group with canaries, so nothing is promoted by itself",
        );
    }
}

fn lay_over(strategy: &mut UpdateStrategy, block: &UpdateInput, found: &mut Findings) {
    let base = strategy.clone();
    if let Some(max) = &block.max_parallel {
        strategy.max_parallel = Field::read(Some(max), "max_parallel", found);
    }
    if let Some(canary) = &block.canary {
        strategy.canary = Field::read(Some(canary), "canary", found);
    }
    if given(block.health_check.as_ref()).is_some() {
        strategy.health_check = Field::read(block.health_check.as_ref(), "health_check", found);
    }
    strategy.stagger = found.duration_or("update `stagger`", block.stagger, base.stagger);
    strategy.min_healthy_time =
        found.duration_or("update `min_healthy_time`", block.min_healthy_time, base.min_healthy_time);
    strategy.healthy_deadline =
        found.duration_or("update `healthy_deadline`", block.healthy_deadline, base.healthy_deadline);
    strategy.progress_deadline =
        found.duration_or("update `progress_deadline`", block.progress_deadline, base.progress_deadline);
    strategy.auto_revert = block.auto_revert.unwrap_or(base.auto_revert);
    strategy.auto_promote = block.auto_promote.unwrap_or(base.auto_promote);
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

fn check(strategy: &UpdateStrategy, count: u32, found: &mut Findings) {
    if strategy.auto_promote && strategy.canary == 0 {
        found.error("Auto Promote requires a Canary count greater than zero");
    }
    if strategy.stagger.is_zero() {
        found.error("Stagger must be greater than zero");
    }
    if strategy.healthy_deadline.is_zero() {
        found.error("Healthy deadline must be greater than zero");
    } else if strategy.min_healthy_time >= strategy.healthy_deadline {
        found.error("Minimum healthy time must be less than healthy deadline");
    }
    let progress = strategy.progress_deadline;
    if !progress.is_zero() && strategy.healthy_deadline >= progress {
        found.error("Healthy deadline must be less than progress deadline");
    }
    if strategy.max_parallel > count && count > 0 {
        found.warn(format!(
            "update: `max_parallel` ({}) is greater than the count ({count})",
            strategy.max_parallel
        ));
    }
}

fn check_kill_timeouts(strategy: &UpdateStrategy, group: &GroupInput, kind: JobType, found: &mut Findings) {
    let deadline = Nanos::from(strategy.progress_deadline);
    if kind != JobType::Service || deadline <= Nanos(0) {
        return;
    }
    for task in list(group.tasks.as_ref()) {
        if let Some(timeout) = task.kill_timeout
            && timeout > deadline
        {
            found.error(format!(
                "Task {} has a KillTimout ({timeout}) longer than the group's ProgressDeadline ({deadline})",
                task.name.as_deref().unwrap_or_default(),
            ));
        }
    }
}
