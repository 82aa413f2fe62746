//! What an allocation's life cycle is told and what it asks for.

use std::time::Duration;

use muster_ids::{AllocId, Text};
use muster_model::{AllocHealth, ClientStatus, TaskState};

use super::plan::AllocPlan;
use crate::task::{TaskEffect, TaskEventIn};

#[derive(Clone, Debug, PartialEq)]
pub enum AllocEventIn {
    /// Run it.
    Begin,
    /// It may not run here: it fails before anything of it runs.
    Refuse { error: Text },
    /// Something happened to the task at this position of the group.
    Task { task: usize, event: TaskEventIn },
    /// Servers want it gone, or the agent ends in development mode.
    Stop { reason: Option<Text>, skip_delay: bool },
    /// A user wants tasks started anew. What is not running is left alone, see [`RestartScope`].
    Restart { scope: RestartScope, reason: Text },
    /// A user sends a signal to one running task, or to all.
    Signal { task: Option<usize>, signal: Text },
    /// The answer to [`AllocEffect::Inherit`]. What went wrong is told to users; the allocation runs all the same, on an
    /// empty disk.
    Inherited { problem: Option<Text> },
    /// Its directory was measured and holds more than it may.
    DiskExceeded { used_mb: u64 },
    /// The servers, which did not know how it is doing, are there again.
    Reconnected,
    /// There has been no contact with the servers for this long, which is longer than its group bears.
    CutOff { after: Duration },
    /// A newer job version changed settings without replacing the allocation.
    Replan(Box<AllocPlan>),
    /// Nobody needs it any more: stop what still runs, then remove its files.
    Destroy,
    /// As [`Self::Destroy`], but nobody has time: every task is stopped at once and has this long to end, whatever its
    /// job says.
    Abandon { grace: Duration },
    /// Time passed; act if a deadline is reached.
    Tick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartScope {
    One(usize),
    /// Every task that runs.
    Running,
    /// Every task but poststop ones, whether it runs or has ended, in the order of a first start.
    All,
}

#[derive(Clone, Debug, PartialEq)]
pub enum AllocEffect {
    Task {
        task: usize,
        effect: TaskEffect,
    },
    /// Wait until this allocation has ended, then move its data into this one's directory. Answer: `Inherited`.
    Inherit {
        from: AllocId,
    },
    /// Tell the servers.
    Report(AllocReport),
    /// Remove its directory and everything known of it. The last effect.
    Remove,
}

/// What the node says of an allocation.
#[derive(Clone, Debug, PartialEq)]
pub struct AllocReport {
    pub status: ClientStatus,
    pub description: Text,
    /// Parallel to the group's tasks.
    pub tasks: Vec<TaskState>,
    /// Once it is known and somebody waits to hear it.
    pub health: Option<AllocHealth>,
}
