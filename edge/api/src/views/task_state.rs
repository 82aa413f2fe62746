//! Task states and their events, with the contract's type names, details and display messages (`json-types.md` 4.1).

use std::collections::BTreeMap;
use std::time::Duration;

use muster_jobspec::duration::Nanos;
use muster_model::{TaskEvent, TaskEventKind, TaskState};
use serde::{Deserialize, Serialize};

use super::rfc3339_unless_zero;

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskStateView {
    pub state: String,
    pub failed: bool,
    pub restarts: u32,
    pub last_restart: Option<String>,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
    pub events: Vec<TaskEventView>,
}

impl From<&TaskState> for TaskStateView {
    fn from(state: &TaskState) -> Self {
        Self {
            state: state.phase.as_str().to_owned(),
            failed: state.failed,
            restarts: state.restarts,
            last_restart: rfc3339_unless_zero(state.last_restart),
            started_at: rfc3339_unless_zero(state.started_at),
            finished_at: rfc3339_unless_zero(state.finished_at),
            events: state.events.iter().map(Into::into).collect(),
        }
    }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TaskEventView {
    #[serde(rename = "Type")]
    pub kind: String,
    pub time: i64,
    pub message: String,
    pub display_message: String,
    pub details: BTreeMap<String, String>,
    pub fails_task: bool,
    pub restart_reason: String,
    pub setup_error: String,
    pub driver_error: String,
    pub exit_code: i32,
    pub signal: i32,
    pub kill_timeout: u64,
    pub kill_error: String,
    pub kill_reason: String,
    pub start_delay: u64,
    pub download_error: String,
    pub disk_limit: i64,
    pub validation_error: String,
    pub failed_sibling: String,
    pub task_signal: String,
    pub task_signal_reason: String,
    pub driver_message: String,
}

impl TaskEventView {
    fn detail(&mut self, key: &str, value: impl Into<String>) {
        self.details.insert(key.to_owned(), value.into());
    }
}

impl From<&TaskEvent> for TaskEventView {
    fn from(event: &TaskEvent) -> Self {
        let mut view =
            Self { time: event.time.0, kind: type_name(&event.kind).to_owned(), ..Self::default() };
        fill(&mut view, &event.kind);
        view.display_message = display(&event.kind);
        view
    }
}

const fn type_name(kind: &TaskEventKind) -> &'static str {
    match kind {
        TaskEventKind::Received => "Received",
        TaskEventKind::BuildingTaskDir => "Task Setup",
        TaskEventKind::DownloadingArtifacts => "Downloading Artifacts",
        TaskEventKind::ArtifactDownloadFailed { .. } => "Failed Artifact Download",
        TaskEventKind::SetupFailure { .. } => "Setup Failure",
        TaskEventKind::DriverFailure { .. } => "Driver Failure",
        TaskEventKind::FailedValidation { .. } => "Failed Validation",
        TaskEventKind::Started => "Started",
        TaskEventKind::Terminated { .. } => "Terminated",
        TaskEventKind::Restarting { .. } => "Restarting",
        TaskEventKind::NotRestarting { .. } => "Not Restarting",
        TaskEventKind::RestartSignaled { .. } => "Restart Signaled",
        TaskEventKind::Signaling { .. } => "Signaling",
        TaskEventKind::Killing { .. } => "Killing",
        TaskEventKind::Killed { .. } => "Killed",
        TaskEventKind::SiblingFailed { .. } => "Sibling Task Failed",
        TaskEventKind::LeaderDead => "Leader Task Dead",
        TaskEventKind::MainTasksDead => "Main Tasks Dead",
        TaskEventKind::Reconnected => "Reconnected",
        TaskEventKind::WaitingForShutdownDelay { .. } => "Waiting for shutdown delay",
        TaskEventKind::SkippingShutdownDelay { .. } => "Skipping shutdown delay",
        TaskEventKind::DiskExceeded { .. } => "Disk Resources Exceeded",
        TaskEventKind::AllocUnhealthy { .. } => "Alloc Unhealthy",
        TaskEventKind::HookMessage { .. } => "Task hook message",
        TaskEventKind::RestoreFailed { .. } => "Failed Restoring Task",
        TaskEventKind::Driver { .. } => "Driver",
    }
}

