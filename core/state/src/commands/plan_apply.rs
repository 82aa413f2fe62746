//! What the scheduler proposes becomes real, as far as it still fits.
//!
//! Judge first, then commit: nothing is written until every placement has its verdict, so that `all_at_once` can
//! refuse the whole. A plan whose evaluation is over is stale and changes nothing; one whose job version was stopped,
//! purged or replaced by another job of its name still stops, but places nothing. One made for a deployment that was
//! decided upon since is stale as a whole.

mod commit;
mod deployments;
mod judge;

use std::sync::Arc;

use muster_ids::Index;
use muster_model::{Job, JobKey, Plan, PlanOutcome};

use crate::change::Change;
use crate::command::{Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(tables: &mut Tables, cx: &mut Change, plan: &Plan) -> Result<Reply, Refusal> {
    let key = JobKey { namespace: plan.namespace.clone(), id: plan.job_id.clone() };
    let eval_slot = tables.evals.ids.get(&plan.eval_id).copied().ok_or(Refusal::EvalNotFound)?;
    let eval = &tables.evals.rows.get(eval_slot).ok_or(Refusal::EvalNotFound)?.eval;
    if eval.status.is_terminal() || eval.job_key() != key {
        return Ok(Reply::PlanApplied(nothing(plan, cx.index)));
    }
    if deployments::is_stale(tables, plan, &key) {
        return Ok(Reply::PlanApplied(nothing(plan, cx.index)));
    }
    let (verdicts, crowded) = match placeable(tables, plan, &key) {
        Some(job) => judge::judge(tables, cx.index, plan, job),
        None => (vec![judge::Verdict::Refused; plan.placements.len()], Vec::new()),
    };
    if plan.all_at_once && verdicts.contains(&judge::Verdict::Refused) {
        return Ok(Reply::PlanApplied(PlanOutcome { crowded, ..nothing(plan, cx.index) }));
    }
    deployments::begin(tables, cx, plan);
    commit::stops(tables, cx, plan, &key);
    let outcome = commit::placements(tables, cx, plan, &key, eval_slot, &verdicts);
    deployments::update(tables, cx, plan);
    if outcome.refused.is_empty() {
        for eval in &plan.evals_if_whole {
            tables.store_eval(cx, eval.clone());
        }
    }
    Ok(Reply::PlanApplied(PlanOutcome { crowded, ..outcome }))
}

fn nothing(plan: &Plan, index: Index) -> PlanOutcome {
    let refused = plan.placements.iter().map(|placement| placement.id).collect();
    PlanOutcome { refused, refresh_index: Some(index), ..PlanOutcome::default() }
}

/// The version to instantiate. One stored after the plan's snapshot cannot be the one that the plan was made for.
fn placeable<'a>(tables: &'a Tables, plan: &Plan, key: &JobKey) -> Option<&'a Arc<Job>> {
    let row = tables.jobs.get(key)?;
    let stopped = row.current().is_none_or(|current| current.stop);
    let job = &row.version(plan.job_version)?.job;
    (!stopped && !job.stop && job.job_modify_index <= plan.snapshot_index).then_some(job)
}
