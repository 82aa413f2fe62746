//! Which service allocations of one job may leave their draining nodes now.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{AllocId, GroupName, NodeId, UnixNanos};
use muster_model::{Alloc, ClientStatus, Group, Job, JobKey, Migrate};
use muster_state::Snapshot;

/// The outcome of a look at one job.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub leave: Vec<AllocId>,
    /// When a replacement may count as up.
    pub next: Option<UnixNanos>,
    /// Nothing of the job is on a draining node, or all of it is on its way.
    pub done: bool,
}

/// One group's part of it.
#[derive(Debug, Default)]
struct Tally<'a> {
    /// Allocations that are up, or that are not waited for any longer.
    up: u32,
    /// Those that may leave: nearest deadline first, so that one node after the other gets empty.
    candidates: Vec<(UnixNanos, NodeId, u32, &'a Arc<Alloc>)>,
    next: Option<UnixNanos>,
}

pub(super) fn look(key: &JobKey, snapshot: &Snapshot, now: UnixNanos) -> Look {
    let job = snapshot.job(key).filter(|job| !job.stop);
    let mut look = Look { done: true, ..Look::default() };
    let mut tallies: BTreeMap<&GroupName, Tally<'_>> = BTreeMap::new();
    for alloc in snapshot.allocs_by_job(key).filter(|alloc| !alloc.terminal() && !is_leaving(alloc)) {
        let strategy = snapshot.node(alloc.node_id).and_then(|node| node.drain.as_ref());
        let Some(group) = job.and_then(|job| current(job, alloc)) else {
            // Nobody wants it any more, so nobody's policy keeps it.
            look.leave.extend(strategy.map(|_| alloc.id));
            continue;
        };
        let tally = tallies.entry(&group.name).or_default();
        if counts(alloc) {
            match settles_at(alloc, &policy(group), now) {
                None => tally.up += 1,
                Some(at) => tally.next = Some(tally.next.map_or(at, |next| next.min(at))),
            }
        }
        if let Some(strategy) = strategy {
            let deadline = strategy.deadline(now).unwrap_or(UnixNanos(i64::MAX));
            tally.candidates.push((deadline, alloc.node_id, alloc.name_index, alloc));
        }
    }
    for (name, tally) in tallies {
        let Some((_, group)) = job.and_then(|job| job.group(name.as_str())) else { continue };
        look.add(tally, group);
    }
    look
}

impl Look {
    fn add(&mut self, mut tally: Tally<'_>, group: &Group) {
        let needed = group.count.saturating_sub(policy(group).max_parallel);
        let budget = usize::try_from(tally.up.saturating_sub(needed)).unwrap_or(usize::MAX);
        tally
            .candidates
            .sort_unstable_by_key(|(deadline, node, name, alloc)| (*deadline, *node, *name, alloc.id));
        let stay = tally.candidates.len() > budget;
        self.leave.extend(tally.candidates.into_iter().take(budget).map(|(.., alloc)| alloc.id));
        if stay {
            self.done = false;
            self.next = [self.next, tally.next].into_iter().flatten().min();
        }
    }
}

/// The group as the job has it now; none for an allocation of another job of the same name.
fn current<'a>(job: &'a Job, alloc: &Alloc) -> Option<&'a Group> {
    let name = &alloc.group_spec()?.name;
    let group = job.group(name.as_str()).map(|(_, group)| group)?;
    (job.create_index == alloc.job.create_index).then_some(group)
}

/// Every service group has one; what came from an older log may lack it.
fn policy(group: &Group) -> Migrate {
    group.migrate.as_deref().cloned().unwrap_or_default()
}

/// Whether the next evaluation of its job replaces it anyhow.
const fn is_leaving(alloc: &Alloc) -> bool {
    let wish = alloc.transition;
    wish.migrate || wish.reschedule || wish.force_reschedule
}

/// Whether it is one of the group's count that servers know something of: canaries are beside it, and who is unknown has
/// another in its place.
fn counts(alloc: &Alloc) -> bool {
    !alloc.is_canary() && alloc.client != ClientStatus::Unknown
}

/// When the allocation may count as up; `None` when it does. Its node says when it is healthy, and when it gave that up.
/// Until it does, by the servers' clock: since the node last had something to tell of it, which is when it started, or
/// restarted.
fn settles_at(alloc: &Alloc, migrate: &Migrate, now: UnixNanos) -> Option<UnixNanos> {
    match (alloc.healthy(), alloc.client) {
        (Some(true), ClientStatus::Running) | (Some(false), _) => return None,
        _ => {}
    }
    let given_up = alloc.create_time.after(migrate.healthy_deadline);
    let at = match alloc.client {
        ClientStatus::Running => alloc.modify_time.after(migrate.min_healthy_time).min(given_up),
        _ => given_up,
    };
    (at > now).then_some(at)
}
