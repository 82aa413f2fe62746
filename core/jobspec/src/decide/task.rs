//! A task: what its driver runs and how it is kept running.

use std::time::Duration;

use muster_ids::{DriverName, TaskName, Text};
use muster_model::{EphemeralDisk, LogConfig, Task};

use super::basics::{given, list, text_map};
use super::constraint::Level;
use super::group::Shared;
use super::{
    Findings, action, affinity, artifact, constraint, csi, dispatch, identity, lifecycle, resources, restart,
    scaling, schedule, secret, service, signal, template, vault, volume,
};
use crate::input::{LogConfigInput, TaskInput};
use crate::wire::Field;

const KILL_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn decide(input: &TaskInput, shared: &Shared<'_>, found: &mut Findings) -> Option<Task> {
    let name = task_name(input, found);
    let driver = driver(input, found);
    let constraints = constraint::decide(list(input.constraints.as_ref()), Level::Task, found);
    let resources = resources::decide(input.resources.as_ref(), found);
    let restart = restart::decide(shared.restart.clone(), input.restart_policy.as_ref(), found);
    let artifacts = artifact::decide(list(input.artifacts.as_ref()), found);
    let logs = logs(input.log_config.as_ref(), shared.ephemeral_disk, found);
    let kill_timeout = found.duration_or("KillTimeout", input.kill_timeout, KILL_TIMEOUT);
    let shutdown_delay = found.duration_or("ShutdownDelay", input.shutdown_delay, Duration::ZERO);
    let lifecycle = input.lifecycle.as_ref().and_then(|block| lifecycle::decide(block, found));
    let (identity, identities) =
        identity::decide(input.identity.as_ref(), list(input.identities.as_ref()), found);
    if input.consul.is_some() {
        found.no_effect("the `consul` block", "there is no Consul integration");
    }
    let affinities = affinity::decide(list(input.affinities.as_ref()), shared.defaults.kind, found);
    let owner = shared.owner(Some(given(input.name.as_ref()).unwrap_or_default()));
    Some(Task {
        user: given(input.user.as_ref()).map(Text::from),
        config: Field::read(input.config.as_ref(), "config", found),
        env: text_map(input.env.as_ref()),
        meta: text_map(input.meta.as_ref()),
        constraints,
        resources,
        restart,
        logs,
        kill_timeout,
        kill_signal: given(input.kill_signal.as_ref()).map(|name| signal::decide("kill_signal", name, found)),
        leader: input.leader.unwrap_or_default(),
        lifecycle,
        shutdown_delay,
        affinities,
        services: service::decide(list(input.services.as_ref()), owner, found),
        templates: template::decide(list(input.templates.as_ref()), found),
        volume_mounts: volume::mounts(list(input.volume_mounts.as_ref()), shared.volumes, found),
        vault: input.vault.as_ref().map(|block| Box::new(vault::decide(block, found))),
        consul: Field::read(input.consul.as_ref(), "consul", found),
        identity,
        identities,
        secrets: secret::decide(list(input.secrets.as_ref()), found),
        actions: action::decide(list(input.actions.as_ref()), found),
        dispatch_payload: input.dispatch_payload.as_ref().and_then(|block| dispatch::payload(block, found)),
        csi_plugin: input.csi_plugin_config.as_ref().map(|block| Box::new(csi::decide(block, found))),
        schedule: input.schedule.as_ref().map(|block| Box::new(schedule::decide(block, found))),
        scaling: scaling::of_task(list(input.scaling_policies.as_ref()), found),
        kind: given(input.kind.as_ref()).map(|kind| mesh_kind(kind, found)),
        // Last: by now everything else was looked at.
        name: name?,
        driver: driver?,
        artifacts,
    })
}

/// The part a task plays in a service mesh.
fn mesh_kind(kind: &str, found: &mut Findings) -> Text {
    const PARTS: [&str; 5] =
        ["connect-proxy:", "connect-native:", "connect-ingress:", "connect-terminating:", "connect-mesh:"];
    if !PARTS.iter().any(|part| kind.starts_with(part)) {
        found.error_in(
            "kind",
            format!("task kind `{kind}` is unknown; expected one of {} and a service", PARTS.join(", ")),
        );
    }
    found.unsupported(format_args!("task kind `{kind}`"), "there is no service mesh");
    Text::from(kind)
}

fn task_name(input: &TaskInput, found: &mut Findings) -> Option<TaskName> {
    match given(input.name.as_ref()) {
        Some(name) => found.check("name", TaskName::new(name)),
        None => {
            found.error("Missing task name");
            None
        }
    }
}

fn driver(input: &TaskInput, found: &mut Findings) -> Option<DriverName> {
    match given(input.driver.as_ref()) {
        Some(driver) => found.check("driver", DriverName::new(driver)),
        None => {
            found.error("Missing task driver");
            None
        }
    }
}

fn logs(input: Option<&LogConfigInput>, disk: &EphemeralDisk, found: &mut Findings) -> LogConfig {
    let max_files = input.and_then(|logs| logs.max_files).unwrap_or(10);
    let max_file_size_mb = input.and_then(|logs| logs.max_file_size_mb).unwrap_or(10);
    if max_files < 1 {
        found.error_in("logs.max_files", format!("minimum number of files is 1; got {max_files}"));
    }
    if max_file_size_mb < 1 {
        found.error_in("logs.max_file_size", format!("minimum file size is 1MB; got {max_file_size_mb}"));
    }
    let total = max_files.saturating_mul(max_file_size_mb);
    let space = disk.size_mb;
    if total >= i64::from(space) {
        found.error(format!(
            "log storage ({total} MB) must be less than requested disk capacity ({space} MB)"
        ));
    }
    let (enabled, disabled) = input.map_or((None, None), |logs| (logs.enabled, logs.disabled));
    if enabled.is_some() && enabled == disabled {
        found.error("logs: `enabled` and `disabled` contradict each other; write only `disabled`");
    }
    LogConfig {
        max_files: u32::try_from(max_files).unwrap_or_default(),
        max_file_size_mb: u32::try_from(max_file_size_mb).unwrap_or_default(),
        disabled: disabled.unwrap_or(enabled == Some(false)),
    }
}
