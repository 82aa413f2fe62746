//! What a task's life cycle is told and what it asks for.

use std::time::Duration;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

/// Something that happened to a task, or that somebody wants of it.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskEventIn {
    /// Its turn has come.
    Begin,
    DirReady,
    DirFailed {
        error: Text,
        kind: FailureKind,
    },
    ArtifactsReady,
    /// `fetched` counts the artifacts that are in place, from the first; they are not fetched again.
    ArtifactsFailed {
        fetched: usize,
        error: Text,
    },
    /// The process of this generation runs and its handle is known.
    Started {
        generation: u32,
    },
    StartFailed {
        generation: u32,
        error: Text,
        kind: FailureKind,
    },
    /// The specification cannot be run on this node, now or later.
    Invalid {
        error: Text,
    },
    Exited {
        generation: u32,
        exit: Exit,
    },
    /// The driver could not stop the task; it may still run.
    StopFailed {
        error: Text,
    },
    Recovered {
        generation: u32,
    },
    RecoverFailed {
        generation: u32,
        error: Text,
    },
    Kill(KillRequest),
    Restart {
        reason: Text,
    },
    Signal {
        signal: Text,
    },
    /// Begin anew in the order of the group, whether it runs or has ended: wait for the turn again.
    Requeue {
        reason: Text,
    },
    /// Time passed; act if a deadline is reached.
    Tick,
}

/// Whether a failed step may succeed when tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    Recoverable,
    Fatal,
}

/// How a process ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    pub exit_code: i32,
    pub signal: i32,
    pub oom_killed: bool,
    /// Set when nobody knows.
    pub error: Option<Text>,
}

impl Exit {
    #[must_use]
    pub const fn successful(&self) -> bool {
        self.exit_code == 0 && self.signal == 0 && self.error.is_none()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KillRequest {
    pub reason: Option<Text>,
    /// Do not wait for the task's shutdown delay.
    pub skip_delay: bool,
}

/// What the edge must do for a task. Each is answered by an event, except where noted.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskEffect {
    /// Answer: `DirReady` or `DirFailed`.
    BuildDir,
    /// Fetch artifacts from the given position on. Answer: `ArtifactsReady` or `ArtifactsFailed`.
    FetchArtifacts { from: usize },
    /// Abandon a running `BuildDir` or `FetchArtifacts`; nothing is answered.
    CancelPreparation,
    /// Answer: `Started`, `StartFailed` or `Invalid`. Asked again after an agent crash with the same generation, so
    /// a driver must find the process of that generation instead of starting a second one.
    Start { generation: u32 },
    /// Report the end of a running process. Answer: `Exited`.
    Watch { generation: u32 },
    /// Find a process that an earlier agent started. Answer: `Recovered` or `RecoverFailed`.
    Recover { generation: u32 },
    /// Ends in `Exited` from the watch, or `StopFailed`.
    Stop { signal: Option<Text>, timeout: Duration },
    /// Not answered.
    Signal { signal: Text },
    /// The process of this generation ended and nobody will ask about it again. Not answered.
    Forget { generation: u32 },
}
