//! How the rest of the agent talks to one allocation.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_driver::TaskHandle;
use muster_ids::{TaskName, Text, UnixNanos};
use muster_rpc::messages::{LogKind, TaskStats};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;

use crate::QueryError;
use crate::state::SavedAlloc;

type Reply<T> = oneshot::Sender<Result<T, QueryError>>;

#[derive(Debug)]
pub enum Message {
    /// The servers' newest word on it, already saved.
    Assign(Box<SavedAlloc>),
    /// Stop what still runs, then remove its files.
    Destroy(Farewell),
    /// The agent ends and takes everything with it: as [`Self::Destroy`], within this time.
    Abandon {
        grace: Duration,
    },
    Restart {
        task: Option<TaskName>,
        all: bool,
        reply: Reply<()>,
    },
    Signal {
        task: Option<TaskName>,
        signal: Text,
        reply: Reply<()>,
    },
    Usage {
        task: Option<TaskName>,
        reply: Reply<BTreeMap<TaskName, TaskStats>>,
    },
    /// Whether a task has ended for good.
    IsDead {
        task: TaskName,
        reply: Reply<bool>,
    },
    /// Somebody read a log of an ended task from its beginning to its end.
    LogRead {
        task: TaskName,
        kind: LogKind,
    },
    /// How a running task is found by its driver.
    Handle {
        task: TaskName,
        reply: Reply<TaskHandle>,
    },
    /// No contact with the servers for this long.
    CutOff {
        after: Duration,
    },
    /// The agent ends; tasks go on.
    Leave,
}

/// What stays of an allocation whose files are removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Farewell {
    /// The servers still list it: remember that it ran, so that it never runs again.
    #[default]
    Keep,
    /// As [`Self::Keep`], and nothing that the job said or its tasks did stays on the disk.
    Erase,
    Forget,
}

/// What others may know of it without asking.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Set when every task is dead.
    pub ended_at: Option<UnixNanos>,
    /// No log is left that somebody is to read; meaningful once it has ended.
    pub read: bool,
}

/// A running [`super::AllocLoop`].
#[derive(Debug)]
pub struct AllocHandle {
    inbox: mpsc::Sender<Message>,
    summary: watch::Receiver<Summary>,
    task: AbortHandle,
}

impl AllocHandle {
    pub(super) const fn new(
        inbox: mpsc::Sender<Message>,
        summary: watch::Receiver<Summary>,
        task: AbortHandle,
    ) -> Self {
        Self { inbox, summary, task }
    }

    /// A way to send messages that outlives this handle.
    #[must_use]
    pub fn inbox(&self) -> mpsc::Sender<Message> {
        self.inbox.clone()
    }

    #[must_use]
    pub fn summary(&self) -> Summary {
        *self.summary.borrow()
    }

    /// Notices changes of the summary.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Summary> {
        self.summary.clone()
    }

    /// Ends the loop between two of its awaits, as a killed process ends.
    #[cfg(test)]
    pub fn abort(&self) {
        self.task.abort();
    }

    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.task.is_finished()
    }
}
