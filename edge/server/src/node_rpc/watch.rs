//! Pushes a node its allocations: the whole set first, then what servers changed.
//!
//! A node acts on what it is pushed and removes what a full push does not list, so no push may come from a state older
//! than one that the node has seen, or go to anyone but the node.

mod sent;

use std::time::Duration;

use muster_ids::Index;
use muster_rpc::messages::AllocWatch;
use muster_rpc::{CallFailure, Opening};
use muster_state::WatchKey;
use tokio::sync::watch;
use tokio::time::Instant;

use super::check_node;
use crate::shared::Shared;
use sent::Sent;

/// A stream without changes looks at the state this often all the same.
const RECHECK: Duration = Duration::from_secs(300);
/// How long a server that is behind may take to catch up with what the node has seen.
const CATCH_UP: Duration = Duration::from_secs(5);

pub(super) async fn run(shared: &Shared, request: &AllocWatch, opening: Opening<AllocWatch>) {
    let node = request.node_id;
    let applied = shared.consensus.watch_applied();
    let admitted = match caught_up(applied, request.since).await {
        Ok(()) => check_node(&shared.consensus.snapshot(), shared.now(), node, &request.secret),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = admitted {
        return opening.refuse(failure).await;
    }
    let Ok(mut sender) = opening.accept().await else { return };
    let keys = [WatchKey::NodeAllocs(node)];
    let mut sent = Sent::default();
    loop {
        let snapshot = shared.consensus.snapshot();
        // The node may be forgotten by now, and another one have taken its id.
        if let Err(failure) = check_node(&snapshot, shared.now(), node, &request.secret) {
            let _gone = sender.fail(failure).await;
            return;
        }
        let seen = snapshot.watch_index(&WatchKey::NodeAllocs(node));
        let push = sent.next(&snapshot, node);
        drop(snapshot);
        if let Some(push) = push
            && let Err(error) = sender.send(&push).await
        {
            tracing::info!(%node, %error, "rpc: allocations could not be pushed");
            return;
        }
        let deadline = Instant::now() + RECHECK;
        tokio::select! {
            _changed = shared.watches.changed(&keys, seen, deadline, || shared.consensus.snapshot()) => {}
            () = sender.closed() => return,
        }
    }
}

/// Waits until the state is at least as new as what the node has seen.
async fn caught_up(mut applied: watch::Receiver<Index>, since: Index) -> Result<(), CallFailure> {
    let reached = tokio::time::timeout(CATCH_UP, applied.wait_for(|index| *index >= since)).await;
    if matches!(reached, Ok(Ok(_))) {
        return Ok(());
    }
    drop(reached);
    let index = *applied.borrow();
    Err(CallFailure::unavailable(format!(
        "this server's state is at index {index}, older than index {since}, which the node has already seen; ask another server, or this one once it has caught up"
    )))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_stays_behind_says_so_after_a_while() {
        let (applied, watched) = watch::channel(Index(3));
        assert!(caught_up(watched.clone(), Index(3)).await.is_ok());
        let begin = Instant::now();
        let failure = caught_up(watched.clone(), Index(4)).await.unwrap_err();
        assert_eq!((failure.code, begin.elapsed()), (muster_rpc::FailureCode::Unavailable, CATCH_UP));
        assert!(failure.message.contains("index 3, older than index 4"), "{}", failure.message);
        let waits = tokio::spawn(caught_up(watched, Index(4)));
        tokio::task::yield_now().await;
        applied.send_replace(Index(5));
        assert!(waits.await.unwrap().is_ok());
        assert_eq!(begin.elapsed(), CATCH_UP);
    }
}
