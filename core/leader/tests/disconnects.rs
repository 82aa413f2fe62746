//! Silent nodes: disconnected or down, and for how long.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use muster_builders as build;
use muster_ids::{AllocId, EvalId, Index, NodeId, UnixNanos};
use muster_leader::{Disconnects, silent_status};
use muster_model::{
    AllocMetric, ClientStatus, DesiredTransition, Disconnect, JobType, NodeStatus, Placement, Plan, Stop,
};
use muster_state::State;
use muster_state::command::{
    AllocClientUpdate, AllocStatusReport, Command, Entry, IdSeed, JobRegister, NodeRegister, NodeStatusUpdate,
};

const SEED: IdSeed = IdSeed([5; 16]);

struct World {
    state: State,
    brain: Disconnects,
    index: Index,
    now: UnixNanos,
    node: NodeId,
}

impl World {
    /// One node, which runs one allocation that is waited for this long.
    fn new(lost_after: Duration) -> Self {
        let node = build::node(1);
        let mut world = Self {
            state: State::new(),
            brain: Disconnects::default(),
            index: Index::ZERO,
            now: UnixNanos(1_000_000_000_000),
            node: node.id,
        };
        world.apply(Command::NodeRegister(Box::new(NodeRegister { node, secret_hash: [7; 32], seed: SEED })));
        let mut job = build::job("web", JobType::Service, 1);
        job.groups[0].disconnect = Some(Box::new(Disconnect { lost_after, ..Disconnect::default() }));
        let eval_id = EvalId::from_random([1; 16]);
        let register =
            JobRegister { job, eval_id, enforce_index: None, submission: None, eval_priority: None };
        world.apply(Command::JobRegister(Box::new(register)));
        let placement = Placement {
            id: AllocId::from_random([2; 16]),
            node_id: world.node,
            group: 0,
            name_index: 0,
            ports: [].into_iter().collect(),
            preempts: Vec::new(),
            previous: None,
            metric: 0,
            allotted: None,
            in_deployment: false,
            canary: false,
            job_version: None,
        };
        world.plan(vec![placement], Vec::new());
        world.report(ClientStatus::Running);
        world
    }

    fn apply(&mut self, command: Command) {
        self.index = self.index.next();
        let entry = Entry { time: self.now, commands: vec![command] };
        let applied = self.state.apply(self.index, &entry);
        applied.events.iter().for_each(|event| self.brain.take_event(event, self.index));
        applied.replies.into_iter().for_each(|reply| drop(reply.unwrap()));
    }

    fn plan(&mut self, placements: Vec<Placement>, stops: Vec<Stop>) {
        let key = build::job("web", JobType::Service, 1).key();
        self.apply(Command::PlanApply(Box::new(Plan {
            eval_id: EvalId::from_random([1; 16]),
            namespace: key.namespace,
            job_id: key.id,
            job_version: 0,
            priority: 50,
            all_at_once: false,
            snapshot_index: self.index,
            stops,
            placements,
            metrics: vec![Arc::new(AllocMetric::default())],
            evals_if_whole: Vec::new(),
            deployment_id: None,
            deployment: None,
            deployment_updates: Vec::new(),
        })));
    }

    fn report(&mut self, status: ClientStatus) {
        let id = AllocId::from_random([2; 16]);
        let updates =
            vec![AllocStatusReport { id, status, description: None, tasks: Vec::new(), health: None }];
        self.apply(Command::AllocClientUpdate(AllocClientUpdate { node_id: self.node, updates, seed: SEED }));
    }

    fn status(&mut self, status: NodeStatus) {
        let update = NodeStatusUpdate { node_id: self.node, status, description: None, seed: SEED };
        self.apply(Command::NodeStatusUpdate(update));
    }

    fn silent(&self) -> NodeStatus {
        silent_status(&self.state.snapshot(), self.node, self.now)
    }

    fn decide(&mut self) -> Vec<Command> {
        self.brain.decide(&self.state.snapshot(), self.now, &mut || [9; 16])
    }

    fn pass(&mut self, seconds: u64) {
        self.now = self.now.after(Duration::from_secs(seconds));
    }
}

#[test]
fn a_node_is_waited_for_as_long_as_anything_on_it_is() {
    let mut world = World::new(Duration::from_secs(60));
    assert_eq!(world.silent(), NodeStatus::Disconnected);
    world.status(NodeStatus::Disconnected);
    assert!(world.decide().is_empty());
    assert_eq!(world.brain.next_deadline(), Some(world.now.after(Duration::from_secs(60))));
    // It is called unknown a little later, which is when its time begins.
    world.pass(2);
    let unknown = Stop {
        id: AllocId::from_random([2; 16]),
        description: "unknown".into(),
        client_status: Some(ClientStatus::Unknown),
        transition: DesiredTransition::default(),
    };
    world.plan(Vec::new(), vec![unknown]);
    world.pass(58);
    assert!(world.decide().is_empty());
    assert_eq!(world.silent(), NodeStatus::Disconnected);
    world.pass(2);
    assert_eq!(world.silent(), NodeStatus::Down);
    let commands = world.decide();
    assert!(matches!(&commands[..], [Command::NodeGiveUp(_)]), "{commands:?}");
    // One that did not reach the log is proposed again; one that did is not.
    assert_eq!(world.decide().len(), 1);
    world.apply(commands[0].clone());
    assert!(world.decide().is_empty() && world.brain.next_deadline().is_none());
}

#[test]
fn a_node_without_such_work_is_down() {
    let mut world = World::new(Duration::ZERO);
    assert_eq!(world.silent(), NodeStatus::Down);
    world = World::new(Duration::from_secs(60));
    world.report(ClientStatus::Complete);
    assert_eq!(world.silent(), NodeStatus::Down, "what has ended is not waited for");
}

#[test]
fn a_node_that_speaks_again_is_not_given_up_and_a_new_leader_knows_who_is_silent() {
    let mut world = World::new(Duration::from_secs(60));
    world.status(NodeStatus::Disconnected);
    world.brain = Disconnects::default();
    let snapshot = world.state.snapshot();
    world.brain.refill(&snapshot);
    world.pass(61);
    assert_eq!(world.decide().len(), 1);
    world.status(NodeStatus::Ready);
    assert!(world.decide().is_empty());
}
