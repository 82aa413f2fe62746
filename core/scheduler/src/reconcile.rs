//! What a job wants against what it has: which allocations stay, end, are replaced, and which are missing.
//!
//! ```text
//!   allocations --judge each--> fate --count them, by name--> stops, asks, when to look again
//! ```
//!
//! It says what should happen, never where: `place` finds nodes for the asks. It reads nodes only for their status
//! and for whether a running allocation may stay.

mod change;
mod counted;
pub mod disconnect;
mod fate;
mod kept;
mod names;
mod per_node;
pub mod reschedule;
mod rollout;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_ids::{GroupName, NodeId, UnixNanos};
use muster_model::planted::{self, Plant};
use muster_model::{Alloc, ClientStatus, DeploymentUpdate, DesiredUpdates, Job, JobKey};
use muster_state::Snapshot;

use crate::feasible::Demands;
use crate::wording;
use change::Changes;
pub use change::task_runs_alike;
pub use rollout::Rollout;

/// An allocation to end, and what to tell about it.
#[derive(Clone, Copy, Debug)]
pub struct Ending<'a> {
    pub alloc: &'a Arc<Alloc>,
    pub why: &'static str,
    /// Its node is gone, so the servers say what became of it.
    pub lost: bool,
}

/// An allocation wanted.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub group: u16,
    pub name_index: u32,
    /// The one it takes the place of.
    pub previous: Option<&'a Arc<Alloc>>,
    /// Ends only if a node is found for the new one: better the old than none.
    pub ends: Option<Ending<'a>>,
    /// Prefer another node than the previous one's, also if it did not fail there.
    pub elsewhere: bool,
    /// The only node it may go to.
    pub node: Option<NodeId>,
    /// Stands beside what is there until somebody promotes it.
    pub canary: bool,
    /// The version to instantiate, when it is not the current one.
    pub version: Option<&'a Arc<Job>>,
}

impl Ask<'_> {
    pub const fn new(group: u16, name_index: u32) -> Self {
        Self {
            group,
            name_index,
            previous: None,
            ends: None,
            elsewhere: false,
            node: None,
            canary: false,
            version: None,
        }
    }
}

/// The outcome.
#[derive(Debug, Default)]
pub struct Reconciled<'a> {
    pub stops: Vec<Ending<'a>>,
    /// Those that end a running allocation come last: what is missing matters more than what is outdated.
    pub asks: Vec<Ask<'a>>,
    /// Allocations that go on as they are, for the current version of the job.
    pub in_place: Vec<(&'a Arc<Alloc>, u16)>,
    /// Allocations that stay, or stay until replaced, with the position of their group in the current job.
    pub present: Vec<(&'a Arc<Alloc>, u16)>,
    /// Allocations told to end, now or before, whose nodes have not yet said that they did: they still hold what
    /// those that come after them need.
    pub leaving: Vec<&'a Arc<Alloc>>,
    /// Allocations to be called unknown, because their node lost contact and they are waited for.
    pub unknown: Vec<&'a Arc<Alloc>>,
    /// When one that is unknown is given up: look again then.
    pub lost_at: Option<UnixNanos>,
    /// When a failed allocation may be replaced: look again then.
    pub look_again: Option<UnixNanos>,
    pub updates: BTreeMap<GroupName, DesiredUpdates>,
    /// `None` when the job is stopped or gone.
    pub rollout: Option<Rollout<'a>>,
    /// What becomes of deployments.
    pub deployment_updates: Vec<DeploymentUpdate>,
}

/// What reconciling reads besides the job.
#[derive(Debug)]
pub struct Given<'a, 'd> {
    pub snapshot: &'a Snapshot,
    pub now: UnixNanos,
    /// Parallel to the job's groups.
    pub demands: &'d mut [Demands<'a>],
}

