//! Turns what a runner asks for into directories, downloads, processes and signals.
//!
//! Each effect runs as a future of its own beside the allocation's loop and ends in an [`Outcome`]; none of them
//! decides what comes next.

mod environment;
mod prepare;
mod process;

use std::io;
use std::sync::Arc;

use muster_ids::TaskName;
use muster_model::{Alloc, Task};
use muster_runner::{TaskEffect, TaskEventIn};

use crate::alloc_dir::Heir;
use crate::context::Context;
use crate::state::SavedHandle;

/// How an effect ended.
#[derive(Debug)]
pub struct Outcome {
    /// Position in the group.
    pub task: usize,
    /// A process that was started.
    pub handle: Option<SavedHandle>,
    /// What the runner is to be told; `None` when it does not wait for an answer.
    pub event: Option<TaskEventIn>,
}

/// One effect on one task, with all it needs.
#[derive(Clone, Debug)]
pub struct TaskWork {
    pub context: Arc<Context>,
    pub alloc: Arc<Alloc>,
    pub task: usize,
    /// The task's process, if it has one.
    pub handle: Option<SavedHandle>,
}

impl TaskWork {
    pub async fn run(self, effect: TaskEffect) -> Outcome {
        match effect {
            TaskEffect::BuildDir => self.build_dir().await,
            TaskEffect::FetchArtifacts { from } => self.fetch_artifacts(from).await,
            TaskEffect::Start { generation } => self.start(generation).await,
            TaskEffect::Watch { generation } => self.watch(generation).await,
            TaskEffect::Recover { generation } => self.recover(generation).await,
            TaskEffect::Stop { signal, timeout } => self.stop(signal, timeout).await,
            TaskEffect::Signal { signal } => self.signal(signal).await,
            // Dealt with by the loop, which owns downloads and handles.
            TaskEffect::CancelPreparation | TaskEffect::Forget { .. } => self.silent(),
        }
    }

    fn spec(&self) -> Option<&Task> {
        self.alloc.group_spec()?.tasks.get(self.task)
    }

    const fn silent(&self) -> Outcome {
        Outcome { task: self.task, handle: None, event: None }
    }

    const fn event(&self, event: TaskEventIn) -> Outcome {
        Outcome { task: self.task, handle: None, event: Some(event) }
    }
}

/// Texts of the job with references resolved as a task sees them.
///
/// # Errors
/// When there is no such task, or its account cannot be found.
pub async fn resolve(
    context: &Arc<Context>,
    alloc: Arc<Alloc>,
    task: &TaskName,
    texts: &[String],
) -> Result<Vec<String>, String> {
    let tasks = alloc.group_spec().map(|group| &group.tasks);
    let position = tasks.and_then(|tasks| tasks.iter().position(|known| known.name == *task));
    let task = position.ok_or("the group has no such task")?;
    let work = TaskWork { context: Arc::clone(context), alloc, task, handle: None };
    let env = work.environment().await?;
    Ok(texts.iter().map(|text| env.interpolate(text)).collect())
}

/// Each task, and whom its own files belong to. Looks up accounts, which may take a while.
///
/// # Errors
/// When an account cannot be found.
pub fn heirs(context: &Arc<Context>, alloc: &Arc<Alloc>) -> io::Result<Vec<Heir>> {
    let tasks = alloc.group_spec().map_or(0, |group| group.tasks.len());
    let work = |task| TaskWork { context: Arc::clone(context), alloc: Arc::clone(alloc), task, handle: None };
    (0..tasks)
        .map(work)
        .filter_map(|work| {
            let task = work.spec()?;
            Some(work.owner(task).map(|owner| (task.name.clone(), owner)))
        })
        .collect()
}

pub use process::forget;
