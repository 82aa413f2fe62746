//! Why the client agent cannot start or answer.

use std::io;
use std::path::PathBuf;

/// The agent cannot run as configured.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("cannot {action} `{path}`: {source}", path = path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("client state `{path}` is in use by another process; stop it or choose another `data_dir`", path = path.display())]
    StateInUse { path: PathBuf },
    #[error("client state `{path}` cannot be used: {problem}; remove it to start as a new node", path = path.display())]
    State { path: PathBuf, problem: String },
    #[error("client state could not be written: {0}")]
    StateWrite(String),
    #[error("node name `{text}` or another fact cannot be registered: {problem}")]
    Fact { text: String, problem: String },
    #[error("artifact trust store cannot be built: {0}")]
    Trust(muster_artifact::TrustError),
    #[error("the system's random number generator failed")]
    Random,
    #[error("no server to connect to: set `servers` in the `client` block")]
    NoServers,
    #[error(
        "host_volume `{name}`: `{path}` cannot be used: {problem}; make the directory or correct the path"
    )]
    HostVolume { name: String, path: String, problem: String },
    #[error("client is shutting down")]
    Closing,
}

impl ClientError {
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

/// A question about an allocation cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    #[error("unknown allocation `{0}` on this node")]
    UnknownAlloc(muster_ids::AllocId),
    #[error("unknown task name \"{0}\"")]
    UnknownTask(String),
    #[error("allocation `{0}` has not ended yet")]
    StillRuns(muster_ids::AllocId),
    #[error("Task not running")]
    NotRunning,
    #[error("task \"{0}\" is not running.")]
    TaskNotRunning(String),
    /// The operator of this node allows nobody to run commands beside tasks.
    #[error("Permission denied")]
    ExecDisabled,
    #[error("this node runs its limit of {0} commands beside tasks: end some, or try again later")]
    TooManyCommands(usize),
    #[error("task \"{0}\" not started yet. No logs available")]
    NoLogs(String),
    #[error("`{path}`: {problem}")]
    Path { path: String, problem: String },
    #[error("Reading secret file prohibited: {0}")]
    Secret(String),
    #[error("Reading private file prohibited: {0}")]
    Private(String),
    #[error("Path escapes the alloc directory")]
    Escapes,
    #[error("file \"{0}\" is a directory")]
    Directory(String),
    #[error("No such allocation on client, or allocation not eligible for GC")]
    NotCollectable,
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Failed(String),
    #[error("client is shutting down")]
    Closing,
}

impl QueryError {
    /// What a driver says about a command beside a task.
    pub(crate) fn of_command(error: &muster_driver::DriverError) -> Self {
        use muster_driver::DriverError;
        match error {
            DriverError::Command(problem) => Self::Invalid(problem.clone()),
            DriverError::NotRunning => Self::Failed("the task has ended, and the command with it".to_owned()),
            other => Self::Failed(other.to_string()),
        }
    }
}
