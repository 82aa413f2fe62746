//! System and sysbatch groups: one allocation on every node that can run it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_ids::NodeId;
use muster_model::{Alloc, ClientStatus, Group, Job, JobType};

use super::change::{Change, Changes};
use super::{Ask, DesiredUpdates, Ending, Given, Reconciled, fate};
use crate::wording;

/// What is on one node already.
#[derive(Clone, Copy, Debug)]
enum Verdict<'a> {
    /// Nothing that counts; `previous` ended there.
    Missing,
    Covered {
        updated: bool,
    },
    Finished,
    Stop(Ending<'a>),
    /// Stop and start anew on the same node.
    Renew(Ending<'a>),
    /// As before, but only when the new one fits.
    Update(Ending<'a>),
}

pub fn reconcile<'a>(
    job: &'a Arc<Job>,
    position: u16,
    allocs: &[&'a Arc<Alloc>],
    changes: &mut Changes<'a>,
    given: &mut Given<'a, '_>,
    out: &mut Reconciled<'a>,
) {
    let Some(group) = job.groups.get(usize::from(position)) else { return };
    let mut updates = DesiredUpdates::default();
    let mut covered: BTreeSet<NodeId> = BTreeSet::new();
    // Live allocations first: a dead one on the same node has nothing to say beside them.
    let (live, over): (Vec<&'a Arc<Alloc>>, Vec<_>) =
        allocs.iter().copied().partition(|alloc| !alloc.terminal());
    let mut previous: BTreeMap<NodeId, &'a Arc<Alloc>> = BTreeMap::new();
    for alloc in live.into_iter().chain(over) {
        let verdict = if group.count == 0 || (covered.contains(&alloc.node_id) && !alloc.terminal()) {
            surplus(alloc, given)
        } else {
            judge(alloc, group, position, job.kind, changes, given)
        };
        match verdict {
            Verdict::Missing => {
                updates.ignore += 1;
                previous.insert(alloc.node_id, alloc);
            }
            Verdict::Covered { updated } => {
                if updated {
                    updates.in_place += 1;
                    out.in_place.push((alloc, position));
                } else {
                    updates.ignore += 1;
                }
                covered.insert(alloc.node_id);
                out.present.push((alloc, position));
            }
            Verdict::Finished => {
                updates.ignore += 1;
                covered.insert(alloc.node_id);
            }
            Verdict::Stop(ending) => {
                updates.stop += 1;
                covered.insert(alloc.node_id);
                out.stops.push(ending);
            }
            Verdict::Renew(ending) => {
                updates.migrate += 1;
                out.stops.push(ending);
                previous.insert(alloc.node_id, alloc);
            }
            Verdict::Update(ending) => {
                updates.destructive += 1;
                covered.insert(alloc.node_id);
                out.present.push((alloc, position));
                out.asks.push(ask(position, alloc.node_id, Some(alloc), Some(ending)));
            }
        }
    }
    if group.count > 0 {
        updates.place += ask_for_rest(position, &covered, &previous, given, out);
    }
    out.updates.insert(group.name.clone(), updates);
}

fn judge<'a>(
    alloc: &'a Arc<Alloc>,
    group: &Group,
    position: u16,
    kind: JobType,
    changes: &mut Changes<'a>,
    given: &mut Given<'a, '_>,
) -> Verdict<'a> {
    if alloc.terminal() {
        let ran =
            matches!(alloc.client, ClientStatus::Complete | ClientStatus::Failed) && !alloc.server_terminal();
        let finished = kind == JobType::Sysbatch && ran && changes.is_of_this_run(alloc);
        return if finished { Verdict::Finished } else { Verdict::Missing };
    }
    let change = changes.of(alloc, group);
    if fate::node_is_gone(given.snapshot, alloc.node_id) {
        return Verdict::Stop(Ending { alloc, why: wording::LOST, lost: true });
    }
    let wish = alloc.transition;
    if wish.migrate || wish.reschedule || wish.force_reschedule {
        return Verdict::Renew(Ending { alloc, why: wording::MIGRATING, lost: false });
    }
    if change != Change::None && !fate::may_stay(alloc, position, given) {
        return Verdict::Stop(Ending { alloc, why: wording::NOT_NEEDED, lost: false });
    }
    let accepts = given.snapshot.node(alloc.node_id).is_some_and(|node| node.accepts_work());
    match change {
        Change::None => Verdict::Covered { updated: false },
        Change::Destructive if accepts => {
            Verdict::Update(Ending { alloc, why: wording::UPDATING, lost: false })
        }
        Change::Destructive => Verdict::Covered { updated: false },
        Change::InPlace | Change::Recheck => Verdict::Covered { updated: true },
    }
}

/// One too many on its node.
fn surplus<'a>(alloc: &'a Arc<Alloc>, given: &Given<'a, '_>) -> Verdict<'a> {
    if alloc.terminal() {
        return Verdict::Finished;
    }
    let lost = fate::node_is_gone(given.snapshot, alloc.node_id);
    Verdict::Stop(Ending { alloc, why: if lost { wording::LOST } else { wording::NOT_NEEDED }, lost })
}

fn ask_for_rest<'a>(
    position: u16,
    covered: &BTreeSet<NodeId>,
    previous: &BTreeMap<NodeId, &'a Arc<Alloc>>,
    given: &Given<'a, '_>,
    out: &mut Reconciled<'a>,
) -> u32 {
    let Some(demands) = given.demands.get(usize::from(position)) else { return 0 };
    let mut asked = 0;
    for (_, slot) in given.snapshot.columns().iter() {
        let node = slot.node();
        if slot.accepts_work() && demands.admits(node) && !covered.contains(&node.id) {
            out.asks.push(ask(position, node.id, previous.get(&node.id).copied(), None));
            asked += 1;
        }
    }
    asked
}

const fn ask<'a>(
    group: u16,
    node: NodeId,
    previous: Option<&'a Arc<Alloc>>,
    ends: Option<Ending<'a>>,
) -> Ask<'a> {
    Ask { group, name_index: 0, previous, ends, elsewhere: false, node: Some(node) }
}