/// The flat fields that older clients read, and the details map that newer ones do.
fn fill(view: &mut TaskEventView, kind: &TaskEventKind) {
    match kind {
        TaskEventKind::ArtifactDownloadFailed { error } => {
            view.download_error = error.to_string();
            view.detail("download_error", &**error);
        }
        TaskEventKind::SetupFailure { error } => {
            view.setup_error = error.to_string();
            view.detail("setup_error", &**error);
        }
        TaskEventKind::DriverFailure { error } => {
            view.driver_error = error.to_string();
            view.detail("driver_error", &**error);
        }
        TaskEventKind::FailedValidation { error } => {
            view.validation_error = error.to_string();
            view.detail("validation_error", &**error);
        }
        TaskEventKind::Terminated { exit_code, signal, oom_killed, error } => {
            view.exit_code = *exit_code;
            view.signal = *signal;
            view.detail("exit_code", exit_code.to_string());
            view.detail("signal", signal.to_string());
            view.detail("oom_killed", oom_killed.to_string());
            if let Some(message) = exit_message(*oom_killed, error.as_deref()) {
                view.message = message.to_owned();
                view.detail("exit_message", message);
            }
        }
        TaskEventKind::Restarting { reason, delay } => {
            view.restart_reason = reason.to_string();
            view.start_delay = nanos(*delay);
            view.detail("restart_reason", &**reason);
            view.detail("start_delay", nanos(*delay).to_string());
        }
        TaskEventKind::NotRestarting { reason } => {
            view.restart_reason = reason.to_string();
            view.fails_task = true;
            view.detail("restart_reason", &**reason);
            view.detail("fails_task", "true");
        }
        TaskEventKind::RestartSignaled { reason } => {
            view.restart_reason = reason.to_string();
            view.detail("restart_reason", &**reason);
        }
        TaskEventKind::Signaling { signal } => {
            view.task_signal = signal.to_string();
            view.detail("task_signal", &**signal);
        }
        TaskEventKind::Killing { timeout, reason } => {
            view.kill_timeout = nanos(*timeout);
            view.detail("kill_timeout", Nanos::from(*timeout).to_string());
            if let Some(reason) = reason {
                view.kill_reason = reason.to_string();
                view.detail("kill_reason", &**reason);
            }
        }
        TaskEventKind::Killed { error: Some(error) } => {
            view.kill_error = error.to_string();
            view.detail("kill_error", &**error);
        }
        TaskEventKind::SiblingFailed { task } => {
            view.failed_sibling = task.to_string();
            view.detail("failed_sibling", &**task);
        }
        TaskEventKind::WaitingForShutdownDelay { delay } | TaskEventKind::SkippingShutdownDelay { delay } => {
            view.detail("start_delay", nanos(*delay).to_string());
        }
        TaskEventKind::DiskExceeded { limit_mb, .. } => {
            view.disk_limit = i64::from(*limit_mb) << 20;
            view.message = display(kind);
            view.detail("disk_limit", view.disk_limit.to_string());
            view.detail("message", view.message.clone());
        }
        TaskEventKind::HookMessage { message } | TaskEventKind::AllocUnhealthy { message } => {
            view.message = message.to_string();
            view.detail("message", &**message);
        }
        TaskEventKind::RestoreFailed { error } => view.detail("message", &**error),
        TaskEventKind::Driver { message } => {
            view.driver_message = message.to_string();
            view.detail("driver_message", &**message);
        }
        TaskEventKind::BuildingTaskDir => {
            view.message = "Building Task Directory".to_owned();
            view.detail("message", "Building Task Directory");
        }
        TaskEventKind::Received
        | TaskEventKind::DownloadingArtifacts
        | TaskEventKind::Started
        | TaskEventKind::Killed { error: None }
        | TaskEventKind::LeaderDead
        | TaskEventKind::Reconnected
        | TaskEventKind::MainTasksDead => {}
    }
}

/// One sentence for people.
fn display(kind: &TaskEventKind) -> String {
    match kind {
        TaskEventKind::Received => "Task received by client".to_owned(),
        TaskEventKind::BuildingTaskDir => "Building Task Directory".to_owned(),
        TaskEventKind::DownloadingArtifacts => "Client is downloading artifacts".to_owned(),
        TaskEventKind::ArtifactDownloadFailed { error }
        | TaskEventKind::SetupFailure { error }
        | TaskEventKind::DriverFailure { error }
        | TaskEventKind::FailedValidation { error }
        | TaskEventKind::RestoreFailed { error } => error.to_string(),
        TaskEventKind::Started => "Task started by client".to_owned(),
        TaskEventKind::Terminated { exit_code, signal, oom_killed, error } => {
            let mut text = format!("Exit Code: {exit_code}");
            if *signal != 0 {
                text.push_str(&format!(", Signal: {signal}"));
            }
            if let Some(message) = exit_message(*oom_killed, error.as_deref()) {
                text.push_str(&format!(", Exit Message: \"{message}\""));
            }
            text
        }
        TaskEventKind::Restarting { reason, delay } => {
            let text = format!("Task restarting in {}", Nanos::from(*delay));
            if matches!(&**reason, "" | "Restart within policy") {
                text
            } else {
                format!("{reason} - {text}")
            }
        }
        TaskEventKind::NotRestarting { reason } | TaskEventKind::RestartSignaled { reason } => {
            reason.to_string()
        }
        TaskEventKind::Signaling { signal } => format!("Task being sent signal {signal}"),
        TaskEventKind::Killing { timeout, reason: None } => {
            format!("Sent interrupt. Waiting {} before force killing", Nanos::from(*timeout))
        }
        TaskEventKind::Killing { reason: Some(reason), .. } => reason.to_string(),
        TaskEventKind::Killed { error: None } => "Task successfully killed".to_owned(),
        TaskEventKind::Killed { error: Some(error) } => error.to_string(),
        TaskEventKind::SiblingFailed { task } => format!("Task's sibling \"{task}\" failed"),
        TaskEventKind::LeaderDead => "Leader Task in Group dead".to_owned(),
        TaskEventKind::Reconnected => "Client reconnected".to_owned(),
        TaskEventKind::MainTasksDead => "Main tasks in the group died".to_owned(),
        TaskEventKind::WaitingForShutdownDelay { delay } => {
            format!("Waiting for shutdown_delay of {} before killing the task.", Nanos::from(*delay))
        }
        TaskEventKind::SkippingShutdownDelay { delay } => {
            format!("Skipping shutdown_delay of {} before killing the task.", Nanos::from(*delay))
        }
        TaskEventKind::DiskExceeded { limit_mb, used_mb } => {
            format!(
                "Task's allocation uses {used_mb} MB of disk, more than its ephemeral_disk of {limit_mb} MB"
            )
        }
        TaskEventKind::HookMessage { message }
        | TaskEventKind::AllocUnhealthy { message }
        | TaskEventKind::Driver { message } => message.to_string(),
    }
}

fn exit_message(oom_killed: bool, error: Option<&str>) -> Option<&str> {
    error.or(oom_killed.then_some("OOM Killed"))
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
