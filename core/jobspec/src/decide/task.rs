//! A task: what its driver runs and how it is kept running.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{DriverName, TaskName, Text};
use muster_model::{DispatchPayload, EphemeralDisk, Lifecycle, LifecycleHook, LogConfig, Task, Value};

use super::basics::{given, list, text_map};
use super::constraint::Level;
use super::group::Shared;
use super::{Findings, artifact, constraint, resources, restart, unsupported};
use crate::input::{DispatchPayloadInput, LifecycleInput, LogConfigInput, TaskInput};

const KILL_TIMEOUT: Duration = Duration::from_secs(5);

pub(super) fn decide(input: &TaskInput, shared: &Shared<'_>, found: &mut Findings) -> Option<Task> {
    unsupported::task(input, found);
    let name = task_name(input, found);
    let driver = driver(input, found);
    let constraints = constraint::decide(list(input.constraints.as_ref()), Level::Task, found);
    let resources = resources::decide(input.resources.as_ref(), found);
    let restart = restart::decide(shared.restart.clone(), input.restart_policy.as_ref(), found);
    let artifacts = artifact::decide(list(input.artifacts.as_ref()), found);
    let logs = logs(input.log_config.as_ref(), shared.ephemeral_disk, found);
    let kill_timeout = found.duration_or("KillTimeout", input.kill_timeout, KILL_TIMEOUT);
    let shutdown_delay = found.duration_or("ShutdownDelay", input.shutdown_delay, Duration::ZERO);
    let lifecycle = input.lifecycle.as_ref().and_then(|block| lifecycle(block, found));
    let dispatch_payload = input.dispatch_payload.as_ref().and_then(|block| dispatch_payload(block, found));
    Some(Task {
        name: name?,
        driver: driver?,
        user: given(input.user.as_ref()).map(Text::from),
        config: config(input),
        env: text_map(input.env.as_ref()),
        meta: text_map(input.meta.as_ref()),
        constraints,
        resources,
        restart,
        artifacts: artifacts?,
        logs,
        kill_timeout,
        kill_signal: given(input.kill_signal.as_ref()).map(Text::from),
        leader: input.leader.unwrap_or_default(),
        lifecycle,
        shutdown_delay,
        dispatch_payload,
    })
}

/// Below the task's `local` directory; `None` when no file is named, as the contract allows.
fn dispatch_payload(input: &DispatchPayloadInput, found: &mut Findings) -> Option<DispatchPayload> {
    let file = given(input.file.as_ref())?;
    let inside = file.split('/').all(|part| part != "..") && !file.starts_with('/') && !file.contains('\0');
    if !inside || file.ends_with('/') {
        found
            .error(format!("dispatch_payload file `{file}` must be a file below the task's local directory"));
    }
    Some(DispatchPayload { file: Text::from(file) })
}

fn task_name(input: &TaskInput, found: &mut Findings) -> Option<TaskName> {
    match given(input.name.as_ref()) {
        Some(name) => found.check(TaskName::new(name)),
        None => {
            found.error("Missing task name");
            None
        }
    }
}

fn driver(input: &TaskInput, found: &mut Findings) -> Option<DriverName> {
    match given(input.driver.as_ref()) {
        Some(driver) => found.check(DriverName::new(driver)),
        None => {
            found.error("Missing task driver");
            None
        }
    }
}

/// Left to the driver to check, on the node. Null members say nothing and are dropped.
fn config(input: &TaskInput) -> BTreeMap<String, Value> {
    let members = input.config.iter().flatten().filter(|(_, value)| !value.is_null());
    members.map(|(key, value)| (key.clone(), value_of(value))).collect()
}

fn value_of(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::String(text.clone()),
        serde_json::Value::Array(list) => Value::List(list.iter().map(value_of).collect()),
        serde_json::Value::Object(map) => {
            Value::Map(map.iter().map(|(key, value)| (key.clone(), value_of(value))).collect())
        }
    }
}

fn logs(input: Option<&LogConfigInput>, disk: &EphemeralDisk, found: &mut Findings) -> LogConfig {
    let max_files = input.and_then(|logs| logs.max_files).unwrap_or(10);
    let max_file_size_mb = input.and_then(|logs| logs.max_file_size_mb).unwrap_or(10);
    if max_files < 1 {
        found.error(format!("minimum number of files is 1; got {max_files}"));
    }
    if max_file_size_mb < 1 {
        found.error(format!("minimum file size is 1MB; got {max_file_size_mb}"));
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

fn lifecycle(input: &LifecycleInput, found: &mut Findings) -> Option<Lifecycle> {
    let hook = match given(input.hook.as_ref()) {
        Some("prestart") => LifecycleHook::Prestart,
        Some("poststart") => LifecycleHook::Poststart,
        Some("poststop") => LifecycleHook::Poststop,
        Some(other) => {
            found.error(format!("invalid hook: {other}"));
            return None;
        }
        None => {
            found.error("no lifecycle hook provided");
            return None;
        }
    };
    Some(Lifecycle { hook, sidecar: input.sidecar.unwrap_or_default() })
}
