//! Work on an allocation's directory as a whole: taking over a predecessor's data, and watching its size.

use std::sync::Arc;

use muster_ids::{AllocId, TaskName, Text};
use muster_model::Alloc;
use muster_runner::AllocEventIn;

use super::{AllocLoop, Flow};
use crate::alloc_dir::blocking;
use crate::context::Context;

/// What such work found out.
#[derive(Debug)]
pub enum DiskNews {
    Inherited { problem: Option<Text> },
    Measured { used_mb: u64 },
}

impl AllocLoop {
    pub(super) fn begin_inheriting(&mut self, from: AllocId) {
        self.disk.spawn(inherit(Arc::clone(&self.context), Arc::clone(&self.alloc), from));
    }

    pub(super) fn begin_measuring(&mut self) {
        let (context, id) = (Arc::clone(&self.context), self.saved.id);
        self.disk.spawn(async move {
            tokio::time::sleep(context.config.disk_interval).await;
            DiskNews::Measured { used_mb: used_mb(&context, id).await }
        });
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
        tracing::warn!(alloc = %alloc.id, %problem, "begins on an empty disk");
    }
    DiskNews::Inherited { problem: problem.map(Text::from) }
}

async fn try_inherit(context: &Context, alloc: &Alloc, from: AllocId) -> Result<(), String> {
    let Some(group) = alloc.group_spec() else { return Ok(()) };
    let Some(mut end) = context.ends.watch(from) else {
        // A sticky disk stays where it is; only `migrate` promises more.
        return if group.ephemeral_disk.migrate {
            Err(format!(
                "data of allocation {from} is on another node, and this version cannot bring it here: starting with an empty disk"
            ))
        } else {
            Ok(())
        };
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
