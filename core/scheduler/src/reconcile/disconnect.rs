//! Allocations whose node lost contact, those it brings back, and what was placed for them meanwhile.
//!
//! ```text
//!   running --node silent--> unknown (waited for; replaced or not) --time is over--> lost, as any other
//!                               |
//!                               '--node speaks again--> back: it or its replacement stays, as the group says
//! ```
//!
//! Decides before anybody counts: what is neither away nor given up is handed on to be judged as usual. The terms are
//! those that the allocation was placed under, not those of a newer version of its job.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, UnixNanos};
use muster_model::planted::{self, Plant};
use muster_model::{
    Alloc, ClientStatus, DesiredUpdates, Disconnect, Group, NodeStatus, Reconcile, TaskPhase,
};
use muster_state::Snapshot;

use super::change::Changes;
use super::{Ask, Ending, Given, Reconciled};
use crate::wording;

/// What is known of one allocation beside what it says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact {
    /// Its node speaks for it, or it has nothing to say any more.
    Fine,
    /// Its node was silent and speaks for it again, be it only to say that it ended.
    Back,
    /// Its node is silent, and it is waited for; `fades` when it is not called unknown yet.
    /// `replace` says whether another one runs meanwhile.
    Away { fades: bool, until: Option<UnixNanos>, replace: bool },
    /// Its node is silent, and it is not waited for (any longer).
    Gone,
}

pub fn contact(alloc: &Alloc, snapshot: &Snapshot, now: UnixNanos) -> Contact {
    if alloc.server_terminal() || alloc.client == ClientStatus::Lost {
        return Contact::Fine;
    }
    if alloc.client_terminal() {
        return if alloc.reconnected() { Contact::Back } else { Contact::Fine };
    }
    let status = snapshot.node(alloc.node_id).map(|node| node.status);
    let silent = !matches!(status, Some(NodeStatus::Ready | NodeStatus::Initializing));
    let unknown = alloc.client == ClientStatus::Unknown;
    if !silent && !unknown {
        return if alloc.reconnected() { Contact::Back } else { Contact::Fine };
    }
    let known_to_run = matches!(alloc.client, ClientStatus::Running | ClientStatus::Unknown);
    // Whoever is told to leave, by an operator or a drain, is not waited for.
    let wish = alloc.transition;
    let stays = !(wish.migrate || wish.reschedule || wish.force_reschedule);
    let Some(terms) = Terms::of(alloc).filter(|terms| known_to_run && stays && terms.hold(status)) else {
        return Contact::Gone;
    };
    let since = if unknown { alloc.unknown_since() } else { now };
    let until = match planted::is(Plant::NobodyIsWaitedFor) {
        true => Some(since),
        false => terms.period.map(|period| since.after(period)),
    };
    let replaced = terms.replace || planted::is(Plant::ReplacedAnyway);
    match until.is_some_and(|until| until <= now) {
        true => Contact::Gone,
        // One whose node is there again will be spoken for in a moment.
        false => Contact::Away { fades: !unknown, until, replace: replaced && silent },
    }
}

/// How long an allocation is waited for.
#[derive(Clone, Copy, Debug)]
struct Terms {
    /// `None`: as long as it takes.
    period: Option<Duration>,
    /// Also when its node is not expected back.
    whatever: bool,
    /// Another one runs meanwhile.
    replace: bool,
}

impl Terms {
    fn of(alloc: &Alloc) -> Option<Self> {
        let group = alloc.group_spec()?;
        let block = group.disconnect.as_deref()?;
        if let Some(after) = block.stop_on_client_after {
            // Its node stops it by itself. Only then may another one run, so that there are never two.
            let kill = group.tasks.iter().map(|task| task.kill_timeout).max().unwrap_or_default();
            return Some(Self { period: Some(after.saturating_add(kill)), whatever: true, replace: false });
        }
        match (block.lost_after.is_zero(), block.replace) {
            (true, true) => None,
            (true, false) => Some(Self { period: None, whatever: true, replace: false }),
            (false, replace) => Some(Self { period: Some(block.lost_after), whatever: false, replace }),
        }
    }

