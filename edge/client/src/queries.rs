//! Questions about allocations and the machine, asked by servers (`session/requests.rs`) or by this agent's own HTTP
//! API. Authorisation has happened before.

mod host;

use std::io::Write;
use std::sync::Arc;

use cap_std::fs::Dir;
use muster_artifact::archive::ArchiveError;
use muster_driver::{DriverError, ExecRequest, ExecSession};
use muster_ids::{AllocId, TaskName};
use muster_rpc::messages::{
    AllocGc, AllocRestart, AllocSignal, AllocStats, AllocStatsReply, DiskRead, FsEntry, FsList, FsListReply,
    FsRead, FsStat, HostStatsReply, LogKind, NodeMeta, NodeMetaApply, TaskExec, TaskLogs,
};
use muster_sys::pty::TtySize;
use muster_telemetry::Logs;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::alloc_dir::AllocDirs;
use crate::alloc_loop::Message;
use crate::context::Context;
use crate::fleet::{Fleet, Known};
use crate::fs::{self, FileReader, Part};
use crate::logs::{LogReader, ReadMark};
use crate::{QueryError, collector, effects, usage};

/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queries {
    context: Arc<Context>,
    fleet: Arc<Fleet>,
    host: Arc<host::HostSampler>,
    /// Commands that may still be run beside tasks.
    commands: Arc<Semaphore>,
}

/// Commands beside tasks at once; each holds a handful of descriptors.
const MAX_COMMANDS: usize = 64;

/// See [`Queries::packing`].
#[derive(Debug)]
pub struct Packing {
    dirs: Arc<AllocDirs>,
    id: AllocId,
    tasks: Vec<TaskName>,
    max_bytes: u64,
    /// While somebody has it, nothing is collected.
    pub hold: Arc<()>,
}

impl Packing {
    /// Writes it as a tar archive; says how many entries cannot be carried.
    ///
    /// # Errors
    /// When it cannot be read or written, or is more than was asked for.
    pub fn run(self, out: impl Write) -> Result<u64, ArchiveError> {
        self.dirs.pack(self.id, &self.tasks, out, self.max_bytes)
    }
}

impl Queries {
    pub(crate) fn new(context: Arc<Context>, fleet: Arc<Fleet>) -> Self {
        let commands = Arc::new(Semaphore::new(MAX_COMMANDS));
        Self { context, fleet, host: Arc::default(), commands }
    }

    /// Every allocation that the servers list for this node.
    pub async fn allocs(&self) -> Vec<Known> {
        self.fleet.all().await
    }

    /// # Errors
    /// When the allocation is not on this node.
    pub async fn alloc(&self, id: AllocId) -> Result<Known, QueryError> {
        self.fleet.known(id).await
    }

    /// # Errors
    /// When there is nothing to restart.
    pub async fn restart(&self, request: AllocRestart) -> Result<(), QueryError> {
        let AllocRestart { alloc_id, task, all_tasks } = request;
        self.ask(alloc_id, |reply| Message::Restart { task, all: all_tasks, reply }).await
    }

    /// # Errors
    /// When there is nothing to signal, or the signal does not exist.
    pub async fn signal(&self, request: AllocSignal) -> Result<(), QueryError> {
        let AllocSignal { alloc_id, task, signal } = request;
        self.ask(alloc_id, |reply| Message::Signal { task, signal, reply }).await
    }

    /// Runs a command beside a task. The place is given back when it is dropped, the command ends with its session.
    ///
    /// # Errors
    /// When this node does not allow it, the task does not run, or the command cannot be run.
    pub async fn exec(&self, request: TaskExec) -> Result<(ExecSession, OwnedSemaphorePermit), QueryError> {
        let TaskExec { alloc_id, task, command, resolve, tty } = request;
        if self.context.config.disable_remote_exec {
            return Err(QueryError::ExecDisabled);
        }
        let place = Arc::clone(&self.commands).try_acquire_owned();
        let place = place.map_err(|_| QueryError::TooManyCommands(MAX_COMMANDS))?;
        let handle = self.ask(alloc_id, |reply| Message::Handle { task: task.clone(), reply }).await?;
        let driver = self.context.config.drivers.get(&handle.driver);
        let driver = driver.ok_or_else(|| QueryError::Failed(format!("no driver `{}`", handle.driver)))?;
        let command = if resolve { self.resolve(alloc_id, &task, &command).await? } else { command };
        let command = ExecRequest { command, tty: tty.then(TtySize::default) };
        match driver.exec(handle, command).await {
            Ok(session) => Ok((session, place)),
            Err(DriverError::NotRunning) => Err(QueryError::TaskNotRunning(task.to_string())),
            Err(error) => Err(QueryError::of_command(&error)),
        }
    }

