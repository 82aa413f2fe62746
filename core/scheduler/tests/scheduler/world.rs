//! A small cluster: a real state, a clock, and the part of a leader that hands evaluations to the scheduler.

use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, DeploymentId, EvalId, Index, JobId, Namespace, NodeId, NodePool, UnixNanos};
use muster_model::{
    Alloc, AllocHealth, ClientStatus, DelayFunction, DeploymentFailure, DesiredTransition, Eligibility,
    EvalStatus, Evaluation, Group, Job, JobKey, JobType, NamespaceDetails, Node, NodePoolDetails, NodeStatus,
    Plan, PoolSchedulerConfig, ReschedulePolicy, Resources, SchedulerConfig, TaskPhase, TaskState,
    computed_class,
};
use muster_scheduler::{Context, Overlay, Schedule, schedule};
use muster_state::command::{
    AllocClientUpdate, AllocStatusReport, AllocStop, Command, DeploymentFail, DeploymentPause,
    DeploymentPromote, Entry, EvalUpdate, IdSeed, JobDeregister, JobRegister, NamespaceUpsert,
    NodeEligibilityUpdate, NodePoolUpsert, NodeRegister, NodeStatusUpdate, Refusal, Reply,
    SchedulerConfigUpdate,
};
use muster_state::{Snapshot, State, invariants};

pub struct World {
    state: State,
    index: Index,
    pub now: UnixNanos,
    pub memory_oversubscription: bool,
    drawn: u64,
}

impl World {
    pub fn new() -> Self {
        let now = UnixNanos(1_000_000_000_000_000_000);
        Self { state: State::new(), index: Index::ZERO, now, memory_oversubscription: false, drawn: 0 }
    }

    pub fn snapshot(&self) -> Snapshot {
        self.state.snapshot()
    }

    pub fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    pub fn seed(&mut self) -> [u8; 16] {
        self.drawn += 1;
        let mut seed = [0x5a; 16];
        seed[..8].copy_from_slice(&self.drawn.to_be_bytes());
        seed
    }

    /// Applies one command and checks every invariant of the state.
    pub fn apply(&mut self, command: Command) -> Result<Reply, Refusal> {
        self.index = self.index.next();
        let entry = Entry { time: self.now, commands: vec![command] };
        let mut applied = self.state.apply(self.index, &entry);
        if let Err(violation) = invariants::check(&self.state.snapshot()) {
            panic!("{violation}");
        }
        applied.replies.remove(0)
    }

    pub fn register_node(&mut self, node: Node) {
        let seed = IdSeed(self.seed());
        let command = NodeRegister { secret_hash: [7; 32], node, seed };
        self.apply(Command::NodeRegister(Box::new(command))).unwrap();
    }

    pub fn node_status(&mut self, node_id: NodeId, status: NodeStatus) {
        let seed = IdSeed(self.seed());
        let command = NodeStatusUpdate { node_id, status, description: None, seed };
        self.apply(Command::NodeStatusUpdate(command)).unwrap();
    }

    pub fn node_eligibility(&mut self, node_id: NodeId, eligibility: Eligibility) {
        let seed = IdSeed(self.seed());
        let command = NodeEligibilityUpdate { node_id, eligibility, seed };
        self.apply(Command::NodeEligibilityUpdate(command)).unwrap();
    }

    pub fn configure(&mut self, config: SchedulerConfig) {
        let command = SchedulerConfigUpdate { config, cas: None };
        self.apply(Command::SchedulerConfigUpdate(Box::new(command))).unwrap();
    }

    pub fn register_namespace(&mut self, details: NamespaceDetails) {
        let command = NamespaceUpsert { namespaces: vec![details], seed: IdSeed(self.seed()) };
        self.apply(Command::NamespaceUpsert(command)).unwrap();
    }

    /// Of a configuration, only the algorithm is a pool's own.
    pub fn configure_pool(&mut self, name: &str, config: &SchedulerConfig) {
        let own = PoolSchedulerConfig { algorithm: Some(config.algorithm), ..PoolSchedulerConfig::default() };
        let details =
            NodePoolDetails { scheduler: Some(own), ..NodePoolDetails::bare(NodePool::new(name).unwrap()) };
        self.apply(Command::NodePoolUpsert(Box::new(NodePoolUpsert { details }))).unwrap();
    }

    pub fn register_job(&mut self, job: Job) {
        let eval_id = EvalId::from_random(self.seed());
        let command =
            JobRegister { job, eval_id, enforce_index: None, submission: None, eval_priority: None };
        self.apply(Command::JobRegister(Box::new(command))).unwrap();
    }

