//! Garbage collection, batch after batch, until nothing is left to collect.

use muster_leader::gc;
use muster_state::command::{Command, Reply};

use crate::http::error::ApiError;
use crate::shared::Shared;

/// Removes what is over and old enough. Ends when a batch removed nothing: `apply` may know better than the batch.
pub(crate) async fn collect(shared: &Shared, thresholds: &gc::Thresholds) -> Result<(), ApiError> {
    loop {
        let snapshot = shared.consensus.snapshot();
        let Some(batch) = gc::collect(&snapshot, shared.now(), thresholds) else { return Ok(()) };
        drop(snapshot);
        let (_, reply) = shared.propose(Command::GarbageCollect(batch)).await?;
        match reply {
            Reply::Collected { evals, allocs, jobs, nodes } if evals + allocs + jobs + nodes > 0 => {}
            _ => return Ok(()),
        }
    }
}
