//! Scheduler workers: plain threads that turn leased evaluations into plans.
//!
//! A worker takes several evaluations at once and schedules them against one snapshot, laid over with every plan
//! that snapshot does not show yet, its own included. It never waits for a plan to commit: the outcome comes back to
//! the brain, which finishes the evaluation or hands it out again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use muster_leader::{Token, Work};
use muster_model::{Evaluation, JobType, Plan};
use muster_scheduler::{Context, Overlay, Schedule, give_up, schedule};
use muster_state::Snapshot;
use muster_state::command::{Command, EvalUpdate};
use muster_telemetry::Name;
use muster_telemetry::metrics::names;
use tokio::runtime::Handle;

use crate::shared::Shared;

/// How often in a row an evaluation is scheduled anew because part of its plan was refused.
const MAX_PLAN_ATTEMPTS: u32 = 5;
/// Evaluations scheduled against one snapshot.
const BATCH: usize = 64;

/// Starts a worker on a thread of its own; it ends when the brain is stopped.
pub(crate) fn spawn(
    number: usize,
    shared: Arc<Shared>,
    kinds: Vec<JobType>,
    runtime: Handle,
) -> std::io::Result<JoinHandle<()>> {
    thread::Builder::new().name(format!("scheduler-{number}")).spawn(move || {
        let id = uuid::Uuid::from_bytes(shared.ids.bytes()).to_string();
        let state = shared.workers.add(id, &kinds, shared.now());
        while let Some(work) = shared.brain.lease(&kinds, BATCH, || shared.now()) {
            state.set_busy(true);
            // The leases of a batch that is lost run out, and its evaluations are handed out again or given up.
            if catch_unwind(AssertUnwindSafe(|| run_batch(&shared, work, &runtime))).is_err() {
                tracing::error!(
                    worker = number,
                    "scheduler: a worker panicked; its evaluations will be tried again"
                );
            }
            state.set_busy(false);
        }
    })
}

fn run_batch(shared: &Arc<Shared>, work: Vec<Work>, runtime: &Handle) {
    let (snapshot, unseen) = shared.brain.view(|| shared.consensus.snapshot());
    let mut overlay = overlay(&unseen, &snapshot);
    let mut planless: Vec<(Token, Vec<Evaluation>)> = Vec::new();
    for item in work {
        let context = Context::new(shared.now(), shared.ids.bytes(), &overlay);
        if is_over(&snapshot, &item) {
            planless.push((item.lease.token, Vec::new()));
            continue;
        }
        if item.attempt > MAX_PLAN_ATTEMPTS {
            planless.push((item.lease.token, give_up(&item.lease.eval, &snapshot, &context)));
            continue;
        }
        let begun = Instant::now();
        let mut scheduled = schedule(&item.lease.eval, &snapshot, &context);
        scheduled.took(begun.elapsed());
        let Schedule { plan, evals, .. } = scheduled;
        shared.metrics.time(timer(item.lease.eval.kind), &[], begun);
        match plan {
            Some(plan) => {
                overlay.add(&plan, &snapshot);
                shared.brain.submit(item, plan, shared.now());
            }
            None => planless.push((item.lease.token, evals)),
        }
    }
    if !planless.is_empty() {
        runtime.spawn(store(Arc::clone(shared), planless));
    }
}

const fn timer(kind: JobType) -> Name {
    match kind {
        JobType::Service => names::INVOKE_SERVICE,
        JobType::Batch => names::INVOKE_BATCH,
        JobType::System => names::INVOKE_SYSTEM,
        JobType::Sysbatch => names::INVOKE_SYSBATCH,
    }
}

/// Whether it ended, or was forgotten, while it waited here.
fn is_over(snapshot: &Snapshot, work: &Work) -> bool {
    snapshot.eval(work.lease.eval.id).is_none_or(|eval| eval.status.is_terminal())
}

fn overlay(unseen: &[Arc<Plan>], snapshot: &Snapshot) -> Overlay {
    let mut overlay = Overlay::default();
    for plan in unseen {
        overlay.add(plan, snapshot);
    }
    overlay
}

/// Evaluations that changed nothing but themselves.
async fn store(shared: Arc<Shared>, planless: Vec<(Token, Vec<Evaluation>)>) {
    let tokens: Vec<Token> = planless.iter().map(|(token, _)| *token).collect();
    let evals: Vec<Evaluation> = planless.into_iter().flat_map(|(_, evals)| evals).collect();
    let mut stored = true;
    if !evals.is_empty()
        && let Err(error) = shared.propose_all(vec![Command::EvalUpdate(EvalUpdate { evals })]).await
    {
        tracing::warn!(%error, "scheduler: results did not reach the log");
        stored = false;
    }
    shared.brain.finish(&tokens, stored, shared.now());
}
