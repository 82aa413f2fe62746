//! What the model has no place for. Refused where ignoring it would change what runs; a warning where it would not.

use muster_model::JobType;

use super::basics::{given, list};
use super::{Findings, identity};
use crate::JobInput;
use crate::input::{GroupInput, PeriodicInput, TaskInput};

pub(super) fn job(input: &JobInput, kind: JobType, found: &mut Findings) {
    if let Some(periodic) = &input.periodic {
        check_periodic(periodic, kind, found);
    }
    if let Some(parameterized) = &input.parameterized_job {
        if !kind.runs_to_completion() {
            found.error("Parameterized job can only be used with \"batch\" or \"sysbatch\" scheduler");
        }
        if let Some(payload) = given(parameterized.payload.as_ref())
            && !matches!(payload, "optional" | "required" | "forbidden")
        {
            found.error(format!("Unknown payload requirement: {payload:?}"));
        }
        found.unsupported("a `parameterized` block");
    }
    if given(input.payload.as_ref()).is_some() {
        found.error("job can't be submitted with a payload, only dispatched");
    }
    if input.multiregion.is_some() {
        found.unsupported("a `multiregion` block");
    }
    if input.ui.is_some() {
        found.no_effect("the `ui` block", "it is not shown");
    }
    if input.migrate.is_some() {
        migrate(kind, found);
    }
}

fn check_periodic(periodic: &PeriodicInput, kind: JobType, found: &mut Findings) {
    if periodic.enabled != Some(false) {
        if !kind.runs_to_completion() {
            found.error("Periodic can only be used with \"batch\" or \"sysbatch\" scheduler");
        }
        match (given(periodic.spec.as_ref()).is_some(), !list(periodic.specs.as_ref()).is_empty()) {
            (false, false) => found.error("Must specify a spec"),
            (true, true) => found.error("Only cron or crons may be used"),
            _ => {}
        }
    }
    found.unsupported("a `periodic` block");
}

fn migrate(kind: JobType, found: &mut Findings) {
    if kind == JobType::Service {
        found.no_effect("the `migrate` block", "this version does not drain nodes");
    } else {
        found.error(format!("Job type {kind:?} does not allow migrate block", kind = kind.as_str()));
    }
}

pub(super) fn group(input: &GroupInput, kind: JobType, found: &mut Findings) {
    if input.volumes.as_ref().is_some_and(|volumes| !volumes.is_empty()) {
        found.unsupported("a `volume` block");
    }
    if input.disconnect.is_some() {
        found.unsupported("a `disconnect` block");
    }
    if input.max_run_duration.is_some() {
        if !kind.runs_to_completion() {
            found.error("max_run_duration can only be used with \"batch\" or \"sysbatch\" scheduler");
        }
        found.unsupported("`max_run_duration`");
    }
    if input.migrate.is_some() {
        migrate(kind, found);
    }
    if let Some(scaling) = &input.scaling {
        if kind == JobType::System {
            found.error("Task groups with job type system do not support scaling blocks");
        }
        if let (Some(min), Some(max)) = (scaling.min, scaling.max)
            && min > max
        {
            found.error(format!("scaling: `max` ({max}) must not be less than `min` ({min})"));
        }
        found.no_effect("the `scaling` block", "nothing changes the count by itself");
    }
    if input.consul.is_some() {
        found.no_effect("the `consul` block", "there is no Consul integration");
    }
    deprecated(input, found);
}

fn deprecated(input: &GroupInput, found: &mut Findings) {
    let outdated = [
        ("stop_after_client_disconnect", input.stop_after_client_disconnect.is_some()),
        ("max_client_disconnect", input.max_client_disconnect.is_some()),
        ("prevent_reschedule_on_lost", input.prevent_reschedule_on_lost == Some(true)),
    ];
    for (name, given) in outdated {
        if given {
            found.no_effect(format_args!("`{name}`"), "it is deprecated and ignored");
        }
    }
}

pub(super) fn task(input: &TaskInput, found: &mut Findings) {
    let blocks: [(&str, bool); 7] = [
        ("template", !list(input.templates.as_ref()).is_empty()),
        ("volume_mount", !list(input.volume_mounts.as_ref()).is_empty()),
        ("vault", input.vault.is_some()),
        ("secret", !list(input.secrets.as_ref()).is_empty()),
        ("csi_plugin", input.csi_plugin_config.is_some()),
        ("schedule", input.schedule.is_some()),
        ("scaling", !list(input.scaling_policies.as_ref()).is_empty()),
    ];
    for (name, given) in blocks {
        if given {
            found.unsupported(format_args!("a task's `{name}` block"));
        }
    }
    if let Some(kind) = given(input.kind.as_ref()) {
        found.unsupported(format_args!("task kind `{kind}`"));
    }
    identity::check(input, found);
    if input.consul.is_some() {
        found.no_effect("the `consul` block", "there is no Consul integration");
    }
    if !list(input.actions.as_ref()).is_empty() {
        found.no_effect("the `action` block", "actions cannot be run");
    }
}