    /// Whether they still hold for a node of this status; `None` is a node that was forgotten.
    const fn hold(&self, status: Option<NodeStatus>) -> bool {
        match status {
            None => false,
            Some(NodeStatus::Down) => self.whatever,
            Some(_) => true,
        }
    }
}

/// An allocation that is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Away<'a> {
    alloc: &'a Arc<Alloc>,
    fades: bool,
    until: Option<UnixNanos>,
    /// Another one runs in its place.
    replaced: bool,
    replace: bool,
}

/// Allocations of a group, sorted.
#[derive(Debug, Default)]
pub struct Sorted<'a> {
    /// To be judged as usual.
    pub rest: Vec<&'a Arc<Alloc>>,
    pub away: Vec<Away<'a>>,
}

/// Takes out who is away, ends who was given up and is replaced already, and decides who of two stays.
pub fn sort<'a>(
    allocs: &[&'a Arc<Alloc>],
    given: &Given<'a, '_>,
    changes: &Changes<'a>,
    updates: &mut DesiredUpdates,
    out: &mut Reconciled<'a>,
) -> Sorted<'a> {
    let contacts: Vec<Contact> =
        allocs.iter().map(|alloc| contact(alloc, given.snapshot, given.now)).collect();
    if contacts.iter().all(|contact| *contact == Contact::Fine) {
        return Sorted { rest: allocs.to_vec(), away: Vec::new() };
    }
    let done = |alloc: &Alloc| is_done(alloc, changes);
    let heirs = heirs(allocs, given.snapshot, |alloc| may_stand_in(alloc, changes));
    let mut sorted = Sorted::default();
    let mut ended = BTreeSet::new();
    for (alloc, contact) in allocs.iter().zip(contacts) {
        let heir = heirs.get(&alloc.id).copied();
        match (contact, heir) {
            (Contact::Away { .. }, Some(heir)) if done(heir) => {
                updates.stop += 1;
                out.stops.push(Ending { alloc, why: wording::NOT_NEEDED, lost: false });
                ended.insert(alloc.id);
            }
            (Contact::Away { fades, until, replace }, heir) => {
                sorted.away.push(Away { alloc, fades, until, replaced: heir.is_some(), replace });
                ended.insert(alloc.id);
            }
            (Contact::Gone, Some(_)) => {
                updates.stop += 1;
                out.stops.push(Ending { alloc, why: wording::LOST, lost: true });
                ended.insert(alloc.id);
            }
            (Contact::Back, Some(heir)) if !ended.contains(&alloc.id) && !ended.contains(&heir.id) => {
                let loser = if original_stays(alloc, heir, done(heir)) { heir } else { *alloc };
                updates.reconnect += 1;
                updates.stop += 1;
                out.stops.push(Ending { alloc: loser, why: wording::RECONNECTED, lost: false });
                ended.insert(loser.id);
            }
            _ => {}
        }
    }
    // Who is told to end is nobody that is away.
    let told: BTreeSet<AllocId> = out.stops.iter().map(|ending| ending.alloc.id).collect();
    sorted.away.retain(|away| !told.contains(&away.alloc.id));
    sorted.rest = allocs.iter().copied().filter(|alloc| !ended.contains(&alloc.id)).collect();
    sorted
}

/// Whether it did what it was to do, and counts.
fn is_done(alloc: &Alloc, changes: &Changes<'_>) -> bool {
    let complete = alloc.client == ClientStatus::Complete && !alloc.server_terminal();
    complete && alloc.job.kind.runs_to_completion() && changes.is_of_this_run(alloc)
}

/// Whether it lives, has done its work, or failed and is replaced as others that fail.
fn may_stand_in(alloc: &Alloc, changes: &Changes<'_>) -> bool {
    let failed = alloc.client == ClientStatus::Failed && !alloc.server_terminal();
    !alloc.terminal() || is_done(alloc, changes) || (failed && changes.is_of_this_run(alloc))
}

/// By what was replaced: the allocation in its place, however many lie between the two.
fn heirs<'a>(
    allocs: &[&'a Arc<Alloc>],
    snapshot: &'a Snapshot,
    may: impl Fn(&Alloc) -> bool,
) -> BTreeMap<AllocId, &'a Arc<Alloc>> {
    let mut heirs = BTreeMap::new();
    for heir in allocs.iter().copied().filter(|alloc| may(alloc)) {
        let mut link = heir.previous;
        for _ in 0..Disconnect::MAX_LINKS {
            let Some(id) = link else { break };
            heirs.insert(id, heir);
            link = snapshot.alloc(id).and_then(|older| older.previous);
        }
    }
    heirs
}

