//! What somebody may want next, drawn with the state of the cluster before their eyes.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{EvalId, JobId, Namespace, UnixNanos};
use muster_leader::gc;
use muster_model::{
    Alloc, DeploymentFailure, DeploymentStatus, DesiredTransition, DrainDeadline, DrainSpec, Eligibility,
    EvalTrigger, Evaluation, Job, JobKey, JobType, Node,
};
use muster_state::Snapshot;
use muster_state::command::{
    AllocStop, Command, DeploymentFail, DeploymentPause, DeploymentPromote, EvalUpdate, IdSeed,
    JobDeregister, JobEvaluate, JobRegister, JobRevert, NodeDrainUpdate, NodeEligibilityUpdate,
};

use crate::sim::Sim;

const KINDS: [JobType; 6] =
    [JobType::Service, JobType::Service, JobType::Batch, JobType::Batch, JobType::System, JobType::Sysbatch];

impl Sim {
    /// `None` when there is nothing to want it of.
    pub(super) fn wish(&mut self, snapshot: &Snapshot, wall: UnixNanos) -> Option<Command> {
        if let Some(command) = self.reopen(snapshot) {
            return Some(command);
        }
        match self.rng.below(128) {
            0..=39 => self.register(snapshot),
            40..=52 => Some(self.deregister(snapshot)),
            53..=70 => self.stop_alloc(snapshot),
            71..=77 => self.mark_node(snapshot),
            78..=82 => self.drain(snapshot),
            83..=85 => self.evaluate(snapshot, wall),
            86..=88 => Some(self.force_evaluation(snapshot)),
            89..=90 => self.go_back(snapshot),
            91..=93 => self.steer(snapshot),
            94..=96 => gc::collect(snapshot, wall, &gc::Thresholds::force()).map(Command::GarbageCollect),
            97..=99 => self.check_and_set(snapshot),
            100..=103 => Some(self.configure(snapshot)),
            104..=105 => Some(self.tend_pool()),
            106..=114 => self.dispatch(snapshot),
            115..=116 => self.launch(snapshot),
            117..=121 => self.scale(snapshot),
            122..=124 => self.tag(snapshot),
            _ => self.judge_health(snapshot),
        }
    }

    pub(super) fn key(&mut self) -> JobKey {
        let number = self.rng.below(u64::from(self.shape.jobs));
        JobKey { namespace: Namespace::default_namespace(), id: JobId::new(format!("job-{number}")).unwrap() }
    }

    /// Now and then a child, where there are any.
    fn any_key(&mut self, snapshot: &Snapshot) -> JobKey {
        if self.rng.permille(150) {
            let children: Vec<&Arc<Job>> = snapshot.jobs().filter(|job| job.parent_id.is_some()).collect();
            if let Some(child) = self.rng.pick(&children) {
                return child.key();
            }
        }
        self.key()
    }

    fn register(&mut self, snapshot: &Snapshot) -> Option<Command> {
        if self.is_turned_away(snapshot) {
            return None;
        }
        let key = self.any_key(snapshot);
        let existing = snapshot.job(&key).cloned();
        let job = match existing {
            Some(existing) => self.another_version(&existing),
            None => {
                let kind = *self.rng.pick(&KINDS).unwrap_or(&JobType::Service);
                self.fresh_job(key.id.as_str(), kind)
            }
        };
        Some(self.registration(job, None))
    }

    fn registration(&mut self, job: Job, enforce_index: Option<muster_ids::Index>) -> Command {
        let eval_id = EvalId::from_random(self.rng.bytes());
        let command = JobRegister { job, eval_id, enforce_index, submission: None, eval_priority: None };
        Command::JobRegister(Box::new(command))
    }

    /// With an index that may be that of another's change.
    fn check_and_set(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let existing = Arc::clone(snapshot.job(&self.key())?);
        let job = self.another_version(&existing);
        Some(self.registration(job, Some(existing.job_modify_index)))
    }

    fn deregister(&mut self, snapshot: &Snapshot) -> Command {
        Command::JobDeregister(JobDeregister {
            key: self.any_key(snapshot),
            purge: self.rng.permille(300),
            eval_id: EvalId::from_random(self.rng.bytes()),
            eval_priority: None,
            no_shutdown_delay: self.rng.permille(200),
        })
    }

