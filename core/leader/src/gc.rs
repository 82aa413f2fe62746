//! What is over for long enough to be forgotten: chosen here by age, judged again by `apply`.
//!
//! An allocation of a batch job that still exists is never collected: it is the only record that its work is done,
//! and without it the next evaluation would run it again. It goes together with its job.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_ids::{AllocId, EvalId, NodeId, UnixNanos};
use muster_model::{Alloc, Job, JobKey, JobStatus, NodeStatus};
use muster_state::Snapshot;
use muster_state::command::GarbageCollect;

/// How long things are kept after they are over, and how many go at once.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    pub eval: Duration,
    pub batch_eval: Duration,
    pub job: Duration,
    pub node: Duration,
    /// Objects per command, so that no entry grows without bound.
    pub most: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        const HOUR: Duration = Duration::from_secs(3600);
        Self { eval: HOUR, batch_eval: 24 * HOUR, job: 4 * HOUR, node: 24 * HOUR, most: 4096 }
    }
}

impl Thresholds {
    /// Everything that is over, whatever its age.
    #[must_use]
    pub fn force() -> Self {
        let now = Duration::ZERO;
        Self { eval: now, batch_eval: now, job: now, node: now, ..Self::default() }
    }
}

/// The next batch to forget; `None` when there is nothing.
#[must_use]
pub fn collect(snapshot: &Snapshot, now: UnixNanos, keep: &Thresholds) -> Option<GarbageCollect> {
    let jobs: BTreeSet<JobKey> = jobs(snapshot, now, keep).take(keep.most).collect();
    let allocs: BTreeSet<AllocId> = allocs(snapshot, now, keep, &jobs).take(keep.most).collect();
    let evals: Vec<EvalId> = evals(snapshot, now, keep, &allocs).take(keep.most).collect();
    let nodes: Vec<NodeId> = nodes(snapshot, now, keep, &allocs).take(keep.most).collect();
    let batch = GarbageCollect {
        evals,
        allocs: allocs.into_iter().collect(),
        jobs: jobs.into_iter().collect(),
        nodes,
    };
    let nothing =
        batch.evals.is_empty() && batch.allocs.is_empty() && batch.jobs.is_empty() && batch.nodes.is_empty();
    (!nothing).then_some(batch)
}

fn older(time: UnixNanos, now: UnixNanos, threshold: Duration) -> bool {
    now.since(time) >= threshold
}

/// Jobs that are stopped or ran to their end, with nothing left that runs or waits, and all of it old enough.
fn jobs<'a>(
    snapshot: &'a Snapshot,
    now: UnixNanos,
    keep: &'a Thresholds,
) -> impl Iterator<Item = JobKey> + 'a {
    let over = |job: &Job| job.stop || (job.kind.runs_to_completion() && job.status == JobStatus::Dead);
    snapshot
        .jobs()
        .filter(move |job| over(job) && older(job.submit_time, now, keep.job))
        .map(|job| job.key())
        .filter(move |key| {
            snapshot
                .allocs_by_job(key)
                .all(|alloc| alloc.client_terminal() && older(alloc.modify_time, now, keep.job))
                && snapshot
                    .evals_by_job(key)
                    .all(|eval| eval.status.is_terminal() && older(eval.modify_time, now, keep.job))
        })
}

fn allocs<'a>(
    snapshot: &'a Snapshot,
    now: UnixNanos,
    keep: &'a Thresholds,
    jobs: &'a BTreeSet<JobKey>,
) -> impl Iterator<Item = AllocId> + 'a {
    // Jobs have few versions and many allocations: look each up once.
    let mut current: BTreeMap<JobKey, bool> = BTreeMap::new();
    snapshot
        .allocs()
        .filter(|alloc| alloc.client_terminal())
        .filter(move |alloc| {
            let key = alloc.job.key();
            if jobs.contains(&key) {
                return true;
            }
            let wanted =
                *current.entry(key).or_insert_with_key(|key| snapshot.job(key).is_some_and(|job| !job.stop));
            !(wanted && is_record_of_work(alloc))
                && older(alloc.modify_time, now, alloc_threshold(alloc, keep))
        })
        .map(|alloc| alloc.id)
}

/// Whether the scheduler would miss it: work that is done, or a failure that has not been replaced.
fn is_record_of_work(alloc: &Alloc) -> bool {
    let done = alloc.job.kind.runs_to_completion() && alloc.ran_successfully();
    let unreplaced = !alloc.server_terminal() && alloc.next.is_none();
    done || unreplaced
}

fn alloc_threshold(alloc: &Alloc, keep: &Thresholds) -> Duration {
    if alloc.job.kind.runs_to_completion() { keep.batch_eval } else { keep.eval }
}

/// Terminal evaluations whose allocations are gone or go now.
fn evals<'a>(
    snapshot: &'a Snapshot,
    now: UnixNanos,
    keep: &'a Thresholds,
    allocs: &'a BTreeSet<AllocId>,
) -> impl Iterator<Item = EvalId> + 'a {
    snapshot
        .evals()
        .filter(move |eval| {
            let threshold = if eval.kind.runs_to_completion() { keep.batch_eval } else { keep.eval };
            eval.status.is_terminal()
                && older(eval.modify_time, now, threshold)
                && snapshot.allocs_by_eval(eval.id).all(|alloc| allocs.contains(&alloc.id))
        })
        .map(|eval| eval.id)
}

/// Nodes that are down, with no allocation but those that go now.
fn nodes<'a>(
    snapshot: &'a Snapshot,
    now: UnixNanos,
    keep: &'a Thresholds,
    allocs: &'a BTreeSet<AllocId>,
) -> impl Iterator<Item = NodeId> + 'a {
    snapshot
        .nodes()
        .filter(move |node| {
            node.status == NodeStatus::Down
                && older(node.status_updated_at, now, keep.node)
                && snapshot.allocs_by_node(node.id).all(|alloc| allocs.contains(&alloc.id))
        })
        .map(|node| node.id)
}
