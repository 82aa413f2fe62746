//! A group: how many, where, under which policies, and its tasks.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::GroupName;
use muster_model::{EphemeralDisk, Group, GroupNetwork, JobType, RestartPolicy, Task, VolumeRequest};

use super::basics::{given, list, text_map};
use super::constraint::Level;
use super::{
    Findings, Step, affinity, cleanup, constraint, disconnect, migrate, network, reschedule, restart,
    scaling, service, spread, task, update, volume,
};
use crate::duration::Nanos;
use crate::input::{EphemeralDiskInput, GroupInput, MigrateInput, RescheduleInput, UpdateInput, VolumeInput};
use crate::wire::Field;

/// What a group inherits from its job.
pub(super) struct Defaults<'a> {
    pub kind: JobType,
    /// Names of the job, as far as they are known, for the names of services.
    pub job: &'a str,
    pub namespace: &'a str,
    pub reschedule: Option<&'a RescheduleInput>,
    pub update: Option<&'a UpdateInput>,
    pub migrate: Option<&'a MigrateInput>,
    pub volumes: Option<&'a BTreeMap<String, VolumeInput>>,
}

pub(super) fn decide(input: &GroupInput, defaults: &Defaults<'_>, found: &mut Findings) -> Option<Group> {
    let kind = defaults.kind;
    deprecated(input, found);
    let name = group_name(input, found);
    let count = count(input, kind, found);
    let constraints = constraint::decide(list(input.constraints.as_ref()), Level::Group, found);
    let affinities = affinity::decide(list(input.affinities.as_ref()), kind, found);
    let spreads = spread::decide(list(input.spreads.as_ref()), kind, found);
    let restart = restart::decide(restart::default_for(kind), input.restart_policy.as_ref(), found);
    let reschedule = reschedule::decide(kind, defaults.reschedule, input.reschedule_policy.as_ref(), found);
    let ephemeral_disk = ephemeral_disk(input.ephemeral_disk.as_ref(), found);
    let network = network::decide(list(input.networks.as_ref()), found);
    let shutdown_delay = found.duration_or("ShutdownDelay", input.shutdown_delay, Duration::ZERO);
    let cleanup = input.cleanup.as_ref().and_then(|block| cleanup::decide(block, &ephemeral_disk, found));
    let update = update::of_group(input, defaults.update, kind, count, found);
    let canaries = update.as_ref().map_or(0, |update| update.canary);
    let volumes = volume::of_group(input, defaults.volumes, kind, canaries, found);
    let wide = Shared {
        defaults,
        group: given(input.name.as_ref()).unwrap_or_default(),
        restart: &restart,
        ephemeral_disk: &ephemeral_disk,
        network: network.as_ref(),
        volumes: &volumes,
    };
    let services = service::decide(list(input.services.as_ref()), wide.owner(None), found);
    let tasks = tasks(input, &wide, found);
    let whole = tasks.len() == list(input.tasks.as_ref()).len();
    if whole && !tasks.is_empty() && tasks.iter().all(|task| task.lifecycle.is_some()) {
        found.error("a group needs at least one main task: one without a `lifecycle` block");
    }
    let disconnect = input.disconnect.as_ref().map(|block| Box::new(disconnect::decide(block, kind, found)));
    let scaling = input.scaling.as_ref().map(|block| Box::new(scaling::of_group(block, kind, count, found)));
    let consul = Field::read(input.consul.as_ref(), "consul", found);
    if input.consul.is_some() {
        found.no_effect("the `consul` block", "there is no Consul integration");
    }
    let migrate = migrate::decide(kind, defaults.migrate, input.migrate.as_ref(), found);
    let max_run_duration = max_run_duration(input.max_run_duration, kind, found);
    let group = Group {
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
        tasks,
        services,
        volumes,
        update,
        migrate,
        disconnect,
        scaling,
        consul,
        max_run_duration,
        // Last: by now everything else was looked at.
        name: name?,
    };
    service::check_group(&group, whole, found);
    Some(group)
}

fn max_run_duration(given: Option<Nanos>, kind: JobType, found: &mut Findings) -> Option<Duration> {
    let duration = found.duration("`max_run_duration`", given?);
    if !kind.runs_to_completion() {
        found.error_in(
            "max_run_duration",
            "max_run_duration can only be used with \"batch\" or \"sysbatch\" scheduler",
        );
    }
    if duration.is_zero() {
        found.error_in("max_run_duration", "max_run_duration must be greater than zero");
    }
    Some(duration)
}

fn deprecated(input: &GroupInput, found: &mut Findings) {
    let outdated = [
        ("stop_after_client_disconnect", input.stop_after_client_disconnect.is_some()),
        ("max_client_disconnect", input.max_client_disconnect.is_some()),
        ("prevent_reschedule_on_lost", input.prevent_reschedule_on_lost == Some(true)),
    ];
    for (name, given) in outdated {
        if given {
            found.no_effect(
                format_args!("`{name}`"),
                "it is deprecated and ignored; write a `disconnect` block",
            );
        }
    }
}

/// What the tasks of a group share.
pub(super) struct Shared<'a> {
    pub defaults: &'a Defaults<'a>,
    pub group: &'a str,
    pub restart: &'a RestartPolicy,
    pub ephemeral_disk: &'a EphemeralDisk,
    pub network: Option<&'a GroupNetwork>,
    pub volumes: &'a BTreeMap<String, VolumeRequest>,
}

impl<'a> Shared<'a> {
    pub fn owner(&self, task: Option<&'a str>) -> service::Owner<'a> {
        service::Owner {
            namespace: self.defaults.namespace,
            job: self.defaults.job,
            group: self.group,
            task,
            network: self.network,
        }
    }
}

fn group_name(input: &GroupInput, found: &mut Findings) -> Option<GroupName> {
    match given(input.name.as_ref()) {
        Some(name) => found.check("name", GroupName::new(name)),
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
        found.error_in("count", "Task group count can't be negative");
        return 0;
    }
    if kind == JobType::System && wanted > 1 {
        let name = given(input.name.as_ref()).unwrap_or_default();
        found.error_in(
            "count",
            format!("Job task group {name} has count {wanted}. Count cannot exceed 1 with system scheduler"),
        );
    }
    found.count("Count", wanted)
}

fn ephemeral_disk(input: Option<&EphemeralDiskInput>, found: &mut Findings) -> EphemeralDisk {
    const LEAST_MB: i64 = 10;
    let size = input.and_then(|disk| disk.size_mb).unwrap_or(300);
    if size < LEAST_MB {
        found.error_in("ephemeral_disk.size", format!("minimum DiskMB value is {LEAST_MB}; got {size}"));
    }
    EphemeralDisk {
        size_mb: found.count("SizeMB", size.max(LEAST_MB)),
        sticky: input.and_then(|disk| disk.sticky).unwrap_or_default(),
        migrate: input.and_then(|disk| disk.migrate).unwrap_or_default(),
    }
}

/// Those that are not refused.
fn tasks(input: &GroupInput, shared: &Shared<'_>, found: &mut Findings) -> Vec<Task> {
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
        tasks.extend(
            found.part(what, Step::Nth("task", position), |found| task::decide(input_task, shared, found)),
        );
    }
    tasks
}
