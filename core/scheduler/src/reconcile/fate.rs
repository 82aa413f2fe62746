//! What should become of one allocation of a counted group, before anyone counts.

use std::sync::Arc;

use muster_ids::{NodeId, UnixNanos};
use muster_model::{Alloc, ClientStatus, Group, JobType, NodeStatus};
use muster_state::Snapshot;

use super::Given;
use super::change::{Change, Changes};
use super::disconnect::{self, Contact};
use super::reschedule::{self, Decision};
use super::rollout::GroupRollout;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Over, and not one of those wanted any more.
    Ignore,
    /// A batch allocation that did what it was to do; counts for as long as this run of the job lasts.
    Done,
    /// Runs on as it is; `updated` when the job version is another.
    Keep { updated: bool },
    /// Runs something else than the job now says.
    Update,
    /// Asked to go elsewhere.
    Migrate,
    /// Its node is gone.
    Lost,
    /// Failed, and may be replaced now.
    Reschedule,
    /// Failed, and may be replaced later.
    RescheduleAt(UnixNanos),
    /// Failed for good; keeps its name.
    Failed,
}

impl Fate {
    /// Whether the node has nothing to do with it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Reschedule | Self::RescheduleAt(_) | Self::Failed)
    }
}

pub fn judge<'a>(
    alloc: &'a Arc<Alloc>,
    group: &Group,
    position: u16,
    kind: JobType,
    changes: &mut Changes<'a>,
    rollout: GroupRollout<'_>,
    given: &mut Given<'a, '_>,
) -> Fate {
    if alloc.server_terminal() || (alloc.client_terminal() && !changes.is_of_this_run(alloc)) {
        return Fate::Ignore;
    }
    let change = changes.of(alloc, group);
    match alloc.client {
        ClientStatus::Complete if kind.runs_to_completion() => Fate::Done,
        ClientStatus::Complete | ClientStatus::Lost => Fate::Ignore,
        ClientStatus::Failed if rollout.keeps_failed(alloc) => Fate::Failed,
        ClientStatus::Failed => judge_failed(alloc, group, change, given),
        ClientStatus::Pending | ClientStatus::Running | ClientStatus::Unknown => {
            judge_live(alloc, position, change, given)
        }
    }
}

fn judge_live<'a>(alloc: &'a Arc<Alloc>, position: u16, change: Change, given: &mut Given<'a, '_>) -> Fate {
    if disconnect::contact(alloc, given.snapshot, given.now) == Contact::Gone {
        return Fate::Lost;
    }
    let wish = alloc.transition;
    if wish.migrate || wish.reschedule || wish.force_reschedule {
        return Fate::Migrate;
    }
    match change {
        Change::None => Fate::Keep { updated: false },
        Change::InPlace => Fate::Keep { updated: true },
        Change::Recheck if may_stay(alloc, position, given) => Fate::Keep { updated: true },
        Change::Recheck | Change::Destructive => Fate::Update,
    }
}

fn judge_failed<'a>(alloc: &'a Arc<Alloc>, group: &Group, change: Change, given: &Given<'a, '_>) -> Fate {
    if change == Change::Destructive || alloc.transition.force_reschedule || alloc.transition.migrate {
        return Fate::Reschedule;
    }
    let find = |id| given.snapshot.alloc(id).map(Arc::as_ref);
    match reschedule::decide(group.reschedule.as_ref(), alloc, find, given.now) {
        Decision::Now => Fate::Reschedule,
        Decision::At(due) => Fate::RescheduleAt(due),
        Decision::Never => Fate::Failed,
    }
}

/// Whether the allocation's node still qualifies for the group at this position of the job.
pub fn may_stay<'a>(alloc: &Alloc, position: u16, given: &mut Given<'a, '_>) -> bool {
    let node = given.snapshot.node(alloc.node_id);
    let demands = given.demands.get_mut(usize::from(position));
    node.zip(demands).is_some_and(|(node, demands)| demands.may_stay(node))
}

/// Whether what ran there must be given up: the node is down or no longer known.
pub fn node_is_gone(snapshot: &Snapshot, node: NodeId) -> bool {
    snapshot.node(node).is_none_or(|node| node.status == NodeStatus::Down)
}
