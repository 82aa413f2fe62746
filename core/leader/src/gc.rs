//! What is over and old enough to forget, a bounded batch at a time.
//!
//! It only proposes: `apply` checks again that each thing really is over. What the scheduler still reads stays, however
//! old: finished allocations of a batch job that still exists (it would run them again), failed ones that hold their
//! name, and the links by which rescheduling counts its attempts and replacements are known.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, DeploymentId, EvalId, NodeId, UnixNanos};
use muster_model::{
    Alloc, ClientStatus, Disconnect, Evaluation, Job, JobKey, JobStatus, JobType, Node, NodeStatus,
};
use muster_state::Snapshot;
use muster_state::command::GarbageCollect;

/// How far rescheduling looks back at least; by then every delay has reached its maximum.
const CHAIN_LINKS: u32 = 16;

/// How long things are kept after their end.
#[derive(Clone, Copy, Debug)]
pub struct Thresholds {
    /// Evaluations and allocations of service and system jobs.
    pub eval: Duration,
    /// Evaluations and allocations of batch and sysbatch jobs.
    pub batch_eval: Duration,
    pub job: Duration,
    pub deployment: Duration,
    pub node: Duration,
    /// Objects of one batch. A job goes whole, so the largest job may exceed it.
    pub most: usize,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            eval: Duration::from_secs(3600),
            batch_eval: Duration::from_secs(24 * 3600),
            job: Duration::from_secs(4 * 3600),
            deployment: Duration::from_secs(3600),
            node: Duration::from_secs(24 * 3600),
            most: 4096,
        }
    }
}

impl Thresholds {
    /// Whatever is over, however young: an operator asked for it.
    #[must_use]
    pub fn force() -> Self {
        let now = Duration::ZERO;
        Self { eval: now, batch_eval: now, job: now, deployment: now, node: now, ..Self::default() }
    }

    const fn of(&self, kind: JobType) -> Duration {
        if kind.runs_to_completion() { self.batch_eval } else { self.eval }
    }
}

/// The next batch; `None` when there is nothing to forget. Call again after it was applied.
#[must_use]
pub fn collect(snapshot: &Snapshot, now: UnixNanos, thresholds: &Thresholds) -> Option<GarbageCollect> {
    let mut sweep = Sweep::new(snapshot, now, thresholds);
    sweep.jobs();
    sweep.allocs();
    sweep.evals();
    sweep.deployments();
    sweep.nodes();
    sweep.finish()
}

struct Sweep<'a> {
    snapshot: &'a Snapshot,
    now: UnixNanos,
    thresholds: &'a Thresholds,
    jobs: BTreeSet<JobKey>,
    allocs: BTreeSet<AllocId>,
    evals: BTreeSet<EvalId>,
    nodes: Vec<NodeId>,
    deployments: BTreeSet<DeploymentId>,
}

impl<'a> Sweep<'a> {
    const fn new(snapshot: &'a Snapshot, now: UnixNanos, thresholds: &'a Thresholds) -> Self {
        Self {
            snapshot,
            now,
            thresholds,
            jobs: BTreeSet::new(),
            allocs: BTreeSet::new(),
            evals: BTreeSet::new(),
            nodes: Vec::new(),
            deployments: BTreeSet::new(),
        }
    }

    /// Jobs go with all they have, so that nothing half of it is looked at in between.
    fn jobs(&mut self) {
        for job in self.snapshot.jobs() {
            if self.is_full() {
                return;
            }
            let key = job.key();
            let evals: Vec<_> = self.snapshot.evals_by_job(&key).collect();
            let allocs: Vec<_> = self.snapshot.allocs_by_job(&key).collect();
            let larger = evals.len() + allocs.len() > self.room();
            if self.job_is_over(job, &evals, &allocs) && (!larger || self.is_empty()) {
                self.evals.extend(evals.iter().map(|eval| eval.id));
                self.allocs.extend(allocs.iter().map(|alloc| alloc.id));
                let deployments = self.snapshot.deployments_by_job(&key);
                self.deployments.extend(deployments.map(|deployment| deployment.id));
                self.jobs.insert(key);
            }
        }
    }

    fn job_is_over(&self, job: &Job, evals: &[&Arc<Evaluation>], allocs: &[&Arc<Alloc>]) -> bool {
        let old = |time| self.is_old(time, self.thresholds.job);
        job.status == JobStatus::Dead
            && (job.stop || job.kind.runs_to_completion())
            && self.snapshot.child_counts(&job.key()).unfinished() == 0
            && old(job.submit_time)
            && evals.iter().all(|eval| eval.status.is_terminal() && old(eval.modify_time))
            && allocs.iter().all(|alloc| self.has_ended(alloc) && old(alloc.modify_time))
    }

    /// What is lost still counts on its node, where it may run, until that says otherwise or is forgotten itself.
    fn has_ended(&self, alloc: &Alloc) -> bool {
        let node_is_over = |node: &Arc<Node>| {
            node.status == NodeStatus::Down && self.is_old(node.status_updated_at, self.thresholds.node)
        };
        let lost = alloc.client == ClientStatus::Lost;
        alloc.client_terminal() && (!lost || self.snapshot.node(alloc.node_id).is_none_or(node_is_over))
    }