fn original_stays(original: &Alloc, heir: &Alloc, heir_is_done: bool) -> bool {
    if planted::is(Plant::WrongOneStays) {
        return original.disconnect().is_some_and(|block| block.reconcile == Reconcile::KeepReplacement);
    }
    // Work that is done need not be done again.
    if original.job.kind.runs_to_completion() && original.client == ClientStatus::Complete {
        return true;
    }
    if heir_is_done {
        return false;
    }
    // What is not known to run, or is about to leave, is worth nothing against what runs.
    let sound = |alloc: &Alloc| alloc.client == ClientStatus::Running && !alloc.transition.migrate;
    let strategy = original.disconnect().map(|block| block.reconcile).unwrap_or_default();
    let newer = heir.job.version > original.job.version && heir.job.create_index == original.job.create_index;
    match (sound(original), sound(heir), strategy) {
        (false, _, _) => false,
        (true, _, _) if newer => false,
        (true, _, Reconcile::KeepReplacement) => false,
        (true, _, Reconcile::KeepOriginal) | (true, false, _) => true,
        (true, true, Reconcile::BestScore) => score(original) >= score(heir),
        (true, true, Reconcile::LongestRunning) => started(original) <= started(heir),
    }
}

/// How well it was placed.
fn score(alloc: &Alloc) -> f64 {
    let own = alloc.metric.scores.iter().find(|score| score.node_id == alloc.node_id);
    own.map_or(0.0, |score| score.norm_score)
}

/// When the last of its running tasks began.
fn started(alloc: &Alloc) -> UnixNanos {
    let running = alloc.tasks.iter().filter(|task| task.phase == TaskPhase::Running);
    running.map(|task| task.started_at).max().unwrap_or(UnixNanos(i64::MAX))
}

/// Those of the group that are away and count.
#[derive(Debug, Default)]
pub struct Kept<'a> {
    pub names: Vec<u32>,
    /// Themselves: a rollout counts those whose health is not known yet.
    pub allocs: Vec<&'a Arc<Alloc>>,
    /// For what is to run in their place meanwhile.
    pub asks: Vec<Ask<'a>>,
}

/// Deals with who is away, once it is known for how many there is room beside the others.
pub fn settle<'a>(
    away: Vec<Away<'a>>,
    group: &Group,
    position: u16,
    others: usize,
    updates: &mut DesiredUpdates,
    out: &mut Reconciled<'a>,
) -> Kept<'a> {
    let wanted = usize::try_from(group.count).unwrap_or(usize::MAX);
    let room = wanted.saturating_sub(others);
    let mut kept = Kept::default();
    for away in away {
        // Neither who has a replacement nor a canary is one of the count.
        let beside = away.replaced || away.alloc.is_canary();
        if !beside && kept.names.len() >= room {
            updates.stop += 1;
            out.stops.push(Ending { alloc: away.alloc, why: wording::NOT_NEEDED, lost: false });
            continue;
        }
        wait(away.alloc, away.fades, away.until, updates, out);
        out.present.push((away.alloc, position));
        if beside {
            continue;
        }
        let name = away.alloc.name_index;
        kept.names.push(name);
        kept.allocs.push(away.alloc);
        if away.replace {
            let ask = Ask::new(position, name);
            kept.asks.push(Ask { previous: Some(away.alloc), elsewhere: true, ..ask });
        }
    }
    kept
}

/// It is called unknown from now on, and looked at again when its time is over.
pub fn wait<'a>(
    alloc: &'a Arc<Alloc>,
    fades: bool,
    until: Option<UnixNanos>,
    updates: &mut DesiredUpdates,
    out: &mut Reconciled<'a>,
) {
    if fades {
        updates.disconnect += 1;
        out.unknown.push(alloc);
    } else {
        updates.ignore += 1;
    }
    if let Some(until) = until {
        out.lost_at = Some(out.lost_at.map_or(until, |at| at.min(until)));
    }
}
