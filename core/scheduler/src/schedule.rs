//! The one verb.

use std::sync::Arc;

use muster_model::{Alloc, Evaluation};
use muster_state::Snapshot;

use crate::Context;
use crate::draw::Draw;
use crate::emit::{self, Schedule};
use crate::feasible::Demands;
use crate::place::{self, Placed};
use crate::reconcile::{self, Given};

/// What to do about `eval`, as far as `snapshot` shows.
///
/// ```text
///   reconcile -> what ends, what is missing
///   place     -> feasible nodes, ranked, for what is missing
///   emit      -> the plan and the evaluations
/// ```
#[must_use]
pub fn schedule(eval: &Evaluation, snapshot: &Snapshot, ctx: &Context<'_>) -> Schedule {
    let mut draw = Draw::new(ctx.seed);
    let key = eval.job_key();
    // What runs as children only is placed no more than what is stopped.
    let job = snapshot.job(&key).filter(|job| !job.stop && !job.makes_children());
    let allocs: Vec<&Arc<Alloc>> = snapshot.allocs_by_job(&key).collect();
    let mut demands: Vec<Demands<'_>> = job
        .iter()
        .flat_map(|job| job.groups.iter().map(|group| Demands::new(job, group, snapshot, ctx.limits)))
        .collect();

    let mut given = Given { snapshot, now: ctx.now, demands: &mut demands };
    let reconciled = reconcile::reconcile(&key, job, &allocs, &mut given);
    let placed = match job {
        Some(job) => place::place(job, &reconciled, demands, snapshot, ctx, &mut draw),
        None => Placed::default(),
    };
    emit::emit(eval, job.map(Arc::as_ref), reconciled, placed, snapshot, ctx, &mut draw)
}

/// What to store for an evaluation whose plans `apply` refused too often: the evaluation, failed, and a blocked one
/// that tries again when capacity changes.
#[must_use]
pub fn give_up(eval: &Evaluation, snapshot: &Snapshot, ctx: &Context<'_>) -> Vec<Evaluation> {
    emit::conflicted(eval, snapshot, ctx, &mut Draw::new(ctx.seed))
}