/// Compares `job` with `allocs`, all it has. `None` when the job is stopped or gone: then everything ends.
pub fn reconcile<'a>(
    key: &JobKey,
    job: Option<&'a Arc<Job>>,
    allocs: &[&'a Arc<Alloc>],
    given: &mut Given<'a, '_>,
) -> Reconciled<'a> {
    let mut out = Reconciled::default();
    let Some(job) = job else {
        stop_all(allocs, given.snapshot, &mut out);
        out.deployment_updates = rollout::of_stopped_job(key, given.snapshot);
        return out;
    };
    let (of_groups, orphans) = by_group(job, allocs);
    stop_all(&orphans, given.snapshot, &mut out);
    let mut changes = Changes::new(job, given.snapshot);
    let mut rollout = Rollout::of(job, given.snapshot);
    for (position, allocs) in of_groups {
        if job.kind.is_per_node() {
            per_node::reconcile(job, position, &allocs, &mut changes, &mut rollout, given, &mut out);
        } else {
            counted::reconcile(job, position, &allocs, &mut changes, &mut rollout, given, &mut out);
        }
    }
    rollout.conclude();
    out.deployment_updates.append(&mut rollout.updates);
    out.rollout = Some(rollout);
    give_up(allocs, given.snapshot, &mut out);
    out.leaving = leaving(allocs, &out.stops);
    out.asks.sort_by_key(|ask| ask.ends.is_some_and(|ending| !ending.alloc.client_terminal()));
    out
}

type OfGroup<'a> = (u16, Vec<&'a Arc<Alloc>>);

/// Sorts allocations to the current job's groups by name, in the order of their names; the rest have no group. Those of
/// a job that was forgotten have none either, although this one was registered under the same name since.
fn by_group<'a>(job: &'a Job, allocs: &[&'a Arc<Alloc>]) -> (Vec<OfGroup<'a>>, Vec<&'a Arc<Alloc>>) {
    let mut groups: Vec<OfGroup<'a>> = (0..job.groups.len())
        .filter_map(|position| Some((u16::try_from(position).ok()?, Vec::new())))
        .collect();
    let mut orphans = Vec::new();
    for alloc in allocs {
        let own = alloc.group_spec().filter(|_| alloc.job.create_index == job.create_index);
        let position = own.and_then(|group| job.group(group.name.as_str()));
        match position.and_then(|(position, _)| groups.get_mut(usize::from(position))) {
            Some((_, of_group)) => of_group.push(*alloc),
            None => orphans.push(*alloc),
        }
    }
    for (_, of_group) in &mut groups {
        of_group.sort_by_key(|alloc| (alloc.name_index, alloc.create_index, alloc.id));
    }
    (groups, orphans)
}

fn leaving<'a>(allocs: &[&'a Arc<Alloc>], stops: &[Ending<'a>]) -> Vec<&'a Arc<Alloc>> {
    let lost: BTreeSet<_> = stops.iter().filter(|ending| ending.lost).map(|ending| ending.alloc.id).collect();
    let before = allocs.iter().copied().filter(|alloc| alloc.server_terminal());
    let now = stops.iter().filter(|ending| !ending.alloc.server_terminal()).map(|ending| ending.alloc);
    let mut all: Vec<_> =
        before.chain(now).filter(|alloc| !alloc.client_terminal() && !lost.contains(&alloc.id)).collect();
    all.sort_unstable_by_key(|alloc| alloc.id);
    all
}

/// What was told to end on a node that is gone since: nobody is left to say that it did.
fn give_up<'a>(allocs: &[&'a Arc<Alloc>], snapshot: &Snapshot, out: &mut Reconciled<'a>) {
    let told = allocs.iter().copied().filter(|alloc| alloc.server_terminal() && !alloc.client_terminal());
    let gone: Vec<_> = told.filter(|alloc| fate::node_is_gone(snapshot, alloc.node_id)).collect();
    let known: BTreeSet<_> = out.stops.iter().map(|ending| ending.alloc.id).collect();
    let gone = gone.into_iter().filter(|alloc| !known.contains(&alloc.id));
    out.stops.extend(gone.map(|alloc| Ending { alloc, why: wording::LOST, lost: true }));
}

fn stop_all<'a>(allocs: &[&'a Arc<Alloc>], snapshot: &Snapshot, out: &mut Reconciled<'a>) {
    for alloc in allocs.iter().filter(|alloc| !alloc.client_terminal()) {
        let lost = fate::node_is_gone(snapshot, alloc.node_id);
        // What was told to end before needs no second word, unless nobody is left to say that it did.
        if alloc.terminal() && !lost {
            continue;
        }
        if planted::is(Plant::PendingIsNotStopped) && alloc.client == ClientStatus::Pending {
            continue;
        }
        out.stops.push(Ending { alloc, why: if lost { wording::LOST } else { wording::NOT_NEEDED }, lost });
        if let Some(group) = alloc.group_spec() {
            out.updates.entry(group.name.clone()).or_default().stop += 1;
        }
    }
}
