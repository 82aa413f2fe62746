//! Proposes what the leader's brains decide: superseded and failed evaluations, silent nodes, rollouts, garbage.

use std::sync::Arc;
use std::time::Duration;

use muster_ids::{Index, UnixNanos};
use muster_leader::{Overdue, gc};
use muster_state::Snapshot;
use muster_state::command::{Command, SchedulerConfigUpdate};
use tokio_util::sync::CancellationToken;

use crate::acl;
use crate::collector;
use crate::shared::Shared;

/// An idle server looks at the clock this often.
const IDLE: Duration = Duration::from_secs(1);

/// Runs until stopped, also while a proposal hangs.
pub(crate) async fn run(
    shared: Arc<Shared>,
    gc_interval: Duration,
    thresholds: gc::Thresholds,
    stop: CancellationToken,
) {
    let _stopped = stop.run_until_cancelled(keep_house(&shared, gc_interval, &thresholds)).await;
}

async fn keep_house(shared: &Shared, gc_interval: Duration, thresholds: &gc::Thresholds) {
    let mut next_gc = shared.now().after(gc_interval);
    loop {
        let now = shared.now();
        let overdue = shared.brain.tick(now);
        let pause = overdue.next.map_or(IDLE, |next| next.since(now)).clamp(Duration::from_millis(10), IDLE);
        propose(shared, overdue, now).await;
        if now >= next_gc {
            if shared.is_leader() {
                if let Err(error) = collector::collect(shared, thresholds).await {
                    tracing::warn!(error = %error.message, "garbage collection did not reach the log");
                }
                acl::forget_expired(shared).await;
            }
            next_gc = now.after(gc_interval);
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = shared.brain.overdue.notified() => {}
        }
    }
}

/// A new cluster begins with what its first leader's configuration says; whatever it says later means nothing.
fn initial_scheduler_config(shared: &Shared, snapshot: &Snapshot) -> Option<Command> {
    let missing = shared.is_leader() && snapshot.stored_scheduler_config().is_none();
    missing.then(|| {
        let config = shared.initial_scheduler_config.clone();
        Command::SchedulerConfigUpdate(Box::new(SchedulerConfigUpdate { config, cas: Some(Index::ZERO) }))
    })
}

async fn propose(shared: &Shared, overdue: Overdue, now: UnixNanos) {
    if let Some(held) = overdue.expiry.alarm {
        tracing::error!(
            nodes = held,
            "heartbeats: many nodes fell silent together; holding back before declaring them down"
        );
    }
    for node in &overdue.expiry.down {
        tracing::warn!(%node, "heartbeats: node missed its heartbeat");
    }
    let snapshot = shared.consensus.snapshot();
    let mut draw = || shared.ids.bytes();
    let mut commands = overdue.commands(&snapshot, now, &mut draw);
    commands.extend(shared.brain.decide(&snapshot, now, &mut draw));
    commands.extend(initial_scheduler_config(shared, &snapshot));
    drop(snapshot);
    if !commands.is_empty()
        && let Err(error) = shared.propose_all(commands).await
    {
        tracing::warn!(%error, "housekeeper: a proposal did not reach the log");
        shared.brain.put_back(overdue, shared.now());
    }
}