    /// The texts with references resolved as the task sees them.
    async fn resolve(
        &self,
        id: AllocId,
        task: &TaskName,
        texts: &[String],
    ) -> Result<Vec<String>, QueryError> {
        let alloc = Arc::new(self.fleet.known(id).await?.saved.to_row(self.context.node_id));
        effects::resolve(&self.context, alloc, task, texts).await.map_err(QueryError::Failed)
    }

    /// # Errors
    /// When the allocation or task is not on this node.
    pub async fn stats(&self, request: AllocStats) -> Result<AllocStatsReply, QueryError> {
        let AllocStats { alloc_id, task } = request;
        let tasks = self.ask(alloc_id, |reply| Message::Usage { task, reply }).await?;
        Ok(AllocStatsReply { time: self.context.now(), tasks })
    }

    /// # Errors
    /// When the allocation is not on this node or has not ended.
    pub async fn collect(&self, request: AllocGc) -> Result<(), QueryError> {
        self.fleet.collect(request.alloc_id).await
    }

    /// Collects every allocation that has ended.
    pub async fn collect_all(&self) {
        for known in self.fleet.all().await {
            if known.ended_at.is_some()
                && let Err(error) = self.fleet.collect(known.saved.id).await
            {
                tracing::debug!(alloc = %known.saved.id, %error, "not collected");
            }
        }
        collector::round(&self.context, &self.fleet).await;
    }

    /// The log of this process.
    #[must_use]
    pub fn logs_of_agent(&self) -> &Logs {
        &self.context.config.logs
    }

    /// The operator's facts about this node.
    pub async fn metadata(&self) -> NodeMeta {
        self.context.metadata().await
    }

    /// # Errors
    /// When a change is refused or cannot be saved.
    pub async fn apply_metadata(&self, request: NodeMetaApply) -> Result<NodeMeta, QueryError> {
        self.context.apply_metadata(request.changes).await
    }

    /// # Errors
    /// When the machine cannot be measured.
    pub async fn host_stats(&self) -> Result<HostStatsReply, QueryError> {
        let core_mhz = usage::core_mhz(&self.context.config);
        let measured = self.host.sample(self.context.dirs.path().into(), core_mhz).await;
        measured.map_err(|error| QueryError::Failed(error.to_string()))
    }

    /// # Errors
    /// When the path is no directory of the allocation or may not be seen.
    pub async fn list(&self, request: FsList) -> Result<FsListReply, QueryError> {
        let entries = self.in_alloc(request.alloc_id, move |alloc| fs::list(alloc, &request.path)).await?;
        Ok(FsListReply { entries })
    }

    /// # Errors
    /// When the path is not in the allocation or may not be seen.
    pub async fn stat(&self, request: FsStat) -> Result<FsEntry, QueryError> {
        self.in_alloc(request.alloc_id, move |alloc| fs::stat(alloc, &request.path)).await
    }

    /// # Errors
    /// When the path is no file of the allocation or may not be seen.
    pub async fn read(&self, request: FsRead) -> Result<FileReader, QueryError> {
        let FsRead { alloc_id, path, origin, offset, limit, follow } = request;
        let part = Part { origin, offset, limit, follow };
        self.in_alloc(alloc_id, move |alloc| FileReader::open(alloc, &path, part)).await
    }

