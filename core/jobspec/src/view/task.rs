//! A task.

use muster_model::{Artifact, ArtifactMode, Lifecycle, LifecycleHook, Task, TaskResources};

use super::{list, network, place, policy, text_map, text_or_empty};
use crate::decide::plain_identity;
use crate::input::{
    ArtifactInput, DispatchPayloadInput, IdentityInput, LifecycleInput, LogConfigInput, ResourcesInput,
    TaskInput,
};
use crate::wire::{Field, Wire};

pub(super) fn view(task: &Task) -> TaskInput {
    TaskInput {
        name: Some(task.name.to_string()),
        driver: Some(task.driver.to_string()),
        user: text_or_empty(task.user.as_ref()),
        config: Field::show(&task.config),
        env: text_map(&task.env),
        meta: text_map(&task.meta),
        constraints: list(&task.constraints, place::constraint),
        resources: Some(resources(&task.resources)),
        restart_policy: Some(policy::restart(&task.restart)),
        artifacts: list(&task.artifacts, artifact),
        log_config: Some(LogConfigInput::view(&task.logs)),
        kill_timeout: Some(task.kill_timeout.into()),
        kill_signal: text_or_empty(task.kill_signal.as_ref()),
        leader: Some(task.leader),
        lifecycle: task.lifecycle.map(lifecycle),
        shutdown_delay: Some(task.shutdown_delay.into()),
        affinities: list(&task.affinities, place::affinity),
        services: Field::show(&task.services),
        templates: Field::show(&task.templates),
        volume_mounts: Field::show(&task.volume_mounts),
        vault: Field::show(&task.vault),
        secrets: Field::show(&task.secrets),
        consul: Field::show(&task.consul),
        dispatch_payload: task.dispatch_payload.as_ref().map(DispatchPayloadInput::view),
        scaling_policies: Field::show(&task.scaling),
        kind: text_or_empty(task.kind.as_ref()),
        csi_plugin_config: Field::show(&task.csi_plugin),
        identity: Some(
            task.identity
                .as_deref()
                .map_or_else(|| IdentityInput::view(&plain_identity()), IdentityInput::view),
        ),
        identities: Field::show(&task.identities),
        actions: Field::show(&task.actions),
        schedule: Field::show(&task.schedule),
    }
}

pub(crate) fn resources(resources: &TaskResources) -> ResourcesInput {
    let max = match resources.memory_max_mb {
        TaskResources::NO_LIMIT_MB => -1,
        max => i64::from(max),
    };
    ResourcesInput {
        cpu: Some(i64::from(resources.cpu_mhz)),
        cores: Some(i64::from(resources.cores)),
        memory_mb: Some(i64::from(resources.memory_mb)),
        memory_max_mb: Some(max),
        disk_mb: Some(0),
        iops: Some(0),
        networks: list(&resources.networks, network::view),
        devices: Field::show(&resources.devices),
        numa: Field::show(&resources.numa),
        secrets_mb: Some(i64::from(resources.secrets_mb)),
    }
}

fn artifact(artifact: &Artifact) -> ArtifactInput {
    let mode = match artifact.mode {
        ArtifactMode::Any => "any",
        ArtifactMode::File => "file",
        ArtifactMode::Dir => "dir",
    };
    ArtifactInput {
        source: Some(artifact.source.to_string()),
        options: text_map(&artifact.options),
        headers: text_map(&artifact.headers),
        mode: Some(mode.to_owned()),
        insecure: Some(artifact.insecure),
        destination: Some(artifact.destination.to_string()),
        chown: Some(artifact.chown),
    }
}

fn lifecycle(lifecycle: Lifecycle) -> LifecycleInput {
    let hook = match lifecycle.hook {
        LifecycleHook::Prestart => "prestart",
        LifecycleHook::Poststart => "poststart",
        LifecycleHook::Poststop => "poststop",
    };
    LifecycleInput { hook: Some(hook.to_owned()), sidecar: Some(lifecycle.sidecar) }
}
