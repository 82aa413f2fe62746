//! Service and batch groups: `count` allocations, named 0 to count - 1, and canaries beside them.
//!
//! ```text
//!   judge each -> stop what is too many -> canaries, if something new must be tried first
//!              -> keep, update, move, replace the rest -> ask for what is missing
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use muster_model::planted::{self, Plant};
use muster_model::{Alloc, DesiredUpdates, Group, Job};

use super::change::Changes;
use super::disconnect;
use super::fate::{self, Fate};
use super::names::Names;
use super::rollout::{GroupRollout, Need, Rollout};
use super::{Ask, Ending, Given, Reconciled, kept};
use crate::wording;

type Judged<'a> = (&'a Arc<Alloc>, Fate);

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
    let state = rollout.group(group);
    let mut this = Counted { job, group, position, state, updates: DesiredUpdates::default(), given, out };
    let sorted = disconnect::sort(allocs, this.given, changes, &mut this.updates, this.out);
    let (mut judged, canaries) = this.judge_all(&sorted.rest, changes, rollout);
    this.stop_excess(&mut judged);
    let away = disconnect::settle(sorted.away, group, position, judged.len(), &mut this.updates, this.out);
    let outdated = count(&judged, |fate| fate == Fate::Update);
    let updated = count(&judged, |fate| fate == Fate::Keep { updated: true });
    let missing_canaries = this.missing_canaries(outdated, &canaries);
    let holds = Holds {
        awaits_promotion: state.awaits_promotion() || missing_canaries > 0,
        ready: !state.is_held() && !state.awaits_promotion() && missing_canaries == 0,
    };
    this.place_canaries(missing_canaries, &judged, &canaries);
    for (alloc, fate) in &canaries {
        this.act(alloc, *fate, false, Ask { canary: true, ..this.ask_after(alloc) });
    }
    let have = u32::try_from(judged.len() + away.names.len()).unwrap_or(u32::MAX);
    let missing = group.count.saturating_sub(have);
    let missing = missing.saturating_sub(u32::from(planted::is(Plant::OneIsMissing)));
    let replaced = u32::try_from(away.asks.len()).unwrap_or(u32::MAX);
    let budget = this.budget(&judged, &away.allocs, missing.saturating_add(replaced), holds);
    this.keep_and_replace(&judged, holds, budget);
    this.replace_away(away.asks, holds);
    this.ask_for_missing(&judged, &away.names, missing, holds);
    let DesiredUpdates { place, migrate, reschedule_later, .. } = this.updates;
    let need = Need {
        outdated: outdated + updated,
        had_current: allocs.iter().any(|alloc| is_current(alloc, job)),
        total: group.count,
        canaries: this.wanted_canaries().filter(|_| missing_canaries > 0).unwrap_or_default(),
        pending: place + migrate + reschedule_later > 0,
    };
    let updates = this.updates;
    rollout.note(group, need);
    out.updates.insert(group.name.clone(), updates);
}

fn is_current(alloc: &Alloc, job: &Job) -> bool {
    alloc.job.version == job.version && alloc.job.create_index == job.create_index
}

