//! A paused broker hands out nothing and takes in nothing; going on, it takes everything open from the state.

use std::collections::BTreeMap;

use muster_ids::{EvalId, Index, UnixNanos};
use muster_leader::{HeartbeatLimits, Leader};
use muster_model::{DrainDeadline, DrainSpec, JobType, SchedulerConfig};
use muster_state::State;
use muster_state::command::{
    Command, Entry, IdSeed, JobRegister, NodeDrainUpdate, NodeRegister, SchedulerConfigUpdate,
};

const KINDS: &[JobType] = &[JobType::Service];
const NOW: UnixNanos = UnixNanos(1_000_000_000);

struct World {
    state: State,
    leader: Leader,
}

impl World {
    fn new() -> Self {
        let (state, mut leader) = (State::new(), Leader::new(HeartbeatLimits::default()));
        leader.lead(&state.snapshot(), NOW);
        Self { state, leader }
    }

    fn apply(&mut self, command: Command) {
        let index = self.state.snapshot().index().next();
        let applied = self.state.apply(index, &Entry { time: NOW, commands: vec![command] });
        assert!(applied.replies.iter().all(Result::is_ok));
        self.leader.applied(index, &applied.events, NOW);
    }

    fn register(&mut self, name: &str, number: u8) {
        self.apply(Command::JobRegister(Box::new(JobRegister {
            job: muster_builders::job(name, JobType::Service, 1),
            eval_id: EvalId::from_bytes([number; 16]),
            enforce_index: None,
            submission: None,
            eval_priority: None,
        })));
    }

    fn pause(&mut self, paused: bool) {
        let config = SchedulerConfig { pause_eval_broker: paused, ..SchedulerConfig::default() };
        self.apply(Command::SchedulerConfigUpdate(Box::new(SchedulerConfigUpdate { config, cas: None })));
    }

    fn decide(&mut self) {
        let commands = self.leader.decide(&self.state.snapshot(), NOW, &mut || [7; 16]);
        assert!(commands.is_empty());
    }

    fn jobs(&mut self) -> Vec<String> {
        let work = self.leader.take_work(KINDS, 10, NOW);
        work.iter().map(|work| work.lease.eval.job_id.to_string()).collect()
    }
}

#[test]
fn nothing_comes_out_while_it_is_paused_and_everything_afterwards() {
    let mut world = World::new();
    world.register("held", 1);
    let held = world.leader.take_work(KINDS, 1, NOW).remove(0);
    world.register("waits", 2);
    world.pause(true);
    assert!(world.leader.is_paused() && !world.leader.broker.holds(held.lease.token));
    world.register("late", 3);
    world.decide();
    assert!(world.jobs().is_empty());
    world.pause(false);
    assert!(world.jobs().is_empty(), "what is open is in the state, which nobody has shown yet");
    world.decide();
    assert_eq!(world.jobs(), ["held", "waits", "late"]);
}

#[test]
fn a_state_from_before_the_pause_does_not_end_it() {
    let mut world = World::new();
    let before = world.state.snapshot();
    world.register("waits", 1);
    world.pause(true);
    let _none = world.leader.decide(&before, NOW, &mut || [7; 16]);
    assert!(world.leader.is_paused());
}

#[test]
fn a_new_leader_finds_the_broker_paused() {
    let mut world = World::new();
    world.pause(true);
    world.register("waits", 1);
    world.leader.flush();
    world.leader.lead(&world.state.snapshot(), NOW);
    assert!(world.jobs().is_empty());
    world.pause(false);
    world.decide();
    assert_eq!(world.jobs(), ["waits"]);
    assert!(world.state.snapshot().index() > Index::ZERO);
}

#[test]
fn what_came_between_the_state_that_is_shown_and_the_end_of_the_pause_is_not_lost() {
    let mut world = World::new();
    world.pause(true);
    world.register("waits", 1);
    world.pause(false);
    let seen = world.state.snapshot();
    world.register("late", 2);
    let _none = world.leader.decide(&seen, NOW, &mut || [7; 16]);
    world.decide();
    assert_eq!(world.jobs(), ["waits", "late"]);
}

#[test]
fn a_new_leader_goes_on_with_drains_while_the_broker_is_paused() {
    let mut world = World::new();
    let node = muster_builders::node(1);
    let (node_id, seed) = (node.id, IdSeed([5; 16]));
    world.apply(Command::NodeRegister(Box::new(NodeRegister { node, secret_hash: [7; 32], seed })));
    world.pause(true);
    world.apply(Command::NodeDrainUpdate(Box::new(NodeDrainUpdate {
        node_id,
        drain: Some(DrainSpec { deadline: DrainDeadline::Never, ignore_system_jobs: false }),
        mark_eligible: false,
        accessor: None,
        meta: BTreeMap::new(),
        seed,
    })));
    world.leader.flush();
    world.leader.lead(&world.state.snapshot(), NOW);
    assert_eq!(world.leader.drainer.draining(), 1);
    let commands = world.leader.decide(&world.state.snapshot(), NOW, &mut || [7; 16]);
    assert!(matches!(commands.as_slice(), [Command::NodeDrainFinish(_)]), "{commands:?}");
}
