//! What a new job version means for an allocation of an older one. The one place that decides.

use std::sync::Arc;

use muster_model::{Alloc, Connect, Group, Job, Service, Task};
use muster_state::Snapshot;

use super::run::Run;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The same version.
    None,
    /// Differs only in what servers do, such as the count: the allocation stays.
    InPlace,
    /// Differs in where it may run: stays if its node still qualifies.
    Recheck,
    /// Differs in what runs: a new allocation takes its place.
    Destructive,
}

/// Compares allocations with the current job, each old version once.
#[derive(Debug)]
pub struct Changes<'a> {
    job: &'a Arc<Job>,
    run: Run<'a>,
    known: Vec<(&'a Arc<Job>, u16, Change)>,
}

impl<'a> Changes<'a> {
    pub fn new(job: &'a Arc<Job>, snapshot: &Snapshot) -> Self {
        Self { job, run: Run::current(job, snapshot), known: Vec::new() }
    }

    /// Whether what became of the allocation says anything about the work wanted now.
    pub fn is_of_this_run(&self, alloc: &Alloc) -> bool {
        self.run.includes(alloc)
    }

    pub fn of(&mut self, alloc: &'a Alloc, group: &Group) -> Change {
        if alloc.job.version == self.job.version && alloc.job.create_index == self.job.create_index {
            return Change::None;
        }
        let known =
            self.known.iter().find(|(job, group, _)| *group == alloc.group && Arc::ptr_eq(job, &alloc.job));
        if let Some((_, _, change)) = known {
            return *change;
        }
        let change = match alloc.group_spec() {
            Some(old) => compare(&alloc.job, old, self.job, group),
            None => Change::Destructive,
        };
        self.known.push((&alloc.job, alloc.group, change));
        change
    }
}

fn compare(old_job: &Job, old: &Group, job: &Job, group: &Group) -> Change {
    let same_tasks = old.tasks.len() == group.tasks.len()
        && old
            .tasks
            .iter()
            .all(|old| group.task(old.name.as_str()).is_some_and(|new| task_runs_alike(old, new)));
    let same_demands = old_job.constraints == job.constraints
        && old_job.affinities == job.affinities
        && old_job.spreads == job.spreads
        && old.constraints == group.constraints
        && old.all_affinities().eq(group.all_affinities())
        && old.spreads == group.spreads;
    let same_surroundings = old_job.meta == job.meta
        && old.meta == group.meta
        && old.network == group.network
        && old.ephemeral_disk == group.ephemeral_disk
        && old.volumes == group.volumes
        && old.consul == group.consul
        && old.services.iter().filter_map(connect).eq(group.services.iter().filter_map(connect));
    if !(same_tasks && same_demands && same_surroundings) {
        return Change::Destructive;
    }
    if old_job.datacenters != job.datacenters || old_job.node_pool != job.node_pool {
        return Change::Recheck;
    }
    Change::InPlace
}

/// Whether the two run alike, so that a running one need not be replaced. Left out on purpose: what only matters when a task ends or restarts (`restart`,
/// `kill_timeout`, `kill_signal`, `shutdown_delay`, and how many log files of which size there are).
#[must_use]
pub fn task_runs_alike(old: &Task, new: &Task) -> bool {
    old.driver == new.driver
        && old.user == new.user
        && old.config == new.config
        && old.env == new.env
        && old.meta == new.meta
        && old.constraints == new.constraints
        && old.resources == new.resources
        && old.artifacts == new.artifacts
        && old.logs.disabled == new.logs.disabled
        && old.leader == new.leader
        && old.lifecycle == new.lifecycle
        && old.templates == new.templates
        && old.volume_mounts == new.volume_mounts
        && old.vault == new.vault
        && old.consul == new.consul
        && old.identity == new.identity
        && old.identities == new.identities
        && old.secrets == new.secrets
        && old.dispatch_payload == new.dispatch_payload
        && old.csi_plugin == new.csi_plugin
        && old.schedule == new.schedule
        && old.kind == new.kind
}

/// The part of a service that runs: its sidecar. Names, tags and checks change in place.
fn connect(service: &Service) -> Option<&Connect> {
    service.connect.as_deref()
}
