//! Tells servers how allocations are doing: at once when idle, else in batches.

use std::time::Duration;

use muster_rpc::Session;
use muster_rpc::messages::AllocUpdate;
use tokio::time::Instant;

use super::{DEADLINE, Link, Lost};

/// Time between the beginnings of two batches, and so the longest a report waits for company.
const PAUSE: Duration = Duration::from_millis(200);
/// Reports in one message.
const BATCH: usize = 256;

pub async fn run(link: &Link, session: &Session) -> Lost {
    let mut next = Instant::now();
    loop {
        link.context.outbox.filled().await;
        tokio::time::sleep_until(next).await;
        next = Instant::now() + PAUSE;
        let batch = link.context.outbox.pending(BATCH);
        let update = AllocUpdate {
            node_id: link.context.node_id,
            secret: link.secret.clone(),
            updates: batch.iter().map(|numbered| numbered.report.clone()).collect(),
        };
        match session.call(update, DEADLINE).await {
            Ok(reply) => {
                // An allocation that servers do not know wants no further reports either.
                for id in &reply.unknown {
                    tracing::debug!(alloc = %id, "servers do not know this allocation");
                }
                link.context.outbox.ack(&batch);
            }
            Err(error) => return Lost::call("status update")(error),
        }
    }
}
