//! System and sysbatch groups: one allocation on every node that can run it, or of a sysbatch group `count` of them, named
//! 0 to count - 1 on each node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_ids::{NodeId, UnixNanos};
use muster_model::planted::{self, Plant};
use muster_model::{Alloc, ClientStatus, DesiredUpdates, Group, Job, JobType};

use super::change::{Change, Changes};
use super::disconnect::{self, Contact};
use super::rollout::{GroupRollout, Need, Rollout};
use super::{Ask, Ending, Given, Reconciled, fate, kept};
use crate::wording;

/// A node, and the name of the allocation on it.
type Place = (NodeId, u32);

type Judged<'a> = (&'a Arc<Alloc>, Verdict<'a>);

/// What is at one place already.
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
    /// Its node lost contact; it is waited for.
    Away {
        fades: bool,
        until: Option<UnixNanos>,
    },
    /// As before, but only when the new one fits.
    Update(Ending<'a>),
}

pub fn reconcile<'a>(
    job: &'a Arc<Job>,
    position: u16,
    allocs: &[&'a Arc<Alloc>],
    changes: &mut Changes<'a>,
    rollout: &mut Rollout<'a>,
    given: &mut Given<'a, '_>,
    out: &mut Reconciled<'a>,
) {
    let Some(group) = job.groups.get(usize::from(position)) else { return };
    // Live allocations first: a dead one on the same node has nothing to say beside them.
    let (live, over): (Vec<&'a Arc<Alloc>>, Vec<_>) =
        allocs.iter().copied().partition(|alloc| !alloc.terminal());
    let mut covered: BTreeSet<Place> = BTreeSet::new();
    let mut judged = Vec::with_capacity(allocs.len());
    for alloc in live.into_iter().chain(over) {
        let place = (alloc.node_id, alloc.name_index);
        let too_many = alloc.name_index >= group.count || (covered.contains(&place) && !alloc.terminal());
        let verdict = if too_many {
            surplus(alloc, given)
        } else {
            judge(alloc, group, position, job.kind, changes, given)
        };
        if !verdict.leaves_place() {
            covered.insert(place);
        }
        judged.push((alloc, verdict));
    }
    let missing = missing_places(position, group.count, &covered, given);
    let mut pace = Pace::of(rollout.group(group), &judged, &missing);
    let mut updates = DesiredUpdates::default();
    let mut previous: BTreeMap<Place, &'a Arc<Alloc>> = BTreeMap::new();
    for (alloc, verdict) in &judged {
        act(alloc, *verdict, position, &mut pace, &mut previous, &mut updates, out);
    }
    let version = pace.old_version(given);
    for place in &missing {
        let ask = ask(position, *place, previous.get(place).copied(), None);
        out.asks.push(Ask { version, ..ask });
        updates.place += 1;
    }
    let running = judged.iter().filter(|(_, verdict)| verdict.stays()).count();
    let need = Need {
        outdated: pace.outdated + updates.in_place,
        had_current: allocs
            .iter()
            .any(|alloc| alloc.job.version == job.version && alloc.job.create_index == job.create_index),
        total: u32::try_from(running + missing.len()).unwrap_or(u32::MAX),
        canaries: pace.canaries,
        pending: updates.place + updates.migrate > 0,
    };
    rollout.note(group, need);
    out.updates.insert(group.name.clone(), updates);
}

fn act<'a>(
    alloc: &'a Arc<Alloc>,
    verdict: Verdict<'a>,
    position: u16,
    pace: &mut Pace<'a>,
    previous: &mut BTreeMap<Place, &'a Arc<Alloc>>,
    updates: &mut DesiredUpdates,
    out: &mut Reconciled<'a>,
) {
    let place = (alloc.node_id, alloc.name_index);
    match verdict {
        Verdict::Missing => {
            updates.ignore += 1;
            previous.insert(place, alloc);
        }
        Verdict::Covered { updated } => {
            if updated {
                updates.in_place += 1;
                out.in_place.push((alloc, position));
            } else {
                updates.ignore += 1;
            }
            out.present.push((alloc, position));
        }
        Verdict::Finished => updates.ignore += 1,
        Verdict::Away { fades, until } => {
            out.present.push((alloc, position));
            disconnect::wait(alloc, fades, until, updates, out);
        }
        Verdict::Stop(ending) => {
            updates.stop += 1;
            out.stops.push(ending);
            if ending.lost {
                previous.insert(place, alloc);
            }
        }
        Verdict::Renew(ending) => {
            updates.migrate += 1;
            out.stops.push(ending);
            previous.insert(place, alloc);
        }
        Verdict::Update(ending) => {
            out.present.push((alloc, position));
            let ask = ask(position, place, Some(alloc), Some(ending));
            match pace.next() {
                Turn::Canary => {
                    updates.canary += 1;
                    out.asks.push(Ask { canary: true, ..ask });
                }
                Turn::Replace => {
                    updates.destructive += 1;
                    out.asks.push(ask);
                }
                Turn::Wait => updates.ignore += 1,
            }
        }
    }
}

