//! Proposes what time alone has decided: superseded and failed evaluations, silent nodes, garbage.

use std::sync::Arc;
use std::time::Duration;

use muster_ids::UnixNanos;
use muster_leader::gc;
use muster_model::{EvalStatus, EvalTrigger, Evaluation, NodeStatus};
use muster_state::Snapshot;
use muster_state::command::{Command, EvalUpdate, NodeStatusUpdate};
use tokio_util::sync::CancellationToken;

use crate::acl;
use crate::brain::Overdue;
use crate::collector;
use crate::shared::Shared;

/// An idle server looks at the clock this often.
const IDLE: Duration = Duration::from_secs(1);
/// How long an evaluation that was handed out too often rests before it is tried again.
const FOLLOW_UP_DELAY: Duration = Duration::from_secs(60);

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

async fn propose(shared: &Shared, overdue: Overdue, now: UnixNanos) {
    if let Some(held) = overdue.expiry.alarm {
        tracing::error!(
            nodes = held,
            "heartbeats: many nodes fell silent together; holding back before declaring them down"
        );
    }
    let commands = commands(shared, &overdue, now);
    if !commands.is_empty()
        && let Err(error) = shared.propose_all(commands).await
    {
        tracing::warn!(%error, "housekeeper: a proposal did not reach the log");
        shared.brain.put_back(overdue, shared.now());
    }
}

fn commands(shared: &Shared, overdue: &Overdue, now: UnixNanos) -> Vec<Command> {
    let snapshot = shared.consensus.snapshot();
    let mut commands = Vec::new();
    let superseded = overdue.superseded.iter().filter(|eval| is_open(&snapshot, eval));
    let mut evals: Vec<Evaluation> = superseded.map(|eval| canceled(eval)).collect();
    let given_up = overdue.failed.iter().filter(|eval| is_open(&snapshot, eval));
    evals.extend(given_up.flat_map(|eval| failed(shared, eval, now)));
    if !evals.is_empty() {
        commands.push(Command::EvalUpdate(EvalUpdate { evals }));
    }
    for node_id in &overdue.expiry.down {
        tracing::warn!(node = %node_id, "heartbeats: node missed its heartbeat");
        commands.push(Command::NodeStatusUpdate(NodeStatusUpdate {
            node_id: *node_id,
            status: NodeStatus::Down,
            description: Some("heartbeat missed".into()),
            seed: shared.ids.seed(),
        }));
    }
    commands
}

/// Whether the state still waits for it: what has ended meanwhile keeps its end.
fn is_open(snapshot: &Snapshot, eval: &Evaluation) -> bool {
    snapshot.eval(eval.id).is_some_and(|stored| !stored.status.is_terminal())
}

fn canceled(eval: &Evaluation) -> Evaluation {
    let reason = format!("evaluation {} made superfluous by a newer one", eval.id);
    Evaluation { status: EvalStatus::Canceled, status_description: Some(reason.into()), ..eval.clone() }
}

/// The failed evaluation and its follow-up after a rest.
fn failed(shared: &Shared, eval: &Evaluation, now: UnixNanos) -> [Evaluation; 2] {
    let next = shared.ids.eval();
    let reason = "maximum number of scheduling attempts reached; a follow-up evaluation will try again";
    let follow_up = Evaluation {
        id: next,
        trigger: EvalTrigger::FailedFollowUp,
        status: EvalStatus::Pending,
        status_description: None,
        wait_until: now.after(FOLLOW_UP_DELAY),
        previous_eval: Some(eval.id),
        create_time: now,
        ..eval.clone()
    };
    let status_description = Some(reason.into());
    [
        Evaluation { status: EvalStatus::Failed, status_description, next_eval: Some(next), ..eval.clone() },
        follow_up,
    ]
}
