//! What the leader makes of rollouts when what it hears runs ahead of the state that it is shown.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use muster_builders as build;
use muster_ids::{EvalId, UnixNanos};
use muster_leader::Deployments;
use muster_model::{JobType, UpdateStrategy};
use muster_scheduler::{Context, Overlay, schedule};
use muster_state::State;
use muster_state::command::{Command, Entry, IdSeed, JobRegister, NodeRegister};

const NOW: UnixNanos = UnixNanos(1_000_000_000_000);

fn apply(state: &mut State, brain: &mut Deployments, command: Command) {
    let index = state.snapshot().index().next();
    let applied = state.apply(index, &Entry { time: NOW, commands: vec![command] });
    assert!(applied.replies.iter().all(Result::is_ok), "{:?}", applied.replies);
    applied.events.iter().for_each(|event| brain.take_event(event, index));
}

#[test]
fn a_rollout_that_the_state_does_not_show_yet_is_not_forgotten() {
    let (mut state, mut brain) = (State::new(), Deployments::default());
    let node = NodeRegister { node: build::node(1), secret_hash: [7; 32], seed: IdSeed([5; 16]) };
    apply(&mut state, &mut brain, Command::NodeRegister(Box::new(node)));
    let mut job = build::job("web", JobType::Service, 1);
    for group in job.groups.iter_mut() {
        group.update = Some(Box::new(UpdateStrategy::default()));
    }
    let eval_id = EvalId::from_random([1; 16]);
    let job = JobRegister { job, eval_id, enforce_index: None, submission: None, eval_priority: None };
    apply(&mut state, &mut brain, Command::JobRegister(Box::new(job)));

    let before = state.snapshot();
    let (eval, overlay) = (before.eval(eval_id).unwrap(), Overlay::new());
    let plan = schedule(eval, &before, &Context::new(NOW, [3; 16], &overlay)).plan.unwrap();
    apply(&mut state, &mut brain, Command::PlanApply(Box::new(plan)));
    assert_eq!(state.snapshot().active_deployments().count(), 1);

    let mut draw = || [9; 16];
    assert_eq!(brain.decide(&before, NOW, &mut draw), []);
    assert_eq!(brain.next_deadline(), None, "nothing of it is in that state");
    assert_eq!(brain.decide(&state.snapshot(), NOW, &mut draw), []);
    let deadline = NOW.after(Duration::from_secs(600));
    assert_eq!(brain.next_deadline(), Some(deadline));
    let failed = brain.decide(&state.snapshot(), deadline, &mut draw);
    assert!(matches!(failed.as_slice(), [Command::DeploymentFail(_)]), "{failed:?}");
}
