//! Keeps the promise of groups with a `cleanup` block: once due, nothing of their allocations stays here.

use muster_ids::UnixNanos;
use muster_model::Cleanup;
use muster_runner::{CleanupDue, CleanupState, due};

use crate::context::Context;
use crate::fleet::{Fleet, Known};

/// Erases what is due; says when the next one will be.
pub async fn round(context: &Context, fleet: &Fleet) -> Option<UnixNanos> {
    let mut next: Option<UnixNanos> = None;
    for known in fleet.all().await {
        let Some((cleanup, state)) = candidate(context, &known) else { continue };
        match due(&cleanup, state, context.now()) {
            CleanupDue::Now => {
                if let Err(error) = fleet.collect(known.saved.id).await {
                    tracing::debug!(alloc = %known.saved.id, %error, "not cleaned up");
                }
            }
            CleanupDue::At(at) => next = Some(next.map_or(at, |earlier| earlier.min(at))),
            CleanupDue::WhenTold => {}
        }
    }
    next
}

fn candidate(context: &Context, known: &Known) -> Option<(Cleanup, CleanupState)> {
    let cleanup = known.saved.job.groups.get(usize::from(known.saved.group))?.cleanup?;
    let ended_at = known.ended_at.filter(|_| !known.collected)?;
    let told = !context.outbox.holds(known.saved.id);
    Some((cleanup, CleanupState { ended_at, told, read: known.read }))
}
