//! The rollout of a job's current version: what it allows, what it asks for, and how it ends.
//!
//! ```text
//!   no deployment --something new or outdated--> begin one (with canaries, where the group has them)
//!   running   -- at most `max_parallel` not yet healthy at once --> every group healthy --> successful
//!   awaiting promotion, paused, failed: nothing outdated is replaced; what is lost still is
//! ```
//!
//! A group without an update strategy has no part in it: all of it changes at once. Health and promotions are facts in
//! the state; nothing here judges them.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{DeploymentId, GroupName, Index, Text, UnixNanos};
use muster_model::{
    Alloc, ClientStatus, Deployment, DeploymentGroup, DeploymentStatus, DeploymentUpdate, Group, Job, JobKey,
    UpdateStrategy,
};
use muster_state::Snapshot;

#[derive(Debug)]
pub struct Rollout<'a> {
    job: &'a Job,
    /// Of the current version, unless it has succeeded.
    current: Option<&'a Arc<Deployment>>,
    /// What becomes of earlier ones.
    pub updates: Vec<DeploymentUpdate>,
    begun: BTreeMap<GroupName, DeploymentGroup>,
    /// Some group is not yet as it is to be.
    unfinished: bool,
}

/// What the rollout means for one group at the moment.
#[derive(Clone, Copy, Debug)]
pub struct GroupRollout<'a> {
    /// `None` when all of the group may change at once.
    pub strategy: Option<&'a UpdateStrategy>,
    state: Option<&'a DeploymentGroup>,
    /// Of the deployment of the current version, unless it has succeeded.
    id: Option<DeploymentId>,
    /// When that began.
    since: Option<Index>,
    pub paused: bool,
    pub failed: bool,
}

/// What the group was found to need.
#[derive(Clone, Copy, Debug, Default)]
pub struct Need {
    /// Allocations of another version: changed in place, or to be replaced.
    pub outdated: u32,
    /// An allocation of the current version exists, or existed.
    pub had_current: bool,
    /// Allocations the group is to have.
    pub total: u32,
    /// Canaries it is to have before anything else is replaced; 0 when none are called for.
    pub canaries: u32,
    /// Something else is still to be done: placed, moved, replaced later.
    pub pending: bool,
}

impl<'a> Rollout<'a> {
    pub fn of(job: &'a Job, snapshot: &'a Snapshot) -> Self {
        let key = job.key();
        let newest = snapshot.deployments_by_job(&key).rev().find(|deployment| deployment.is_of(job));
        let over = |status| matches!(status, DeploymentStatus::Successful | DeploymentStatus::Cancelled);
        let current = newest.filter(|deployment| !over(deployment.status));
        let outdated = |deployment: &&Arc<Deployment>| !deployment.is_of(job);
        let updates = cancel(snapshot.deployments_by_job(&key).filter(outdated), Deployment::NEWER_JOB);
        Self { job, current, updates, begun: BTreeMap::new(), unfinished: false }
    }

