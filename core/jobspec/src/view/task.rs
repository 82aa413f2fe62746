//! A task.

use std::collections::BTreeMap;

use muster_model::{Artifact, ArtifactMode, Lifecycle, LifecycleHook, Task, TaskResources, Value};
use serde_json::Value as Json;

use super::{list, place, policy, text_map, text_or_empty};
use crate::input::{
    ArtifactInput, DispatchPayloadInput, FreeMap, LifecycleInput, LogConfigInput, ResourcesInput, TaskInput,
};

pub(super) fn view(task: &Task) -> TaskInput {
    TaskInput {
        name: Some(task.name.to_string()),
        driver: Some(task.driver.to_string()),
        user: text_or_empty(task.user.as_ref()),
        config: config(&task.config),
        env: text_map(&task.env),
        meta: text_map(&task.meta),
        constraints: list(&task.constraints, place::constraint),
        resources: Some(resources(&task.resources)),
        restart_policy: Some(policy::restart(&task.restart)),
        artifacts: list(&task.artifacts, artifact),
        log_config: Some(LogConfigInput {
            max_files: Some(i64::from(task.logs.max_files)),
            max_file_size_mb: Some(i64::from(task.logs.max_file_size_mb)),
            enabled: None,
            disabled: Some(task.logs.disabled),
        }),
        kill_timeout: Some(task.kill_timeout.into()),
        kill_signal: text_or_empty(task.kill_signal.as_ref()),
        leader: Some(task.leader),
        lifecycle: task.lifecycle.map(lifecycle),
        shutdown_delay: Some(task.shutdown_delay.into()),
        dispatch_payload: task
            .dispatch_payload
            .as_ref()
            .map(|payload| DispatchPayloadInput { file: Some(payload.file.to_string()) }),
        kind: Some(String::new()),
        ..TaskInput::default()
    }
}

fn config(config: &BTreeMap<String, Value>) -> Option<FreeMap> {
    (!config.is_empty()).then(|| config.iter().map(|(key, value)| (key.clone(), json(value))).collect())
}

fn json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Float(value) => Json::from(*value),
        Value::String(text) => Json::from(text.as_str()),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Map(map) => map.iter().map(|(key, value)| (key.clone(), json(value))).collect(),
    }
}

fn resources(resources: &TaskResources) -> ResourcesInput {
    ResourcesInput {
        cpu: Some(i64::from(resources.cpu_mhz)),
        cores: Some(i64::from(resources.cores)),
        memory_mb: Some(i64::from(resources.memory_mb)),
        memory_max_mb: Some(i64::from(resources.memory_max_mb)),
        disk_mb: Some(0),
        iops: Some(0),
        secrets_mb: Some(0),
        ..ResourcesInput::default()
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
