//! A lease lasts as long as its plan is on the way into the log: two plans for one job, of which neither knows the other, would
//! place the same twice.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use muster_ids::{EvalId, UnixNanos};
use muster_leader::{HeartbeatLimits, Leader, PlanBatch};
use muster_model::{JobType, PlanOutcome};
use muster_scheduler::{Context, Overlay, schedule};
use muster_state::State;
use muster_state::command::{Command, Entry, IdSeed, JobRegister, NodeRegister};

const KINDS: &[JobType] = &[JobType::Batch];
const NOW: UnixNanos = UnixNanos(1_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

/// A leader with one plan of a job on its way, and another evaluation of that job that waits.
fn under_way() -> (Leader, PlanBatch) {
    let (mut state, mut leader) = (State::new(), Leader::new(HeartbeatLimits::default()));
    leader.lead(&state.snapshot(), NOW);
    let node = muster_builders::node(1);
    let register = NodeRegister { node, secret_hash: [7; 32], seed: IdSeed([5; 16]) };
    let mut commands = vec![Command::NodeRegister(Box::new(register))];
    commands.extend([1, 2].map(|number| {
        Command::JobRegister(Box::new(JobRegister {
            job: muster_builders::job("work", JobType::Batch, u32::from(number)),
            eval_id: EvalId::from_bytes([number; 16]),
            enforce_index: None,
            submission: None,
            eval_priority: None,
        }))
    }));
    for command in commands {
        let index = state.snapshot().index().next();
        let applied = state.apply(index, &Entry { time: NOW, commands: vec![command] });
        leader.applied(index, &applied.events, NOW);
    }
    let work = leader.take_work(KINDS, 1, NOW).remove(0);
    let overlay = Overlay::default();
    let context = Context::new(NOW, [3; 16], &overlay);
    let plan = schedule(&work.lease.eval, &state.snapshot(), &context).plan.unwrap();
    leader.submit(work, plan, NOW);
    let batch = leader.next_batch().unwrap();
    (leader, batch)
}

#[test]
fn nobody_else_plans_for_a_job_whose_plan_is_on_its_way_however_long_that_takes() {
    let (mut leader, batch) = under_way();
    let later = NOW.after(HOUR);
    let _overdue = leader.tick(later);
    assert!(leader.take_work(KINDS, 10, later).is_empty());
    leader.failed(&batch, later);
    assert!(!leader.broker.holds(batch.plans[0].0));
}

#[test]
fn whoever_tries_again_has_a_deadline_again() {
    let (mut leader, batch) = under_way();
    let token = batch.plans[0].0;
    let refused = PlanOutcome { refresh_index: Some(muster_ids::Index(3)), ..PlanOutcome::default() };
    leader.committed(batch.id, muster_ids::Index(3), &[(token, Some(refused))], NOW);
    assert!(leader.broker.holds(token));
    let _overdue = leader.tick(NOW.after(HOUR));
    assert!(!leader.broker.holds(token));
}
