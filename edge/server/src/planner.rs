//! Writes queued plans into the log, many to an entry, and hands the outcomes back.

use std::sync::Arc;
use std::time::Instant;

use muster_leader::{PlanBatch, Token};
use muster_model::{Plan, PlanOutcome};
use muster_state::command::{Command, Reply};
use muster_telemetry::metrics::names;
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;

pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    loop {
        while let Some(batch) = shared.brain.next_batch() {
            tokio::spawn(commit(Arc::clone(&shared), batch));
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = shared.brain.plans_waiting.notified() => {}
        }
    }
}

async fn commit(shared: Arc<Shared>, batch: PlanBatch) {
    let commands =
        batch.plans.iter().map(|(_, plan)| Command::PlanApply(Box::new((**plan).clone()))).collect();
    let begun = Instant::now();
    match shared.propose_all(commands).await {
        Ok(proposed) => {
            shared.metrics.time(names::PLAN_APPLY, &[], begun);
            let outcomes: Vec<(Token, Option<PlanOutcome>)> = batch
                .plans
                .iter()
                .zip(proposed.replies)
                .map(|((token, _), reply)| match reply {
                    Ok(Reply::PlanApplied(outcome)) => (*token, Some(outcome)),
                    Ok(_) | Err(_) => (*token, None),
                })
                .collect();
            for ((_, plan), (_, outcome)) in batch.plans.iter().zip(&outcomes) {
                count_refused(&shared, plan, outcome.as_ref());
            }
            shared.brain.committed(batch.id, proposed.index, &outcomes, shared.now());
        }
        Err(error) => {
            tracing::warn!(%error, plans = batch.plans.len(), "planner: plans did not reach the log");
            shared.brain.failed(&batch, shared.now());
        }
    }
    shared.brain.plans_waiting.notify_one();
}

fn count_refused(shared: &Shared, plan: &Plan, outcome: Option<&PlanOutcome>) {
    for id in outcome.iter().flat_map(|outcome| &outcome.refused) {
        let Some(placement) = plan.placements.iter().find(|placement| placement.id == *id) else { continue };
        let node = placement.node_id.to_string();
        shared.metrics.count(names::PLAN_NODE_REJECTED, &[("node_id", &node)], 1.0);
    }
}