    pub fn try_register_job(&mut self, job: Job) -> Result<(), Refusal> {
        let eval_id = EvalId::from_random(self.seed());
        let command =
            JobRegister { job, eval_id, enforce_index: None, submission: None, eval_priority: None };
        self.apply(Command::JobRegister(Box::new(command))).map(drop)
    }

    pub fn purge_job(&mut self, key: JobKey) {
        let eval_id = EvalId::from_random(self.seed());
        let command =
            JobDeregister { key, purge: true, eval_id, eval_priority: None, no_shutdown_delay: false };
        self.apply(Command::JobDeregister(command)).unwrap();
    }

    pub fn stop_job(&mut self, key: JobKey) {
        let eval_id = EvalId::from_random(self.seed());
        let command =
            JobDeregister { key, purge: false, eval_id, eval_priority: None, no_shutdown_delay: false };
        self.apply(Command::JobDeregister(command)).unwrap();
    }

    pub fn stop_alloc(&mut self, id: AllocId) {
        let eval_id = EvalId::from_random(self.seed());
        let transition = DesiredTransition { migrate: true, ..DesiredTransition::default() };
        self.apply(Command::AllocStop(AllocStop { id, transition, eval_id })).unwrap();
    }

    /// Nobody listens to a node that is taken for gone.
    pub fn report(&mut self, alloc: &Alloc, status: ClientStatus) {
        let task = TaskState {
            phase: if status.is_terminal() { TaskPhase::Dead } else { TaskPhase::Running },
            failed: status == ClientStatus::Failed,
            started_at: self.now,
            finished_at: if status.is_terminal() { self.now } else { UnixNanos::ZERO },
            ..TaskState::default()
        };
        let update =
            AllocStatusReport { id: alloc.id, status, description: None, tasks: vec![task], health: None };
        let seed = IdSeed(self.seed());
        let command = AllocClientUpdate { node_id: alloc.node_id, updates: vec![update], seed };
        let reply = self.apply(Command::AllocClientUpdate(command));
        assert!(matches!(reply, Ok(_) | Err(Refusal::NodeSilent { .. })), "{reply:?}");
    }

    /// The node says how the allocation is, and whether that is healthy.
    pub fn verdict(&mut self, alloc: &Alloc, status: ClientStatus, healthy: bool) {
        self.report(alloc, status);
        let tasks = self.snapshot().alloc(alloc.id).unwrap().tasks.to_vec();
        let health = AllocHealth { healthy, time: self.now, deployment: alloc.deployment_id() };
        let update =
            AllocStatusReport { id: alloc.id, status, description: None, tasks, health: Some(health) };
        let seed = IdSeed(self.seed());
        let command = AllocClientUpdate { node_id: alloc.node_id, updates: vec![update], seed };
        self.apply(Command::AllocClientUpdate(command)).unwrap();
    }

    fn newest_deployment(&self, key: &JobKey) -> DeploymentId {
        self.snapshot().latest_deployment(key).unwrap().id
    }

    pub fn promote(&mut self, key: &JobKey) {
        let (id, eval_id) = (self.newest_deployment(key), EvalId::from_random(self.seed()));
        self.apply(Command::DeploymentPromote(DeploymentPromote { id, groups: None, eval_id })).unwrap();
    }

    pub fn pause(&mut self, key: &JobKey, pause: bool) {
        let (id, eval_id) = (self.newest_deployment(key), EvalId::from_random(self.seed()));
        self.apply(Command::DeploymentPause(DeploymentPause { id, pause, eval_id })).unwrap();
    }

    pub fn fail(&mut self, key: &JobKey) {
        let (id, eval_id) = (self.newest_deployment(key), EvalId::from_random(self.seed()));
        let cause = DeploymentFailure::Marked;
        self.apply(Command::DeploymentFail(DeploymentFail { id, cause, eval_id })).unwrap();
    }

    /// Nodes do what they are told: what should stop stops, what should run runs.
    pub fn obey(&mut self) {
        let snapshot = self.snapshot();
        for alloc in snapshot.allocs() {
            let up = snapshot.node(alloc.node_id).is_some_and(|node| node.status == NodeStatus::Ready);
            if !up || alloc.client_terminal() || snapshot.is_withheld(alloc) {
                continue;
            }
            if alloc.server_terminal() {
                self.report(alloc, ClientStatus::Complete);
            } else if matches!(alloc.client, ClientStatus::Pending | ClientStatus::Unknown) {
                self.report(alloc, ClientStatus::Running);
            }
        }
    }

