//! A group: how many, where, under which policies, and its tasks.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::GroupName;
use muster_model::{Affinity, EphemeralDisk, Group, JobType, RestartPolicy, Task};

use super::basics::{given, list, text_map};
use super::constraint::Level;
use super::{
    Findings, affinity, cleanup, constraint, network, reschedule, restart, service, spread, task,
    unsupported, update,
};
use crate::input::{EphemeralDiskInput, GroupInput, RescheduleInput, UpdateInput};

/// What a group inherits from its job.
pub(super) struct Defaults<'a> {
    pub kind: JobType,
    pub reschedule: Option<&'a RescheduleInput>,
    pub update: Option<&'a UpdateInput>,
}

pub(super) fn decide(input: &GroupInput, defaults: &Defaults<'_>, found: &mut Findings) -> Option<Group> {
    let kind = defaults.kind;
    unsupported::group(input, kind, found);
    let name = group_name(input, found);
    let count = count(input, kind, found);
    let constraints = constraint::decide(list(input.constraints.as_ref()), Level::Group, found);
    let mut affinities = affinity::decide(list(input.affinities.as_ref()), kind, found);
    let spreads = spread::decide(list(input.spreads.as_ref()), kind, found);
    let restart = restart::decide(restart::default_for(kind), input.restart_policy.as_ref(), found);
    let reschedule = reschedule::decide(kind, defaults.reschedule, input.reschedule_policy.as_ref(), found);
    let ephemeral_disk = ephemeral_disk(input.ephemeral_disk.as_ref(), found);
    let network = network::decide(list(input.networks.as_ref()), found);
    let shutdown_delay = found.duration_or("ShutdownDelay", input.shutdown_delay, Duration::ZERO);
    let cleanup = input.cleanup.as_ref().and_then(|block| cleanup::decide(block, &ephemeral_disk, found));
    let wide = Shared { kind, restart: &restart, ephemeral_disk: &ephemeral_disk };
    let tasks = tasks(input, &wide, &mut affinities, found);
    if tasks
        .as_ref()
        .is_some_and(|tasks| !tasks.is_empty() && tasks.iter().all(|task| task.lifecycle.is_some()))
    {
        found.error("a group needs at least one main task: one without a `lifecycle` block");
    }
    service::check(input, network.as_ref(), found);
    update::check(input, defaults, count, found);
    Some(Group {
        name: name?,
        count,
        constraints,
        affinities,
        spreads,
        meta: text_map(input.meta.as_ref()),
        restart,
        reschedule,
        ephemeral_disk,
        network,
        shutdown_delay,
        cleanup,
        tasks: tasks?,
    })
}

/// What the tasks of a group share.
pub(super) struct Shared<'a> {
    pub kind: JobType,
    pub restart: &'a RestartPolicy,
    pub ephemeral_disk: &'a EphemeralDisk,
}

fn group_name(input: &GroupInput, found: &mut Findings) -> Option<GroupName> {
    match given(input.name.as_ref()) {
        Some(name) => found.check(GroupName::new(name)),
        None => {
            found.error("Missing name of the task group");
            None
        }
    }
}

fn count(input: &GroupInput, kind: JobType, found: &mut Findings) -> u32 {
    let least = input.scaling.as_ref().and_then(|scaling| scaling.min);
    let wanted = input.count.or(least).unwrap_or(1);
    if wanted < 0 {
        found.error("Task group count can't be negative");
        return 0;
    }
    if kind == JobType::System && wanted > 1 {
        let name = given(input.name.as_ref()).unwrap_or_default();
        found.error(format!(
            "Job task group {name} has count {wanted}. Count cannot exceed 1 with system scheduler"
        ));
    }
    found.count("Count", wanted)
}

fn ephemeral_disk(input: Option<&EphemeralDiskInput>, found: &mut Findings) -> EphemeralDisk {
    const LEAST_MB: i64 = 10;
    let size = input.and_then(|disk| disk.size_mb).unwrap_or(300);
    if size < LEAST_MB {
        found.error(format!("minimum DiskMB value is {LEAST_MB}; got {size}"));
    }
    EphemeralDisk {
        size_mb: found.count("SizeMB", size.max(LEAST_MB)),
        sticky: input.and_then(|disk| disk.sticky).unwrap_or_default(),
        migrate: input.and_then(|disk| disk.migrate).unwrap_or_default(),
    }
}

/// `None` when a task is refused. Affinities of tasks join those of the group: an allocation is placed as a whole.
fn tasks(
    input: &GroupInput,
    shared: &Shared<'_>,
    affinities: &mut Vec<Affinity>,
    found: &mut Findings,
) -> Option<Vec<Task>> {
    let inputs = list(input.tasks.as_ref());
    if inputs.is_empty() {
        found.error("Missing tasks for task group");
    }
    if inputs.iter().filter(|task| task.leader == Some(true)).count() > 1 {
        found.error("Only one task may be marked as leader");
    }
    let mut first_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut tasks = Vec::with_capacity(inputs.len());
    for (position, input_task) in inputs.iter().enumerate() {
        let number = position + 1;
        let name = given(input_task.name.as_ref());
        if let Some(first) = name.and_then(|name| first_of.insert(name, number)) {
            found.error(format!("Task {number} redefines '{}' from task {first}", name.unwrap_or_default()));
        }
        let what = name.map_or_else(|| format!("Task {number}"), |name| format!("Task {name}"));
        tasks.push(found.part(what, |found| {
            affinities.extend(affinity::decide(list(input_task.affinities.as_ref()), shared.kind, found));
            task::decide(input_task, shared, found)
        }));
    }
    tasks.into_iter().collect()
}
