//! Removes files of ended allocations when there is a reason; `muster_runner::gc` and `cleanup` decide which.

mod cleanup;

use std::sync::Arc;

use futures::{StreamExt, stream};
use muster_ids::AllocId;
use muster_runner::{GcCandidate, GcPressure, collect};
use muster_sys::disk::DiskSpace;

use crate::context::Context;
use crate::fleet::Fleet;

/// Looks at every interval until the agent ends.
pub async fn run(context: Arc<Context>, fleet: Arc<Fleet>) {
    let mut interval =
        tokio::time::interval(context.config.gc_interval.max(std::time::Duration::from_secs(1)));
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let due = cleanup::round(&context, &fleet).await;
        let wait = due.map(|due| due.since(context.now()));
        tokio::select! {
            _ = interval.tick() => round(&context, &fleet).await,
            () = context.cleanup.notified() => {}
            () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
        }
    }
}

/// Collects until no reason is left or nothing can be collected any more.
pub async fn round(context: &Context, fleet: &Fleet) {
    loop {
        let known = fleet.all().await;
        let live = known.iter().filter(|alloc| !alloc.collected && alloc.ended_at.is_none()).count();
        let told = known.iter().filter(|alloc| !alloc.collected && !context.outbox.holds(alloc.saved.id));
        let ended: Vec<GcCandidate> = told
            .filter_map(|alloc| Some(GcCandidate { id: alloc.saved.id, ended_at: alloc.ended_at? }))
            .collect();
        let chosen = collect(live, &ended, pressure(context).await, &context.config.gc, context.now());
        let collected = collect_all(context, fleet, chosen).await;
        if collected == 0 {
            return;
        }
        tracing::info!(collected, "removed the files of ended allocations");
    }
}

/// Collects several at once, as many as the operator allows; says how many are gone.
async fn collect_all(context: &Context, fleet: &Fleet, chosen: Vec<AllocId>) -> usize {
    let at_once = context.config.gc.parallel_destroys.max(1);
    let collect = |id| async move {
        let collected = fleet.collect(id).await;
        collected.inspect_err(|error| tracing::debug!(alloc = %id, %error, "not collected")).is_ok()
    };
    let done: Vec<bool> = stream::iter(chosen).map(collect).buffer_unordered(at_once).collect().await;
    done.into_iter().filter(|collected| *collected).count()
}

async fn pressure(context: &Context) -> GcPressure {
    let path = context.dirs.path().to_owned();
    let space = crate::alloc_dir::blocking(move || muster_sys::disk::space(&path)).await;
    space.map(measure).unwrap_or_default()
}

fn measure(space: DiskSpace) -> GcPressure {
    let percent = |used: u64, free: u64| {
        let total = used.saturating_add(free);
        (total > 0).then(|| used as f64 / total as f64 * 100.0)
    };
    let used_inodes = space.total_inodes.saturating_sub(space.available_inodes);
    GcPressure {
        disk_used_percent: percent(space.used_bytes, space.available_bytes),
        inodes_used_percent: percent(used_inodes, space.available_inodes),
    }
}
