//! Service and batch groups: `count` allocations, named 0 to count - 1.

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_model::{Alloc, Job};

use super::change::Changes;
use super::fate::{self, Fate};
use super::names::Names;
use super::{Ask, DesiredUpdates, Ending, Given, Reconciled};
use crate::wording;

type Judged<'a> = (&'a Arc<Alloc>, Fate);

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
    let mut judged: Vec<Judged<'a>> = Vec::with_capacity(allocs.len());
    for alloc in allocs {
        match fate::judge(alloc, group, position, job.kind, changes, given) {
            // Of a service that was told to end before, nobody is told again.
            Fate::Ignore => updates.ignore += u32::from(job.kind.runs_to_completion()),
            fate => judged.push((alloc, fate)),
        }
    }
    for (alloc, fate) in take_excess(&mut judged, group.count) {
        let lost = fate == Fate::Lost;
        out.stops.push(Ending { alloc, why: if lost { wording::LOST } else { wording::NOT_NEEDED }, lost });
        updates.stop += 1;
    }
    let mut names = Names::default();
    for (alloc, fate) in &judged {
        names.take(alloc.name_index);
        act(alloc, *fate, position, &mut updates, out);
    }
    let have = u32::try_from(judged.len()).unwrap_or(u32::MAX);
    for _ in have..group.count {
        let name_index = names.lowest_free();
        out.asks.push(Ask {
            group: position,
            name_index,
            previous: None,
            ends: None,
            elsewhere: false,
            node: None,
        });
        updates.place += 1;
    }
    out.updates.insert(group.name.clone(), updates);
}

/// Takes out what exceeds the count: failed ones first, then second holders of a name, then the highest names.
/// What is done cannot be undone and only counts.
fn take_excess<'a>(judged: &mut Vec<Judged<'a>>, count: u32) -> Vec<Judged<'a>> {
    let excess = judged.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
    if excess == 0 {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let mut order: Vec<_> = judged
        .iter()
        .enumerate()
        .map(|(at, (alloc, fate))| {
            let second = !seen.insert(alloc.name_index);
            (fate.is_over(), second, alloc.name_index, at)
        })
        .collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let is_done = |at: usize| judged.get(at).is_some_and(|(_, fate)| *fate == Fate::Done);
    let chosen: BTreeSet<usize> =
        order.into_iter().map(|(.., at)| at).filter(|at| !is_done(*at)).take(excess).collect();
    let mut at = 0;
    judged
        .extract_if(.., |_| {
            at += 1;
            chosen.contains(&(at - 1))
        })
        .collect()
}

fn act<'a>(
    alloc: &'a Arc<Alloc>,
    fate: Fate,
    position: u16,
    updates: &mut DesiredUpdates,
    out: &mut Reconciled<'a>,
) {
    let ask = Ask {
        group: position,
        name_index: alloc.name_index,
        previous: Some(alloc),
        ends: None,
        elsewhere: false,
        node: None,
    };
    match fate {
        Fate::Ignore | Fate::Done | Fate::Failed => updates.ignore += 1,
        Fate::Keep { updated } => {
            if updated {
                updates.in_place += 1;
                out.in_place.push((alloc, position));
            } else {
                updates.ignore += 1;
            }
            out.present.push((alloc, position));
        }
        Fate::Update => {
            updates.destructive += 1;
            out.present.push((alloc, position));
            let ends = Some(Ending { alloc, why: wording::UPDATING, lost: false });
            out.asks.push(Ask { ends, ..ask });
        }
        Fate::Migrate => {
            updates.migrate += 1;
            out.stops.push(Ending { alloc, why: wording::MIGRATING, lost: false });
            out.asks.push(ask);
        }
        Fate::Lost => {
            updates.place += 1;
            updates.stop += 1;
            out.stops.push(Ending { alloc, why: wording::LOST, lost: true });
            out.asks.push(ask);
        }
        Fate::Reschedule => {
            updates.place += 1;
            updates.reschedule_now += 1;
            let ends = Some(Ending { alloc, why: wording::RESCHEDULED, lost: false });
            out.asks.push(Ask { ends, elsewhere: true, ..ask });
        }
        Fate::RescheduleAt(due) => {
            updates.reschedule_later += 1;
            out.look_again = Some(out.look_again.map_or(due, |at| at.min(due)));
        }
    }
}