    pub fn group(&self, group: &'a Group) -> GroupRollout<'a> {
        GroupRollout {
            strategy: group.rollout().filter(|_| !self.job.kind.runs_to_completion()),
            state: self.current.and_then(|deployment| deployment.groups.get(&group.name)),
            id: self.current.map(|deployment| deployment.id),
            since: self.current.map(|deployment| deployment.create_index),
            paused: self.current.is_some_and(|current| current.status == DeploymentStatus::Paused),
            failed: self.current.is_some_and(|current| current.status == DeploymentStatus::Failed),
        }
    }

    /// Whether the allocation is a canary that is of no use any more: of another version, or of a rollout that failed.
    pub fn is_stale_canary(&self, alloc: &Alloc) -> bool {
        let own = self.current.filter(|deployment| deployment.status.is_active());
        alloc.is_canary() && own.map(|deployment| deployment.id) != alloc.deployment_id()
    }

    /// Takes in what was found for a group: a deployment begins where something is new or outdated.
    pub fn note(&mut self, group: &Group, need: Need) {
        let strategy = self.group_strategy(group);
        let Some(strategy) = strategy.filter(|_| need.total > 0) else { return };
        match self.current {
            None if need.outdated > 0 || !need.had_current => {
                let mut state = DeploymentGroup::new(&strategy, need.total);
                state.desired_canaries = need.canaries;
                self.begun.insert(group.name.clone(), state);
            }
            None => {}
            Some(current) => {
                let healthy = current.groups.get(&group.name).is_none_or(DeploymentGroup::is_healthy);
                self.unfinished |= need.outdated > 0 || need.pending || need.canaries > 0 || !healthy;
            }
        }
    }

    fn group_strategy(&self, group: &Group) -> Option<UpdateStrategy> {
        group.rollout().filter(|_| !self.job.kind.runs_to_completion()).cloned()
    }

    /// Whether what is placed for the group now, in the current version, is part of a deployment.
    pub fn includes(&self, group: &Group) -> bool {
        let active = self.current.filter(|deployment| deployment.status.is_active());
        self.begun.contains_key(&group.name)
            || active.is_some_and(|deployment| deployment.groups.contains_key(&group.name))
    }

    /// The deployment under way, if there is one.
    pub fn active(&self) -> Option<DeploymentId> {
        self.current.filter(|deployment| deployment.status.is_active()).map(|deployment| deployment.id)
    }

    /// The deployment to begin, as of the plan that begins it.
    pub fn begin(&self, id: DeploymentId, eval_priority: u16) -> Option<Deployment> {
        if self.begun.is_empty() {
            return None;
        }
        let job = self.job;
        let mut deployment = Deployment {
            id,
            namespace: job.namespace.clone(),
            job_id: job.id.clone(),
            job_version: job.version,
            job_modify_index: job.modify_index,
            job_spec_modify_index: job.job_modify_index,
            job_create_index: job.create_index,
            groups: self.begun.clone(),
            status: DeploymentStatus::Running,
            status_description: Text::from(""),
            eval_priority,
            decided_index: Index::ZERO,
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
            create_time: UnixNanos::ZERO,
            modify_time: UnixNanos::ZERO,
        };
        deployment.status_description = Text::from(deployment.running_description());
        Some(deployment)
    }

    /// What becomes of the deployments there are, once every group was looked at.
    pub fn conclude(&mut self) {
        let finished = self.current.filter(|current| {
            current.status == DeploymentStatus::Running
                && !self.unfinished
                && current.groups.values().all(DeploymentGroup::is_healthy)
        });
        self.updates.extend(finished.map(|deployment| DeploymentUpdate {
            id: deployment.id,
            status: DeploymentStatus::Successful,
            description: Text::from(Deployment::SUCCESSFUL),
        }));
    }
}

/// What a stopped job means for its deployments.
pub fn of_stopped_job(key: &JobKey, snapshot: &Snapshot) -> Vec<DeploymentUpdate> {
    cancel(snapshot.deployments_by_job(key), Deployment::STOPPED_JOB)
}

fn cancel<'a>(all: impl Iterator<Item = &'a Arc<Deployment>>, why: &str) -> Vec<DeploymentUpdate> {
    let active = all.filter(|deployment| deployment.status.is_active());
    let update = |deployment: &Arc<Deployment>| DeploymentUpdate {
        id: deployment.id,
        status: DeploymentStatus::Cancelled,
        description: Text::from(why),
    };
    active.map(update).collect()
}

impl GroupRollout<'_> {
    /// Canaries of the group run, or are to, that nobody has promoted.
    pub fn awaits_promotion(&self) -> bool {
        self.state.is_some_and(DeploymentGroup::awaits_promotion)
    }

    /// Whether the allocation is part of the deployment.
    pub fn owns(&self, alloc: &Alloc) -> bool {
        self.id.is_some() && alloc.deployment_id() == self.id
    }

    /// Whether the deployment has stopped the allocation to put another in its place.
    pub fn has_stopped(&self, alloc: &Alloc) -> bool {
        let told =
            alloc.server_terminal() && self.since.is_some_and(|since| alloc.alloc_modify_index >= since);
        let otherwise = matches!(alloc.client, ClientStatus::Lost | ClientStatus::Failed);
        told && !otherwise && !alloc.transition.migrate && !self.owns(alloc)
    }

    pub const fn is_held(&self) -> bool {
        self.paused || self.failed
    }

    /// How many canaries are missing, when `have` are there and `outdated` allocations are to be replaced by something
    /// that nobody has tried yet.
    pub fn missing_canaries(&self, outdated: u32, have: u32, wanted: u32) -> u32 {
        let promoted = self.state.is_some_and(|state| state.promoted);
        match self.is_held() || promoted || outdated == 0 || self.strategy.is_none() {
            true => 0,
            false => wanted.saturating_sub(have),
        }
    }

    /// How many allocations may be replaced now, given those of the group that live.
    pub fn budget<'a>(&self, allocs: impl Iterator<Item = &'a Alloc>) -> u32 {
        let Some(strategy) = self.strategy else { return u32::MAX };
        let mut left = strategy.max_parallel;
        for alloc in allocs.filter(|alloc| self.owns(alloc)) {
            match alloc.healthy() {
                Some(true) => {}
                Some(false) => return 0,
                None => left = left.saturating_sub(1),
            }
        }
        left
    }

    /// Whether a failed allocation must wait: for a verdict on its health while it is rolled out, or for good when its
    /// rollout failed.
    pub fn keeps_failed(&self, alloc: &Alloc) -> bool {
        self.owns(alloc) && (self.failed || !alloc.transition.reschedule)
    }
}
