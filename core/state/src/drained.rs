//! What a drain waits for.

use muster_model::{Alloc, DrainStrategy, JobType, Node, NodeStatus};

/// Whether the drain of `node` is not over because of this allocation on it. One that servers told to end counts until
/// its node says that it did, unless nobody is there to say it.
#[must_use]
pub fn keeps_draining(alloc: &Alloc, node: &Node, strategy: &DrainStrategy) -> bool {
    let ignored = strategy.spec.ignore_system_jobs && alloc.job.kind == JobType::System;
    let unheard = alloc.server_terminal() && node.status != NodeStatus::Ready;
    !alloc.client_terminal() && !ignored && !unheard
}
