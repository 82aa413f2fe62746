//! A group.

use muster_model::{Group, Job, ScalingPolicy};

use super::{list, network, place, policy, task, text_map};
use crate::input::{CleanupInput, EphemeralDiskInput, GroupInput, ScalingInput, TextMap};
use crate::wire::{Field, Wire};

pub(super) fn view(group: &Group, job: &Job) -> GroupInput {
    GroupInput {
        name: Some(group.name.to_string()),
        count: Some(i64::from(group.count)),
        constraints: list(&group.constraints, place::constraint),
        affinities: list(&group.affinities, place::affinity),
        spreads: list(&group.spreads, place::spread),
        tasks: Some(group.tasks.iter().map(task::view).collect()),
        restart_policy: Some(policy::restart(&group.restart)),
        reschedule_policy: group.reschedule.as_ref().map(policy::reschedule),
        ephemeral_disk: Some(EphemeralDiskInput {
            sticky: Some(group.ephemeral_disk.sticky),
            size_mb: Some(i64::from(group.ephemeral_disk.size_mb)),
            migrate: Some(group.ephemeral_disk.migrate),
        }),
        networks: group.network.as_ref().map(|network_of| vec![network::view(network_of)]),
        meta: text_map(&group.meta),
        shutdown_delay: (!group.shutdown_delay.is_zero()).then(|| group.shutdown_delay.into()),
        cleanup: group.cleanup.map(|cleanup| CleanupInput {
            mode: Some(cleanup.mode.as_str().to_owned()),
            retention: Some(cleanup.retention.into()),
        }),
        services: Field::show(&group.services),
        volumes: Field::show(&group.volumes),
        update: group.update.as_deref().map(policy::update),
        migrate: Field::show(&group.migrate),
        disconnect: Field::show(&group.disconnect),
        scaling: scaling_view(group, job),
        consul: Field::show(&group.consul),
        max_run_duration: Field::show(&group.max_run_duration),
        prevent_reschedule_on_lost: Some(false),
        ..GroupInput::default()
    }
}

/// How a group may be scaled, as the API answers it; `None` when nothing is said about it.
#[must_use]
pub fn scaling_view(group: &Group, job: &Job) -> Option<ScalingInput> {
    group.scaling.as_deref().map(|policy| scaling(policy, group, job))
}

/// With what it scales, as the servers know it.
fn scaling(policy: &ScalingPolicy, group: &Group, job: &Job) -> ScalingInput {
    let target =
        [("Namespace", job.namespace.as_str()), ("Job", job.id.as_str()), ("Group", group.name.as_str())];
    let target: TextMap = target.map(|(key, name)| (key.to_owned(), name.to_owned())).into();
    ScalingInput { target: Some(target), ..ScalingInput::view(policy) }
}
