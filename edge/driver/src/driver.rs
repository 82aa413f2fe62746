//! The driver interface and its plain data.
//!
//! ```text
//!   start(spec) -> handle (kept on disk) --wait--> ExitResult
//!        agent restarts:  recover(handle) --wait--> ExitResult
//!   destroy(handle) once nobody will ask again
//! ```

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use muster_ids::{AllocId, DriverName, TaskName, Text};
use muster_model::{LogConfig, TaskAllotment, TaskResources, Value};
use muster_sys::procfs::ProcessUsage;
use serde::{Deserialize, Serialize};

use crate::exec::{ExecRequest, ExecSession};

/// A boxed future, so that drivers can be held as trait objects.
pub type DriverFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Everything a driver needs to start one task. All text is interpolated; all paths are absolute.
#[derive(Clone, Debug)]
pub struct TaskSpec {
    pub alloc_id: AllocId,
    pub task: TaskName,
    /// Counts starts of this task in this allocation, from 0; makes names of per-start files unique.
    pub generation: u32,
    pub config: BTreeMap<String, Value>,
    /// The complete environment; a driver adds nothing of the agent's own.
    pub env: BTreeMap<String, String>,
    /// Account to run as; `None` means the agent's own.
    pub user: Option<Text>,
    /// The task's directory, its working directory.
    pub task_dir: PathBuf,
    /// Where stdout and stderr files go; the task can read but not replace it.
    pub log_dir: PathBuf,
    /// Where the agent keeps per-task control files (sockets, exit status); outside every task directory.
    pub control_dir: PathBuf,
    pub logs: LogConfig,
    pub resources: TaskResources,
    /// Cores and devices that are the task's own.
    pub allotted: Option<TaskAllotment>,
}

/// What it takes to find a running task again after the agent restarted. Kept in the client's state store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskHandle {
    pub driver: DriverName,
    /// Version of the driver's encoding of `state`.
    pub version: u32,
    pub state: Vec<u8>,
}

/// How a task ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitResult {
    pub exit_code: i32,
    /// The signal that ended it; 0 when it exited by itself.
    pub signal: i32,
    pub oom_killed: bool,
    /// Set when the driver lost sight of the task and cannot know.
    pub error: Option<String>,
}

impl ExitResult {
    #[must_use]
    pub const fn successful(&self) -> bool {
        self.exit_code == 0 && self.signal == 0 && self.error.is_none()
    }
}

#[derive(Clone, Debug)]
pub struct StopRequest {
    /// Signal name such as `SIGINT`; `None` leaves it to the driver.
    pub signal: Option<Text>,
    /// Time until SIGKILL.
    pub timeout: Duration,
}

#[derive(Clone, Debug, Default)]
pub struct DriverFingerprint {
    pub detected: bool,
    pub healthy: bool,
    pub description: String,
    /// Node attributes such as `driver.raw_exec`.
    pub attributes: BTreeMap<String, String>,
}

/// What a task uses. Times count from its start; what a driver cannot tell apart stays `None`.
#[derive(Clone, Debug, Default)]
pub struct TaskUsage {
    pub cpu_time: Duration,
    /// The part of it spent outside the kernel.
    pub user_time: Option<Duration>,
    pub system_time: Option<Duration>,
    pub memory_rss_bytes: u64,
    pub memory_swap_bytes: Option<u64>,
    pub processes: u32,
    /// One by one, where the driver sees the task's processes.
    pub list: Vec<ProcessUsage>,
}

/// One thing wrong in a task's `config`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("config.{key}: {problem}")]
pub struct ConfigError {
    pub key: String,
    pub problem: String,
}

#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    #[error("invalid task configuration: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Config(Vec<ConfigError>),
    /// The task cannot be started now; a restart may help when `recoverable`.
    #[error("{message}")]
    Start { message: String, recoverable: bool },
    #[error("task is not running")]
    NotRunning,
    /// The command that was to be run beside the task is at fault.
    #[error("{0}")]
    Command(String),
    #[error("task handle is not one of driver `{driver}` version {version}")]
    ForeignHandle { driver: DriverName, version: u32 },
    #[error("{0}")]
    Other(String),
}

/// How a kind of workload is run. Implementations must survive being dropped: tasks outlive the agent.
pub trait TaskDriver: Send + Sync + 'static {
    fn name(&self) -> DriverName;

    /// Checks a task's `config` without side effects; every problem at once.
    ///
    /// # Errors
    /// One entry per key that is missing, unknown or of the wrong type.
    fn validate(&self, config: &BTreeMap<String, Value>) -> Result<(), Vec<ConfigError>>;

    fn fingerprint(&self) -> DriverFuture<'_, DriverFingerprint>;

    /// Starts the task and returns as soon as it runs.
    fn start(&self, spec: TaskSpec) -> DriverFuture<'_, Result<TaskHandle, DriverError>>;

    /// Takes up a task that an earlier agent process started. Fails only when it cannot even learn how it ended.
    fn recover(&self, handle: TaskHandle) -> DriverFuture<'_, Result<(), DriverError>>;

    /// Resolves when the task ended; may be called several times and answers the same.
    fn wait(&self, handle: TaskHandle) -> DriverFuture<'_, ExitResult>;

    /// Signals, waits up to the timeout, kills. Resolves when the task and all its processes are gone.
    fn stop(&self, handle: TaskHandle, request: StopRequest) -> DriverFuture<'_, Result<(), DriverError>>;

    fn signal(&self, handle: TaskHandle, signal: Text) -> DriverFuture<'_, Result<(), DriverError>>;

    fn usage(&self, handle: TaskHandle) -> DriverFuture<'_, Result<TaskUsage, DriverError>>;

    /// Runs a command beside a running task, as the task would, and returns as soon as it runs. It ends with the
    /// session, and with the task. A driver that cannot do so keeps this refusal.
    fn exec(
        &self,
        _handle: TaskHandle,
        _request: ExecRequest,
    ) -> DriverFuture<'_, Result<ExecSession, DriverError>> {
        let refusal = format!("driver `{}` cannot run commands beside a task", self.name());
        Box::pin(async { Err(DriverError::Command(refusal)) })
    }

    /// Forgets an ended task and removes its control files.
    fn destroy(&self, handle: TaskHandle) -> DriverFuture<'_, Result<(), DriverError>>;
}
