//! Carries the data of an allocation that ended to the node that runs its successor.
//!
//! Only the node of a successor that is wanted there, of a group that migrates its disk, may have it, and only when
//! nothing of the old allocation runs any more.

use std::time::Duration;

use muster_ids::{NodeId, UnixNanos};
use muster_model::{Alloc, DesiredStatus, NodeStatus};
use muster_rpc::messages::{DiskChunk, DiskFetch, DiskRead};
use muster_rpc::{CallError, CallFailure, Opening, Sender, Subscription};
use muster_state::Snapshot;
use tokio::time::timeout;

use super::check_node;
use crate::shared::Shared;

/// How long the old node may take to begin.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long one piece may take to come, and to go.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) async fn run(shared: &Shared, request: &DiskFetch, opening: Opening<DiskFetch>) {
    let found = admit(&shared.consensus.snapshot(), shared.now(), request);
    let (node, read) = match found {
        Ok(found) => found,
        Err(failure) => return opening.refuse(failure).await,
    };
    let later = |text: &str| CallFailure::unavailable(text);
    let Some(_fetch) = shared.sessions.fetches.begin(request.alloc_id) else {
        return opening.refuse(later("an earlier attempt has not ended yet")).await;
    };
    let (session, _slot) = match shared.sessions.for_disk(node) {
        None => return opening.refuse(later("the node that has the data is not connected")).await,
        Some((_, None)) => return opening.refuse(later("that node sends too much else already")).await,
        Some((session, Some(slot))) => (session, slot),
    };
    let chunks = match session.subscribe(read, TIMEOUT).await {
        Ok(chunks) => chunks,
        Err(CallError::Failed(failure)) => return opening.refuse(failure).await,
        Err(error) => return opening.refuse(later(&error.to_string())).await,
    };
    let Ok(sender) = opening.accept().await else { return };
    // Whoever asked may have gone.
    let _gone = relay(chunks, sender).await;
}

async fn relay(mut chunks: Subscription<DiskChunk>, mut sender: Sender<DiskChunk>) -> Result<(), CallError> {
    let end = loop {
        let chunk = tokio::select! {
            chunk = timeout(PATIENCE, chunks.next()) => chunk,
            () = sender.closed() => return Ok(()),
        };
        match chunk {
            Ok(Some(Ok(chunk))) => in_time(sender.send(&chunk)).await?,
            Ok(None) => return in_time(sender.finish()).await,
            Ok(Some(Err(CallError::Failed(failure)))) => break failure,
            Ok(Some(Err(error))) => break CallFailure::unavailable(error.to_string()),
            Err(_) => break CallFailure::unavailable("the node that has the data sends nothing"),
        }
    };
    in_time(sender.fail(end)).await
}

/// A successor's node that takes nothing holds up nobody.
async fn in_time(sending: impl Future<Output = Result<(), CallError>>) -> Result<(), CallError> {
    timeout(PATIENCE, sending).await.unwrap_or(Err(CallError::Deadline(PATIENCE)))
}

/// Where the data is, if the caller may have it. `Unavailable` when it may soon.
fn admit(
    snapshot: &Snapshot,
    now: UnixNanos,
    request: &DiskFetch,
) -> Result<(NodeId, DiskRead), CallFailure> {
    check_node(snapshot, now, request.node_id, &request.secret)?;
    let successor = snapshot.alloc(request.alloc_id).filter(|alloc| alloc.node_id == request.node_id);
    let successor = successor.ok_or_else(|| {
        CallFailure::denied(format!("allocation `{}` is not this node's", request.alloc_id))
    })?;
    let migrates = Alloc::group_spec(successor).filter(|group| group.ephemeral_disk.migrate);
    let (Some(group), Some(from)) = (migrates, successor.previous) else {
        return Err(CallFailure::denied("nothing is to be taken over by this allocation"));
    };
    if successor.desired != DesiredStatus::Run || successor.client_terminal() {
        return Err(CallFailure::denied("the allocation is not to run any more"));
    }
    let same_job = |old: &&std::sync::Arc<Alloc>| {
        (&old.job.namespace, &old.job.id) == (&successor.job.namespace, &successor.job.id)
    };
    let gone = |text: &str| CallFailure::not_found(text);
    let old = snapshot.alloc(from).filter(same_job).ok_or_else(|| gone("the servers have forgotten it"))?;
    let node = snapshot.node(old.node_id).ok_or_else(|| gone("its node is gone"))?;
    if node.status == NodeStatus::Down {
        return Err(gone("its node is down"));
    }
    if !old.client_terminal() {
        return Err(CallFailure::unavailable("it has not ended yet"));
    }
    let max_bytes = u64::from(group.ephemeral_disk.size_mb) << 20;
    Ok((node.id, DiskRead { alloc_id: from, max_bytes }))
}
