//! A cluster in one value: the state, a drainer, the scheduler, and nodes that obey.

use std::sync::Arc;
use std::time::Duration;

use muster_builders as build;
use muster_ids::{AllocId, EvalId, Index, NodeId, UnixNanos};
use muster_leader::Drainer;
use muster_model::{
    Alloc, ClientStatus, DelayFunction, DrainDeadline, DrainSpec, EvalStatus, Job, JobKey, JobType, Migrate,
    Node, NodeStatus, ReschedulePolicy, Resources,
};
use muster_scheduler::{Context, Overlay, schedule};
use muster_state::command::{
    AllocClientUpdate, AllocStatusReport, Command, Entry, IdSeed, JobRegister, NodeDrainUpdate, NodeRegister,
    NodeStatusUpdate, Refusal, Reply,
};
use muster_state::{Snapshot, State, invariants};

pub struct World {
    state: State,
    pub drainer: Drainer,
    index: Index,
    pub now: UnixNanos,
    drawn: u64,
}

impl World {
    pub fn new(nodes: u32) -> Self {
        let mut world = Self {
            state: State::new(),
            drainer: Drainer::default(),
            index: Index::ZERO,
            now: UnixNanos(1_000_000_000_000_000_000),
            drawn: 0,
        };
        for number in 1..=nodes {
            world.join(number);
        }
        world
    }

    pub fn join(&mut self, number: u32) {
        let mut node = build::node(number);
        node.id = node_id(number);
        node.status = NodeStatus::Initializing;
        node.capacity.total =
            Resources { cpu_mhz: 100_000, memory_mb: 100_000, disk_mb: 1_000_000, ..Resources::default() };
        let seed = self.seed();
        self.apply(Command::NodeRegister(Box::new(NodeRegister { node, secret_hash: [7; 32], seed })))
            .unwrap();
    }

    pub fn snapshot(&self) -> Snapshot {
        self.state.snapshot()
    }

    pub fn node(&self, number: u32) -> Arc<Node> {
        Arc::clone(self.snapshot().node(node_id(number)).unwrap())
    }

    pub fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    fn bytes(&mut self) -> [u8; 16] {
        self.drawn += 1;
        let mut bytes = [0x5a; 16];
        bytes[..8].copy_from_slice(&self.drawn.to_be_bytes());
        bytes
    }

    pub fn seed(&mut self) -> IdSeed {
        IdSeed(self.bytes())
    }

    /// Applies one command, checks every invariant of the state, and tells the drainer.
    pub fn apply(&mut self, command: Command) -> Result<Reply, Refusal> {
        self.index = self.index.next();
        let entry = Entry { time: self.now, commands: vec![command] };
        let mut applied = self.state.apply(self.index, &entry);
        if let Err(violation) = invariants::check(&self.state.snapshot()) {
            panic!("{violation}");
        }
        applied.events.iter().for_each(|event| self.drainer.take_event(event, self.index));
        applied.replies.remove(0)
    }

    pub fn register(&mut self, job: Job) {
        let eval_id = EvalId::from_random(self.bytes());
        let command =
            JobRegister { job, eval_id, enforce_index: None, submission: None, eval_priority: None };
        self.apply(Command::JobRegister(Box::new(command))).unwrap();
    }

    pub fn drain(&mut self, number: u32, deadline: DrainDeadline, ignore_system_jobs: bool) {
        self.set_drain(number, Some(DrainSpec { deadline, ignore_system_jobs }), false).unwrap();
    }

    pub fn set_drain(
        &mut self,
        number: u32,
        drain: Option<DrainSpec>,
        mark_eligible: bool,
    ) -> Result<Reply, Refusal> {
        let seed = self.seed();
        let (node_id, accessor, meta) = (node_id(number), None, Default::default());
        let update = NodeDrainUpdate { node_id, drain, mark_eligible, accessor, meta, seed };
        self.apply(Command::NodeDrainUpdate(Box::new(update)))
    }

    pub fn status(&mut self, number: u32, status: NodeStatus) {
        let seed = self.seed();
        let update = NodeStatusUpdate { node_id: node_id(number), status, description: None, seed };
        self.apply(Command::NodeStatusUpdate(update)).unwrap();
    }

    /// Nobody listens to a node that is taken for gone.
    pub fn report(&mut self, alloc: &Alloc, status: ClientStatus) {
        let update =
            AllocStatusReport { id: alloc.id, status, description: None, tasks: Vec::new(), health: None };
        let seed = self.seed();
        let command = AllocClientUpdate { node_id: alloc.node_id, updates: vec![update], seed };
        let reply = self.apply(Command::AllocClientUpdate(command));
        assert!(matches!(reply, Ok(_) | Err(Refusal::NodeSilent { .. })), "{reply:?}");
    }