    fn allocs(&mut self) {
        for alloc in self.snapshot.allocs() {
            if self.is_full() {
                return;
            }
            if self.alloc_is_over(alloc) {
                self.allocs.insert(alloc.id);
            }
        }
    }

    fn alloc_is_over(&self, alloc: &Alloc) -> bool {
        self.has_ended(alloc)
            && self.is_old(alloc.modify_time, self.thresholds.of(alloc.job.kind))
            && (self.job_is_gone(alloc)
                || !(self.is_wanted(alloc) || self.is_counted(alloc) || self.is_link(alloc)))
    }

    /// Whether the job it belongs to no longer exists or shall not run.
    fn job_is_gone(&self, alloc: &Alloc) -> bool {
        let job = self.snapshot.job(&alloc.job.key());
        job.is_none_or(|job| job.stop || job.create_index != alloc.job.create_index)
    }

    /// Whether the scheduler still counts it among those the job has.
    fn is_wanted(&self, alloc: &Alloc) -> bool {
        let ended_for_good = alloc.server_terminal() || alloc.next.is_some();
        let counts = match alloc.client {
            ClientStatus::Complete => alloc.job.kind.runs_to_completion(),
            ClientStatus::Failed => true,
            _ => false,
        };
        !ended_for_good && counts
    }

    /// Whether a later allocation may count it as an attempt: it failed, and the chain of those that followed ends
    /// in one that is still wanted.
    fn is_counted(&self, alloc: &Alloc) -> bool {
        if alloc.client != ClientStatus::Failed {
            return false;
        }
        let policy = alloc.group_spec().and_then(|group| group.reschedule.as_ref());
        let links = policy.map_or(0, |policy| policy.attempts.max(CHAIN_LINKS));
        let mut newest = alloc;
        for _ in 0..links {
            let Some(next) = newest.next.and_then(|id| self.snapshot.alloc(id)) else { break };
            newest = next;
            if !newest.terminal() || self.is_wanted(newest) {
                return true;
            }
        }
        false
    }

    /// Whether it once stood in for one whose node is away and still waited for: without it nobody would know that the one
    /// that followed it does so now.
    fn is_link(&self, alloc: &Alloc) -> bool {
        let mut link = alloc.previous;
        for _ in 0..Disconnect::MAX_LINKS {
            let Some(older) = link.and_then(|id| self.snapshot.alloc(id)) else { return false };
            if older.client == ClientStatus::Unknown && !older.server_terminal() {
                return true;
            }
            link = older.previous;
        }
        false
    }

    fn evals(&mut self) {
        for eval in self.snapshot.evals() {
            if self.is_full() {
                return;
            }
            let over = eval.status.is_terminal()
                && self.is_old(eval.modify_time, self.thresholds.of(eval.kind))
                && self.snapshot.allocs_by_eval(eval.id).all(|alloc| self.allocs.contains(&alloc.id));
            if over {
                self.evals.insert(eval.id);
            }
        }
    }

    /// Those that are over, but for the newest of a job that still wants something: it says how far the job is.
    fn deployments(&mut self) {
        for deployment in self.snapshot.deployments() {
            if self.is_full() {
                return;
            }
            let key = deployment.job_key();
            let job = self.snapshot.job(&key).filter(|job| !job.stop);
            let newest = self.snapshot.latest_deployment(&key).map(|newest| newest.id);
            let wanted = job.is_some_and(|job| deployment.is_of(job)) && newest == Some(deployment.id);
            let over = job.is_none() || !deployment.status.is_active();
            if over && !wanted && self.is_old(deployment.modify_time, self.thresholds.deployment) {
                self.deployments.insert(deployment.id);
            }
        }
    }

    fn nodes(&mut self) {
        for node in self.snapshot.nodes() {
            if self.is_full() {
                return;
            }
            if self.node_is_over(node) {
                self.nodes.push(node.id);
            }
        }
    }

    fn node_is_over(&self, node: &Node) -> bool {
        node.status == NodeStatus::Down
            && self.is_old(node.status_updated_at, self.thresholds.node)
            && self.snapshot.allocs_by_node(node.id).all(|alloc| self.allocs.contains(&alloc.id))
    }

    fn is_old(&self, time: UnixNanos, threshold: Duration) -> bool {
        self.now.since(time) >= threshold
    }

    fn len(&self) -> usize {
        self.jobs.len() + self.allocs.len() + self.evals.len() + self.nodes.len() + self.deployments.len()
    }

    fn room(&self) -> usize {
        self.thresholds.most.saturating_sub(self.len())
    }

    fn is_full(&self) -> bool {
        self.room() == 0
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn finish(self) -> Option<GarbageCollect> {
        (!self.is_empty()).then(|| GarbageCollect {
            evals: self.evals.into_iter().collect(),
            allocs: self.allocs.into_iter().collect(),
            jobs: self.jobs.into_iter().collect(),
            nodes: self.nodes,
            deployments: self.deployments.into_iter().collect(),
        })
    }
}