/// How fast outdated allocations are replaced.
#[derive(Debug)]
struct Pace<'a> {
    outdated: u32,
    /// Canaries still to be made: outdated allocations that are replaced before anybody promotes.
    missing_canaries: u32,
    /// How many the group is to have; 0 when it needs none now.
    canaries: u32,
    budget: u32,
    /// What outdated allocations run, while nobody has promoted anything else.
    old: Option<&'a Arc<Job>>,
}

enum Turn {
    Canary,
    Replace,
    Wait,
}

impl<'a> Pace<'a> {
    /// Of a job that runs on every node, `canary` is a share of the nodes, in percent, rounded up.
    fn of(state: GroupRollout<'_>, judged: &[Judged<'a>], missing: &[Place]) -> Self {
        let outdated = judged.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Update(_)));
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let old = outdated.clone().next().map(|(alloc, _)| &alloc.job);
        let outdated = count(outdated.count());
        let nodes = judged.iter().filter(|(_, verdict)| verdict.stays()).count() + missing.len();
        let percent = state.strategy.map_or(0, |strategy| strategy.canary.min(100));
        let wanted = count(nodes).saturating_mul(percent).div_ceil(100);
        let live = || judged.iter().filter(|(alloc, _)| !alloc.terminal()).map(|(alloc, _)| &***alloc);
        let have = live().filter(|alloc| alloc.is_canary() && state.owns(alloc)).count();
        let missing_canaries = state.missing_canaries(outdated, count(have), wanted);
        let awaits = state.awaits_promotion() || missing_canaries > 0;
        let down = places_to_refill(state, judged, missing);
        let budget = match planted::is(Plant::NodesChangeAtOnce) {
            true => u32::MAX,
            false => state.budget(live()).saturating_sub(count(down)),
        };
        let budget = if state.is_held() || awaits { 0 } else { budget };
        let canaries = if missing_canaries > 0 { wanted } else { 0 };
        let budget = if state.strategy.is_none() { u32::MAX } else { budget };
        Self { outdated, missing_canaries, canaries, budget, old: old.filter(|_| awaits) }
    }

    const fn next(&mut self) -> Turn {
        if let Some(left) = self.missing_canaries.checked_sub(1) {
            self.missing_canaries = left;
            return Turn::Canary;
        }
        match self.budget.checked_sub(1) {
            Some(left) => {
                self.budget = left;
                Turn::Replace
            }
            None => Turn::Wait,
        }
    }

    /// What nodes get that have nothing yet, while canaries await promotion: what the others still run.
    fn old_version(&self, given: &Given<'a, '_>) -> Option<&'a Arc<Job>> {
        kept::version(self.old?, given.snapshot)
    }
}

/// Places whose old allocation the rollout has stopped, and whose new one had to wait for its end.
fn places_to_refill(state: GroupRollout<'_>, judged: &[Judged<'_>], missing: &[Place]) -> usize {
    let stopped = judged
        .iter()
        .filter(|(alloc, verdict)| matches!(verdict, Verdict::Missing) && state.has_stopped(alloc));
    let stopped: BTreeSet<Place> = stopped.map(|(alloc, _)| (alloc.node_id, alloc.name_index)).collect();
    missing.iter().filter(|place| stopped.contains(place)).count()
}

impl Verdict<'_> {
    /// Whether another one may come in its place. A node that is there may have lost what ran on it.
    const fn leaves_place(&self) -> bool {
        match self {
            Self::Missing | Self::Renew(_) => true,
            Self::Stop(ending) => ending.lost,
            Self::Covered { .. } | Self::Finished | Self::Away { .. } | Self::Update(_) => false,
        }
    }

    /// Whether something of the group goes on, or is renewed, on its node.
    const fn stays(&self) -> bool {
        matches!(self, Self::Covered { .. } | Self::Away { .. } | Self::Update(_))
    }
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
    match disconnect::contact(alloc, given.snapshot, given.now) {
        Contact::Gone => return Verdict::Stop(Ending { alloc, why: wording::LOST, lost: true }),
        Contact::Away { fades, until, .. } => return Verdict::Away { fades, until },
        Contact::Fine | Contact::Back => {}
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

/// Places that are to have an allocation and have none, node by node.
fn missing_places(position: u16, count: u32, covered: &BTreeSet<Place>, given: &Given<'_, '_>) -> Vec<Place> {
    let Some(demands) = given.demands.get(usize::from(position)) else { return Vec::new() };
    let columns = given.snapshot.columns().iter().map(|(_, slot)| slot);
    let nodes = columns.filter(|slot| slot.accepts_work() && demands.admits(slot.node()));
    let places = nodes.flat_map(|slot| (0..count).map(|index| (slot.node().id, index)));
    places.filter(|place| !covered.contains(place) || planted::is(Plant::NodesAreCoveredTwice)).collect()
}

const fn ask<'a>(
    group: u16,
    (node, name_index): Place,
    previous: Option<&'a Arc<Alloc>>,
    ends: Option<Ending<'a>>,
) -> Ask<'a> {
    Ask { previous, ends, node: Some(node), ..Ask::new(group, name_index) }
}
