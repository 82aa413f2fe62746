//! Writes queued plans into the log, many to an entry, and hands the outcomes back.

use std::sync::Arc;

use muster_leader::{PlanBatch, Token};
use muster_model::PlanOutcome;
use muster_state::command::{Command, Reply};
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
    match shared.consensus.propose(commands).await {
        Ok(proposed) => {
            let outcomes: Vec<(Token, Option<PlanOutcome>)> = batch
                .plans
                .iter()
                .zip(proposed.replies)
                .map(|((token, _), reply)| match reply {
                    Ok(Reply::PlanApplied(outcome)) => (*token, Some(outcome)),
                    Ok(_) | Err(_) => (*token, None),
                })
                .collect();
            shared.brain.committed(batch.id, proposed.index, &outcomes, shared.now());
        }
        Err(error) => {
            tracing::warn!(%error, plans = batch.plans.len(), "planner: plans did not reach the log");
            shared.brain.failed(&batch, shared.now());
        }
    }
    shared.brain.plans_waiting.notify_one();
}