    /// What the drainer wants now.
    pub fn decide(&mut self) -> Vec<Command> {
        let mut drawn = self.drawn;
        let mut draw = || {
            drawn += 1;
            let mut bytes = [0xa5; 16];
            bytes[..8].copy_from_slice(&drawn.to_be_bytes());
            bytes
        };
        let commands = self.drainer.decide(&self.state.snapshot(), self.now, &mut draw);
        self.drawn = drawn;
        commands
    }

    /// Lets the drainer have its way once; whether it wanted anything.
    pub fn obey_drainer(&mut self) -> bool {
        let commands = self.decide();
        let any = !commands.is_empty();
        commands.into_iter().for_each(|command| drop(self.apply(command).unwrap()));
        any
    }

    /// Works off every evaluation that may be worked on.
    pub fn schedule(&mut self) {
        loop {
            let now = self.now;
            let due = self
                .snapshot()
                .evals()
                .find(|eval| eval.status == EvalStatus::Pending && eval.wait_until <= now)
                .cloned();
            let Some(eval) = due else { return };
            let overlay = Overlay::new();
            let ctx = Context::new(self.now, self.bytes(), &overlay);
            let schedule = schedule(&eval, &self.snapshot(), &ctx);
            let command = match schedule.plan {
                Some(plan) => Command::PlanApply(Box::new(plan)),
                None => Command::EvalUpdate(muster_state::command::EvalUpdate { evals: schedule.evals }),
            };
            self.apply(command).unwrap();
        }
    }

    /// Nodes do what they are told, as far as `may` allows: what should stop stops, what should run runs.
    pub fn obey(&mut self, mut may: impl FnMut(&Alloc) -> bool) {
        let snapshot = self.snapshot();
        for alloc in snapshot.allocs().filter(|alloc| !alloc.client_terminal()) {
            let up = snapshot.node(alloc.node_id).is_some_and(|node| node.status == NodeStatus::Ready);
            if !up || !may(alloc) {
                continue;
            }
            if alloc.server_terminal() {
                self.report(alloc, ClientStatus::Complete);
            } else if alloc.client == ClientStatus::Pending {
                self.report(alloc, ClientStatus::Running);
            }
        }
    }

    /// Until nothing happens any more without time passing.
    pub fn settle(&mut self) {
        loop {
            let before = self.index;
            self.schedule();
            self.obey(|_| true);
            self.obey_drainer();
            if self.index == before {
                return;
            }
        }
    }

    /// Allocations on a node that have not ended.
    pub fn on(&self, number: u32) -> Vec<Arc<Alloc>> {
        let snapshot = self.snapshot();
        snapshot.allocs_by_node(node_id(number)).filter(|alloc| !alloc.client_terminal()).cloned().collect()
    }

    /// Allocations of a job that run and are to run on.
    pub fn running(&self, job: &str) -> usize {
        let snapshot = self.snapshot();
        let runs = |alloc: &&Arc<Alloc>| alloc.client == ClientStatus::Running && !alloc.server_terminal();
        snapshot.allocs_by_job(&key(job)).filter(runs).count()
    }
}

pub fn marked(command: &Command) -> Vec<AllocId> {
    match command {
        Command::AllocMigrate(migrate) => migrate.allocs.clone(),
        _ => Vec::new(),
    }
}

pub fn key(job: &str) -> JobKey {
    build::job(job, JobType::Service, 1).key()
}

pub fn node_id(number: u32) -> NodeId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    NodeId::from_random(bytes)
}

/// A service of `count` allocations, of which `max_parallel` may be on the move.
pub fn service(name: &str, count: u32, max_parallel: u32) -> Job {
    let mut job = build::job(name, JobType::Service, count);
    let group = &mut job.groups[0];
    group.migrate = Some(Box::new(Migrate { max_parallel, ..Migrate::default() }));
    group.tasks[0].resources = build::resources(10, 10);
    group.reschedule = Some(ReschedulePolicy {
        attempts: 0,
        interval: Duration::ZERO,
        delay: Duration::from_secs(30),
        delay_function: DelayFunction::Constant,
        max_delay: Duration::ZERO,
        unlimited: true,
    });
    job
}

pub fn other(name: &str, kind: JobType, count: u32) -> Job {
    let mut job = build::job(name, kind, count);
    job.groups[0].tasks[0].resources = build::resources(10, 10);
    job
}