    fn stop_alloc(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let key = self.any_key(snapshot);
        let mut allocs: Vec<&Arc<Alloc>> =
            snapshot.allocs_by_job(&key).filter(|alloc| !alloc.terminal()).collect();
        allocs.sort_unstable_by_key(|alloc| alloc.id);
        let alloc = Arc::clone(self.rng.pick(&allocs)?);
        let transition = DesiredTransition {
            migrate: true,
            no_shutdown_delay: self.rng.permille(200),
            ..DesiredTransition::default()
        };
        let eval_id = EvalId::from_random(self.rng.bytes());
        Some(Command::AllocStop(AllocStop { id: alloc.id, transition, eval_id }))
    }

    fn mark_node(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let nodes: Vec<&Arc<Node>> = snapshot.nodes().collect();
        // Whoever marks a node does not forget it for ever.
        let marked: Vec<&Arc<Node>> =
            nodes.iter().copied().filter(|node| node.eligibility == Eligibility::Ineligible).collect();
        let (node, eligibility) = if marked.len() > nodes.len() / 5 || (self.rng.coin() && !marked.is_empty())
        {
            (self.rng.pick(&marked)?, Eligibility::Eligible)
        } else {
            (self.rng.pick(&nodes)?, Eligibility::Ineligible)
        };
        let (node_id, seed) = (node.id, IdSeed(self.rng.bytes()));
        Some(Command::NodeEligibilityUpdate(NodeEligibilityUpdate { node_id, eligibility, seed }))
    }

    fn drain(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let nodes: Vec<&Arc<Node>> = snapshot.nodes().collect();
        let draining: Vec<&Arc<Node>> = nodes.iter().copied().filter(|node| node.drain.is_some()).collect();
        let cancels = draining.len() > nodes.len() / 6 || (self.rng.coin() && !draining.is_empty());
        let node = self.rng.pick(if cancels { &draining } else { &nodes })?;
        let deadline = match self.rng.below(5) {
            0 => DrainDeadline::Force,
            1 => DrainDeadline::Never,
            _ => DrainDeadline::After(self.rng.secs(2, 90)),
        };
        let spec = DrainSpec { deadline, ignore_system_jobs: self.rng.permille(300) };
        Some(Command::NodeDrainUpdate(Box::new(NodeDrainUpdate {
            node_id: node.id,
            drain: (!cancels).then_some(spec),
            mark_eligible: cancels,
            accessor: None,
            meta: BTreeMap::new(),
            seed: IdSeed(self.rng.bytes()),
        })))
    }

    /// Promotes, holds, lets go on or gives up a rollout; half of those that wait are promoted.
    fn steer(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let active: Vec<_> = snapshot.active_deployments().collect();
        let deployment = *self.rng.pick(&active)?;
        let (id, eval_id) = (deployment.id, EvalId::from_random(self.rng.bytes()));
        let paused = deployment.status == DeploymentStatus::Paused;
        Some(match self.rng.below(10) {
            0..=4 if deployment.awaits_promotion() => {
                self.checks.asked_to_promote(id);
                Command::DeploymentPromote(DeploymentPromote { id, groups: None, eval_id })
            }
            0..=7 => Command::DeploymentPause(DeploymentPause { id, pause: !paused, eval_id }),
            _ => Command::DeploymentFail(DeploymentFail { id, cause: DeploymentFailure::Marked, eval_id }),
        })
    }

    fn go_back(&mut self, snapshot: &Snapshot) -> Option<Command> {
        let key = self.key();
        let versions: Vec<u64> = snapshot.job_versions(&key).map(|job| job.version).collect();
        let version = *self.rng.pick(&versions)?;
        let eval_id = EvalId::from_random(self.rng.bytes());
        Some(Command::JobRevert(JobRevert { key, version, enforce_prior_version: None, eval_id }))
    }

    fn evaluate(&mut self, snapshot: &Snapshot, wall: UnixNanos) -> Option<Command> {
        let job = snapshot.job(&self.key()).filter(|job| !job.makes_children())?;
        let id = EvalId::from_random(self.rng.bytes());
        let eval = Evaluation::pending(id, job, EvalTrigger::JobRegister, wall);
        Some(Command::EvalUpdate(EvalUpdate { evals: vec![eval] }))
    }
    fn force_evaluation(&mut self, snapshot: &Snapshot) -> Command {
        let (key, force_reschedule) = (self.any_key(snapshot), self.rng.coin());
        let eval_id = EvalId::from_random(self.rng.bytes());
        Command::JobEvaluate(JobEvaluate { key, force_reschedule, eval_id })
    }
}