    /// The newest evaluation of the job that may be worked on; older ones are superfluous and canceled.
    pub fn next_eval(&mut self, key: &JobKey) -> Option<Evaluation> {
        let snapshot = self.snapshot();
        let mut open: Vec<Evaluation> = snapshot
            .evals_by_job(key)
            .filter(|eval| !eval.status.is_terminal() && eval.wait_until <= self.now)
            .map(|eval| Evaluation::clone(eval))
            .collect();
        open.sort_by_key(|eval| (eval.status == EvalStatus::Blocked, eval.create_index, eval.id));
        let pending = open.iter().rposition(|eval| eval.status == EvalStatus::Pending);
        let chosen = open.remove(pending.or_else(|| open.len().checked_sub(1))?);
        let canceled = |eval: Evaluation| Evaluation { status: EvalStatus::Canceled, ..eval };
        let evals =
            open.into_iter().filter(|eval| eval.status == EvalStatus::Pending).map(canceled).collect();
        self.apply(Command::EvalUpdate(EvalUpdate { evals })).unwrap();
        Some(chosen)
    }

    pub fn schedule(&mut self, eval: &Evaluation) -> Schedule {
        let overlay = Overlay::new();
        let memory_oversubscription = self.memory_oversubscription;
        let ctx = Context { memory_oversubscription, ..Context::new(self.now, self.seed(), &overlay) };
        schedule(eval, &self.snapshot(), &ctx)
    }

    /// Stores what the scheduler decided; with nothing in between, nothing of it may be refused.
    pub fn commit(&mut self, schedule: &Schedule) {
        match &schedule.plan {
            Some(plan) => self.commit_plan(plan),
            None => {
                let evals = schedule.evals.clone();
                self.apply(Command::EvalUpdate(EvalUpdate { evals })).unwrap();
            }
        }
    }

    fn commit_plan(&mut self, plan: &Plan) {
        match self.apply(Command::PlanApply(Box::new(plan.clone()))).unwrap() {
            Reply::PlanApplied(outcome) => assert!(outcome.is_whole(), "a plan was refused: {outcome:?}"),
            other => panic!("unexpected reply {other:?}"),
        }
    }
}

/// `job` or `job@namespace`
pub fn key(job: &str) -> JobKey {
    let (id, namespace) = job.split_once('@').unwrap_or((job, "default"));
    JobKey { namespace: Namespace::new(namespace).unwrap(), id: JobId::new(id).unwrap() }
}

/// The same name, the same id.
pub fn node_id(name: &str) -> NodeId {
    let mut bytes = [0; 16];
    for (at, byte) in name.bytes().enumerate() {
        bytes[at % 16] ^= byte.rotate_left(u32::try_from(at / 16).unwrap());
    }
    NodeId::from_random(bytes)
}

/// A Linux node with `raw_exec` that has not said that it is ready.
pub fn node(name: &str) -> Node {
    let mut node = muster_builders::node(0);
    node.id = node_id(name);
    node.name = name.into();
    node.capacity.total =
        Resources { cpu_mhz: 1000, memory_mb: 1000, disk_mb: 10_000, ..Resources::default() };
    node.capacity.cores = 1;
    node.computed_class = "".into();
    node.status = NodeStatus::Initializing;
    node
}

/// With the class that the servers would find.
pub fn with_class(mut node: Node) -> Node {
    node.computed_class = computed_class(&node);
    node
}

/// A job with one group `g` of one `raw_exec` task `t`.
pub fn job(name: &str, kind: JobType) -> Job {
    Job { groups: vec![group("g", kind)].into(), ..muster_builders::job(name, kind, 1) }
}

fn group(name: &str, kind: JobType) -> Group {
    let reschedule = (!kind.is_per_node()).then(|| ReschedulePolicy {
        attempts: 0,
        interval: Duration::ZERO,
        delay: Duration::from_secs(30),
        delay_function: DelayFunction::Exponential,
        max_delay: Duration::from_secs(3600),
        unlimited: true,
    });
    let mut task = muster_builders::task("t");
    task.resources = muster_builders::resources(100, 100);
    Group { reschedule, tasks: vec![task], ..muster_builders::group(name, 1) }
}

/// Allocations of a job that run and should, by name.
pub fn live(snapshot: &Snapshot, job: &JobKey) -> Vec<Arc<Alloc>> {
    let mut live: Vec<_> = snapshot.allocs_by_job(job).filter(|alloc| !alloc.terminal()).cloned().collect();
    live.sort_by_key(|alloc| (alloc.group, alloc.name_index, alloc.id));
    live
}
