//! Work on an allocation's directory as a whole: taking over a predecessor's data, and watching its size.

use std::sync::Arc;

use muster_ids::{AllocId, TaskName, Text};
use muster_model::Alloc;
use muster_runner::AllocEventIn;
use tokio::task::JoinError;

use super::{AllocLoop, Flow};
use crate::alloc_dir::blocking;
use crate::context::Context;
use crate::{effects, migrate};

/// What such work found out.
#[derive(Debug)]
pub enum DiskNews {
    Inherited { problem: Option<Text> },
    Measured { used_mb: u64 },
}

impl AllocLoop {
    pub(super) fn begin_inheriting(&mut self, from: AllocId) {
        let work = self.disk.spawn(inherit(Arc::clone(&self.context), Arc::clone(&self.alloc), from));
        self.inheriting = Some(work.id());
    }

    pub(super) fn begin_measuring(&mut self) {
        let (context, id) = (Arc::clone(&self.context), self.saved.id);
        self.disk.spawn(async move {
            tokio::time::sleep(context.config.disk_interval).await;
            DiskNews::Measured { used_mb: used_mb(&context, id).await }
        });
    }

    /// The allocation must not wait for ever for what will never be said.
    pub(super) async fn disk_work_broke(&mut self, error: &JoinError) -> Flow {
        if error.is_cancelled() {
            return Flow::Go;
        }
        tracing::error!(alloc = %self.saved.id, %error, "work on the disk broke off");
        if self.inheriting == Some(error.id()) {
            let problem = "data of the previous allocation was not taken over whole, for a fault of the agent; its log says more";
            return self.take_disk_news(DiskNews::Inherited { problem: Some(Text::from(problem)) }).await;
        }
        if !self.runner.is_over() {
            self.begin_measuring();
        }
        Flow::Go
    }

    pub(super) async fn take_disk_news(&mut self, news: DiskNews) -> Flow {
        match news {
            DiskNews::Inherited { problem } => self.step(AllocEventIn::Inherited { problem }).await,
            DiskNews::Measured { used_mb } => {
                let allowed = self.alloc.group_spec().map_or(u32::MAX, |group| group.ephemeral_disk.size_mb);
                let flow = if used_mb > u64::from(allowed) {
                    self.step(AllocEventIn::DiskExceeded { used_mb }).await
                } else {
                    Flow::Go
                };
                if !self.runner.is_over() {
                    self.begin_measuring();
                }
                flow
            }
        }
    }
}

async fn used_mb(context: &Context, id: AllocId) -> u64 {
    let dirs = Arc::clone(&context.dirs);
    // Nothing is there before the first task is prepared.
    blocking(move || dirs.used_bytes(id)).await.unwrap_or_default() >> 20
}

async fn inherit(context: Arc<Context>, alloc: Arc<Alloc>, from: AllocId) -> DiskNews {
    let problem = try_inherit(&context, &alloc, from).await.err();
    if let Some(problem) = &problem {
        tracing::warn!(alloc = %alloc.id, %problem, "the disk of the previous allocation was not taken over whole");
    }
    DiskNews::Inherited { problem: problem.map(Text::from) }
}

/// Brings the data here from the node that the predecessor ran on.
async fn fetch(context: &Arc<Context>, alloc: &Arc<Alloc>, from: AllocId) -> Result<(), String> {
    let empty = |error: String| {
        format!("data of allocation {from} could not be brought here: {error}: starting with an empty disk")
    };
    let work = (Arc::clone(context), Arc::clone(alloc));
    let heirs = blocking(move || effects::heirs(&work.0, &work.1)).await;
    let heirs = heirs.map_err(|error| empty(error.to_string()))?;
    match migrate::fetch(context, alloc, heirs).await.map_err(empty)? {
        0 => Ok(()),
        left_out => Err(format!(
            "data of allocation {from} was brought here but for {left_out} entries that no archive holds, such as sockets and links that lead out"
        )),
    }
}

async fn try_inherit(context: &Arc<Context>, alloc: &Arc<Alloc>, from: AllocId) -> Result<(), String> {
    let Some(group) = alloc.group_spec() else { return Ok(()) };
    let Some(mut end) = context.ends.watch(from) else {
        // A sticky disk stays where it is; only `migrate` promises more.
        return if group.ephemeral_disk.migrate { fetch(context, alloc, from).await } else { Ok(()) };
    };
    // Forgotten meanwhile: what is left of it is taken all the same.
    drop(end.wait_for(|summary| summary.ended_at.is_some()).await);
    let tasks: Vec<TaskName> = group.tasks.iter().map(|task| task.name.clone()).collect();
    let (dirs, to) = (Arc::clone(&context.dirs), alloc.id);
    match blocking(move || dirs.inherit(from, to, &tasks)).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            Err(format!("data of allocation {from} was removed already: starting with an empty disk"))
        }
        Err(error) => Err(format!("data of allocation {from} could not be moved here: {error}")),
    }
}