fn count(judged: &[Judged<'_>], wanted: impl Fn(Fate) -> bool) -> u32 {
    u32::try_from(judged.iter().filter(|(_, fate)| wanted(*fate)).count()).unwrap_or(u32::MAX)
}

/// What the rollout keeps from happening.
#[derive(Clone, Copy)]
struct Holds {
    awaits_promotion: bool,
    /// Nothing keeps the group from growing and changing.
    ready: bool,
}

struct Counted<'a, 'g, 'd, 'o> {
    job: &'a Arc<Job>,
    group: &'a Group,
    position: u16,
    state: GroupRollout<'a>,
    updates: DesiredUpdates,
    given: &'g mut Given<'a, 'd>,
    out: &'o mut Reconciled<'a>,
}

impl<'a> Counted<'a, '_, '_, '_> {
    /// Ordinary allocations and canaries. Canaries that are of no use any more end at once.
    fn judge_all(
        &mut self,
        allocs: &[&'a Arc<Alloc>],
        changes: &mut Changes<'a>,
        rollout: &Rollout<'a>,
    ) -> (Vec<Judged<'a>>, Vec<Judged<'a>>) {
        let kind = self.job.kind;
        let (mut judged, mut canaries) = (Vec::with_capacity(allocs.len()), Vec::new());
        for alloc in allocs {
            let fate = fate::judge(alloc, self.group, self.position, kind, changes, self.state, self.given);
            match fate {
                // Of a service that was told to end before, nobody is told again.
                Fate::Ignore => self.updates.ignore += u32::from(kind.runs_to_completion()),
                fate if rollout.is_stale_canary(alloc) => self.stop(alloc, fate == Fate::Lost),
                fate if alloc.is_canary() => canaries.push((*alloc, fate)),
                fate => judged.push((*alloc, fate)),
            }
        }
        (judged, canaries)
    }

    fn stop(&mut self, alloc: &'a Arc<Alloc>, lost: bool) {
        let why = if lost { wording::LOST } else { wording::NOT_NEEDED };
        self.out.stops.push(Ending { alloc, why, lost });
        self.updates.stop += 1;
    }

    fn stop_excess(&mut self, judged: &mut Vec<Judged<'a>>) {
        for (alloc, fate) in take_excess(judged, self.group.count) {
            self.stop(alloc, fate == Fate::Lost);
        }
    }

    fn wanted_canaries(&self) -> Option<u32> {
        self.state.strategy.map(|strategy| strategy.canary)
    }

    fn missing_canaries(&self, outdated: u32, canaries: &[Judged<'a>]) -> u32 {
        let have = u32::try_from(canaries.len()).unwrap_or(u32::MAX);
        self.state.missing_canaries(outdated, have, self.wanted_canaries().unwrap_or_default())
    }

    /// Canaries take the names of what they are to replace, the lowest first.
    fn place_canaries(&mut self, missing: u32, judged: &[Judged<'a>], canaries: &[Judged<'a>]) {
        let taken: BTreeSet<u32> = canaries.iter().map(|(alloc, _)| alloc.name_index).collect();
        let outdated = judged.iter().filter(|(_, fate)| *fate == Fate::Update);
        let outdated: BTreeSet<u32> = outdated.map(|(alloc, _)| alloc.name_index).collect();
        let mut others = Names::default();
        taken.iter().chain(&outdated).for_each(|name| others.take(*name));
        let mut names = outdated.iter().copied().filter(|name| !taken.contains(name));
        for _ in 0..missing {
            let name = names.next().unwrap_or_else(|| others.lowest_free());
            self.out.asks.push(Ask { canary: true, ..Ask::new(self.position, name) });
            self.updates.canary += 1;
        }
    }

    /// How many outdated allocations may be replaced now. What is gone, failed, missing or has to move comes first, and
    /// takes its share.
    fn budget(&self, judged: &[Judged<'a>], away: &[&'a Arc<Alloc>], missing: u32, holds: Holds) -> u32 {
        if self.state.strategy.is_none() {
            return u32::MAX;
        }
        if !holds.ready {
            return 0;
        }
        if planted::is(Plant::RolloutsKnowNoLimit) {
            return u32::MAX;
        }
        let first =
            count(judged, |fate| matches!(fate, Fate::Lost | Fate::Reschedule | Fate::Migrate)) + missing;
        let all = judged.iter().map(|(alloc, _)| alloc).chain(away);
        self.state.budget(all.map(|alloc| &***alloc)).saturating_sub(first)
    }

    fn keep_and_replace(&mut self, judged: &[Judged<'a>], holds: Holds, budget: u32) {
        let mut left = budget;
        for (alloc, fate) in judged {
            let mut ask = self.ask_after(alloc);
            // Nobody has promoted the new version: what replaces an old allocation is what it was.
            if holds.awaits_promotion && !is_current(alloc, self.job) {
                ask.version = kept::version(&alloc.job, self.given.snapshot);
            }
            let replace = *fate == Fate::Update && left > 0;
            left -= u32::from(replace);
            self.act(alloc, *fate, replace, ask);
        }
    }

    fn ask_after(&self, alloc: &'a Arc<Alloc>) -> Ask<'a> {
        Ask { previous: Some(alloc), ..Ask::new(self.position, alloc.name_index) }
    }

    /// What runs meanwhile for those whose node lost contact.
    fn replace_away(&mut self, asks: Vec<Ask<'a>>, holds: Holds) {
        for mut ask in asks {
            let outdated =
                ask.previous.filter(|alloc| holds.awaits_promotion && !is_current(alloc, self.job));
            ask.version = outdated.and_then(|alloc| kept::version(&alloc.job, self.given.snapshot));
            self.out.asks.push(ask);
            self.updates.place += 1;
        }
    }

    fn ask_for_missing(&mut self, judged: &[Judged<'a>], away: &[u32], missing: u32, holds: Holds) {
        if !holds.ready && self.state.strategy.is_some() {
            return;
        }
        let mut names = Names::default();
        judged.iter().for_each(|(alloc, _)| names.take(alloc.name_index));
        away.iter().for_each(|name| names.take(*name));
        for _ in 0..missing {
            self.out.asks.push(Ask::new(self.position, names.lowest_free()));
            self.updates.place += 1;
        }
    }

    fn act(&mut self, alloc: &'a Arc<Alloc>, fate: Fate, replace: bool, ask: Ask<'a>) {
        let (position, updates, out) = (self.position, &mut self.updates, &mut *self.out);
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
            Fate::Update if replace => {
                updates.destructive += 1;
                out.present.push((alloc, position));
                let ends = Some(Ending { alloc, why: wording::UPDATING, lost: false });
                out.asks.push(Ask { ends, ..ask });
            }
            Fate::Update => {
                updates.ignore += 1;
                out.present.push((alloc, position));
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
}

/// Takes out what exceeds the count: failed ones first, then second holders of a name, the outdated before others, then
/// the highest names. What is done cannot be undone and only counts.
fn take_excess<'a>(judged: &mut Vec<Judged<'a>>, count: u32) -> Vec<Judged<'a>> {
    let excess = judged.len().saturating_sub(usize::try_from(count).unwrap_or(usize::MAX));
    if excess == 0 {
        return Vec::new();
    }
    judged.sort_by_key(|(alloc, fate)| {
        (alloc.name_index, fate.is_over(), *fate == Fate::Update, alloc.create_index, alloc.id)
    });
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
