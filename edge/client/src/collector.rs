//! Removes files of ended allocations when there is a reason; `muster_runner::gc` decides which.

use std::sync::Arc;

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
        interval.tick().await;
        round(&context, &fleet).await;
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
        let mut collected = 0_usize;
        for id in chosen {
            match fleet.collect(id).await {
                Ok(()) => collected += 1,
                Err(error) => tracing::debug!(alloc = %id, %error, "not collected"),
            }
        }
        if collected == 0 {
            return;
        }
        tracing::info!(collected, "removed the files of ended allocations");
    }
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
