//! Forgetting a node: it goes down, its allocations are lost, and once they are, both are removed.
//!
//! A node whose agent still runs registers anew; purging is for those that will not come back.

use std::sync::Arc;
use std::time::Duration;

use muster_api::views::NodeUpdateResponse;
use muster_ids::{EvalId, NodeId};
use muster_model::{Alloc, ClientStatus, JobStatus, NodeStatus};
use muster_state::command::{Command, GarbageCollect, NodeStatusUpdate, Reply};
use muster_state::{Snapshot, WatchKey};
use tokio::time::Instant;

use crate::http::blocking::index_header;
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::scoped::Scoped;

/// How long the scheduler may take to give up a node's allocations.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn purge(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let id: NodeId = write.param(0).parse().map_err(|error| malformed_id("node", &error))?;
    let evals = bring_down(write, id).await?;
    let shared = write.shared;
    let newest = || shared.consensus.snapshot();
    let over = |snapshot: &Snapshot| snapshot.allocs_by_node(id).all(|alloc| alloc.client_terminal());
    let _given_up =
        shared.watches.until(&[WatchKey::NodeAllocs(id)], Instant::now() + PATIENCE, newest, over).await;
    let allocs = removable(&newest(), id)?;
    let command = GarbageCollect { allocs, nodes: vec![id], ..GarbageCollect::default() };
    let (index, reply) = shared.propose(Command::GarbageCollect(command)).await?;
    if !matches!(reply, Reply::Collected { nodes: 1, .. }) {
        return Err(ApiError::internal(format!(
            "node {id} changed meanwhile and is still there; purge it again"
        )));
    }
    let response = NodeUpdateResponse {
        eval_create_index: if evals.is_empty() { 0 } else { index.0 },
        eval_ids: evals.iter().map(ToString::to_string).collect(),
        node_modify_index: index.0,
        index: index.0,
        ..NodeUpdateResponse::default()
    };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

/// Marks the node down, as if its heartbeats had ended; the evaluations of what ran there.
async fn bring_down(write: &Write<'_>, id: NodeId) -> Result<Vec<EvalId>, ApiError> {
    let snapshot = write.shared.consensus.snapshot();
    let node = Scoped::new(&snapshot, write.grant).node(id).map(Arc::clone);
    let node = node.ok_or_else(|| ApiError::internal("node not found"))?;
    if node.status == NodeStatus::Down {
        return Ok(Vec::new());
    }
    drop(snapshot);
    let update = NodeStatusUpdate {
        node_id: id,
        status: NodeStatus::Down,
        description: Some("purged by an operator".into()),
        seed: write.shared.ids.seed(),
    };
    match write.shared.propose(Command::NodeStatusUpdate(update)).await? {
        (_, Reply::NodeUpdated { evals }) => Ok(evals),
        _ => Ok(Vec::new()),
    }
}

/// The node's allocations, every one of which must be over and not be needed any more.
fn removable(snapshot: &Snapshot, id: NodeId) -> Result<Vec<muster_ids::AllocId>, ApiError> {
    let check = |alloc: &Arc<Alloc>| {
        if alloc.client == ClientStatus::Unknown {
            return Err(ApiError::internal(format!(
                "node {id} is down now, but allocation {} on it is waited for, as its `disconnect` block says; stop it, then purge the node again",
                alloc.id
            )));
        }
        if !alloc.client_terminal() {
            return Err(ApiError::internal(format!(
                "node {id} is down now, but allocation {} on it is not given up yet; purge it again in a moment",
                alloc.id
            )));
        }
        // What a batch job has done already is known by its allocations alone.
        let job = snapshot.job(&alloc.job.key()).filter(|job| job.create_index == alloc.job.create_index);
        match job.filter(|job| job.kind.runs_to_completion() && !job.stop && job.status != JobStatus::Dead) {
            None => Ok(alloc.id),
            Some(job) => Err(ApiError::internal(format!(
                "node {id} is down now, but its allocations tell what job \"{}\" has done; purge it when that job is over",
                job.id
            ))),
        }
    };
    snapshot.allocs_by_node(id).map(check).collect()
}