    /// # Errors
    /// When the allocation has no such task, or the task no logs yet.
    pub async fn logs(&self, request: TaskLogs) -> Result<LogReader, QueryError> {
        let TaskLogs { alloc_id, task, kind, origin, offset, follow } = request;
        self.check_task(alloc_id, &task).await?;
        let name = task.to_string();
        let mark = self.mark(alloc_id, task.clone(), kind).await;
        let found = self.in_alloc(alloc_id, move |alloc| {
            LogReader::open(alloc, &task, kind, origin, offset, follow)
                .map_err(|error| QueryError::Failed(error.to_string()))
        });
        match found.await {
            Ok(Some(reader)) => Ok(match mark {
                Some(mark) => reader.marking(mark, origin, offset),
                None => reader,
            }),
            Ok(None) | Err(QueryError::UnknownAlloc(_)) => Err(QueryError::NoLogs(name)),
            Err(error) => Err(error),
        }
    }

    /// Everything that an ended allocation leaves to its successor, ready to be packed.
    ///
    /// # Errors
    /// When the allocation is not on this node, still runs, or its files are gone.
    pub async fn packing(&self, request: DiskRead) -> Result<Packing, QueryError> {
        let DiskRead { alloc_id, max_bytes } = request;
        let (saved, hold) = self.fleet.hold(alloc_id).await?;
        let group = saved.job.groups.get(usize::from(saved.group));
        let tasks = group.into_iter().flat_map(|group| &group.tasks).map(|task| task.name.clone());
        let dirs = Arc::clone(&self.context.dirs);
        Ok(Packing { dirs, id: alloc_id, tasks: tasks.collect(), max_bytes, hold })
    }

    /// Whether the files of an allocation are still here.
    pub async fn is_there(&self, id: AllocId) -> bool {
        self.fleet.known(id).await.is_ok_and(|known| !known.collected)
    }

    /// Whether a task will write nothing any more, because it has ended for good or is not known here any longer.
    pub async fn is_silent(&self, id: AllocId, task: &TaskName) -> bool {
        let task = task.clone();
        self.ask(id, |reply| Message::IsDead { task, reply }).await.unwrap_or(true)
    }

    /// The same of every task of an allocation.
    pub async fn is_over(&self, id: AllocId) -> bool {
        self.fleet.known(id).await.map_or(true, |known| known.collected || known.ended_at.is_some())
    }

    /// Whom to tell that a log was read; nobody, unless its group is to be cleaned up.
    async fn mark(&self, id: AllocId, task: TaskName, kind: LogKind) -> Option<ReadMark> {
        let wanted = self.fleet.known(id).await.is_ok_and(|known| known.cleans_up());
        let (summary, inbox) = (self.fleet.summary(id).await.ok()?, self.fleet.inbox(id).await.ok()?);
        wanted.then(|| ReadMark::new(summary, &inbox, task, kind))
    }

    async fn check_task(&self, id: AllocId, task: &TaskName) -> Result<(), QueryError> {
        let known = self.fleet.known(id).await?;
        if known.saved.is_husk() {
            return Err(QueryError::UnknownAlloc(id));
        }
        let group = known.saved.job.groups.get(usize::from(known.saved.group));
        let exists = group.is_some_and(|group| group.task(task.as_str()).is_some());
        exists.then_some(()).ok_or_else(|| QueryError::UnknownTask(task.to_string()))
    }

    /// Sends a message to one allocation and waits for its answer.
    async fn ask<T>(
        &self,
        id: AllocId,
        message: impl FnOnce(oneshot::Sender<Result<T, QueryError>>) -> Message,
    ) -> Result<T, QueryError> {
        let inbox = self.fleet.inbox(id).await?;
        let (reply, answer) = oneshot::channel();
        inbox.send(message(reply)).await.map_err(|_| QueryError::UnknownAlloc(id))?;
        answer.await.map_err(|_| QueryError::Closing)?
    }

    /// Works with one allocation's directory, off the async threads.
    async fn in_alloc<T: Send + 'static>(
        &self,
        id: AllocId,
        work: impl FnOnce(&Dir) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, QueryError> {
        self.fleet.known(id).await?;
        let dirs = Arc::clone(&self.context.dirs);
        let done = tokio::task::spawn_blocking(move || {
            let alloc = dirs.alloc(id).map_err(|_| QueryError::UnknownAlloc(id))?;
            work(&alloc)
        });
        done.await.map_err(|error| QueryError::Failed(error.to_string()))?
    }
}
