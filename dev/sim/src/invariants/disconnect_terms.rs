//! `disconnect_terms_hold`: what runs on a node that lost contact is not given up sooner than its `disconnect` block says,
//! is replaced meanwhile only if that says so, and of the two the right one stays when the node is back.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{AllocId, Index, NodeId, UnixNanos};
use muster_model::{Alloc, ClientStatus, NodeStatus, Plan, Reconcile};
use muster_state::Snapshot;
use muster_state::command::{Command, Entry, Event as Fact};

use super::{Check, violated};

/// What users read of an allocation that ends because of another one's return.
const RECONNECTED: &str = "alloc not needed due to disconnected client reconnect";
/// How far back a replacement is followed.
const LINKS: usize = 64;

/// What plans have to know of the time before them.
#[derive(Debug, Default)]
pub struct Terms {
    /// Nodes that were down, and until when: a plan made before then need not wait for them.
    downs: BTreeMap<NodeId, Index>,
    /// Wanted allocations that run or are waited for, the entry that said so, and since when nothing is known of them.
    known: BTreeMap<AllocId, (Index, Option<UnixNanos>)>,
}

impl Terms {
    pub fn applied(&mut self, snapshot: &Snapshot, entry: &Entry, events: &[Fact]) -> Check {
        let now = snapshot.index();
        for event in events {
            match event {
                Fact::NodeUpdated(node) | Fact::NodeRegistered(node) if node.status == NodeStatus::Down => {
                    self.downs.insert(node.id, Index(u64::MAX));
                }
                Fact::NodeUpdated(node) | Fact::NodeRegistered(node) => {
                    self.downs.entry(node.id).and_modify(|until| *until = now.min(*until));
                }
                Fact::AllocUpdated(alloc) if alloc.client == ClientStatus::Lost => {
                    if let Some((at, since)) = self.known.remove(&alloc.id) {
                        self.not_too_early(snapshot, entry, alloc, at, since)?;
                    }
                }
                Fact::AllocUpdated(alloc) => self.note(alloc, now),
                Fact::Collected { allocs, .. } => self.known.retain(|id, _| !allocs.contains(id)),
                _ => {}
            }
        }
        for plan in plans(entry) {
            let ended = plan.stops.iter().filter(|stop| *stop.description == *RECONNECTED);
            for alloc in ended.filter_map(|stop| snapshot.alloc(stop.id)) {
                if alloc.alloc_modify_index == now {
                    right_one_stays(snapshot, alloc)?;
                }
            }
            only_as_said(snapshot, plan)?;
        }
        Ok(())
    }

    fn note(&mut self, alloc: &Alloc, now: Index) {
        let runs = matches!(alloc.client, ClientStatus::Running | ClientStatus::Unknown);
        if !runs || alloc.server_terminal() || alloc.disconnect().is_none() {
            self.known.remove(&alloc.id);
            return;
        }
        let since = (alloc.client == ClientStatus::Unknown).then(|| alloc.unknown_since());
        let news = self.known.get(&alloc.id).is_none_or(|(_, known)| *known != since);
        if news {
            self.known.insert(alloc.id, (now, since));
        }
    }

    fn not_too_early(
        &self,
        snapshot: &Snapshot,
        entry: &Entry,
        alloc: &Alloc,
        at: Index,
        since: Option<UnixNanos>,
    ) -> Check {
        let lost = |plan: &&Plan| {
            plan.stops
                .iter()
                .any(|stop| stop.id == alloc.id && stop.client_status == Some(ClientStatus::Lost))
        };
        // A plan that was made before somebody said so did not know.
        let plan = plans(entry).find(lost).filter(|plan| at <= plan.snapshot_index);
        let Some((plan, period)) = plan.zip(period(alloc)) else { return Ok(()) };
        let was_down = self.downs.get(&alloc.node_id).is_some_and(|until| *until > plan.snapshot_index);
        let wish = alloc.transition;
        let told = wish.migrate || wish.reschedule || wish.force_reschedule;
        let wanted = snapshot.job(&alloc.job.key()).is_some_and(|job| {
            let same = job.create_index == alloc.job.create_index;
            let group = alloc.group_spec().and_then(|group| Some(job.group(group.name.as_str())?.1));
            // Of a job on every node, what there are too many of goes with its node.
            let counts = group.is_some_and(|group| !job.kind.is_per_node() || alloc.name_index < group.count);
            same && counts && !job.stop && job.job_modify_index <= plan.snapshot_index
        });
        if !wanted || told || (was_down && period.while_up) {
            return Ok(());
        }
        let waited = since.map_or(Duration::ZERO, |since| snapshot.time().since(since));
        if waited < period.length {
            let (name, id) = (alloc.name(), alloc.id);
            let detail = format!("{name} {id} is lost after {waited:?} of {:?}", period.length);
            return violated("disconnect_terms_hold", detail);
        }
        Ok(())
    }
}

fn plans(entry: &Entry) -> impl Iterator<Item = &Plan> {
    entry.commands.iter().filter_map(|command| match command {
        Command::PlanApply(plan) => Some(&**plan),
        _ => None,
    })
}

struct Period {
    length: Duration,
    /// Only as long as the node is not down.
    while_up: bool,
}

fn period(alloc: &Alloc) -> Option<Period> {
    let block = alloc.disconnect()?;
    match block.stop_on_client_after {
        Some(length) => Some(Period { length, while_up: false }),
        None if block.lost_after.is_zero() && block.replace => None,
        None if block.lost_after.is_zero() => Some(Period { length: Duration::MAX, while_up: false }),
        None => Some(Period { length: block.lost_after, while_up: true }),
    }
}

/// Whether it is waited for however long its node is away.
pub fn waits_for_ever(alloc: &Alloc) -> bool {
    alloc.client == ClientStatus::Unknown
        && !alloc.server_terminal()
        && period(alloc).is_some_and(|period| period.length == Duration::MAX)
}

/// Whether the one took the other's place while the other's node was away, however many lie between them.
pub fn stands_in_for(snapshot: &Snapshot, heir: &Alloc, original: &Alloc) -> bool {
    let away = original.client == ClientStatus::Unknown || !original.states.is_empty();
    let mut link = heir.previous;
    for _ in 0..LINKS {
        match link {
            Some(id) if id == original.id => return away,
            Some(id) => link = snapshot.alloc(id).and_then(|older| older.previous),
            None => break,
        }
    }
    false
}

/// What is placed beside something that is waited for.
fn only_as_said(snapshot: &Snapshot, plan: &Plan) -> Check {
    for placement in &plan.placements {
        let placed = snapshot.alloc(placement.id).filter(|alloc| alloc.create_index == snapshot.index());
        let original = placed.and_then(|alloc| alloc.previous).and_then(|id| snapshot.alloc(id));
        let waits = |alloc: &&std::sync::Arc<Alloc>| {
            alloc.client == ClientStatus::Unknown && !alloc.server_terminal()
        };
        let Some(original) = original.filter(waits) else { continue };
        let may =
            original.disconnect().is_some_and(|block| block.replace && block.stop_on_client_after.is_none());
        if !may {
            let detail = format!("{} {} is replaced while it is waited for", original.name(), original.id);
            return violated("disconnect_terms_hold", detail);
        }
    }
    Ok(())
}

fn right_one_stays(snapshot: &Snapshot, ended: &Alloc) -> Check {
    let strategy = |original: &Alloc| original.disconnect().map(|block| block.reconcile).unwrap_or_default();
    let key = ended.job.key();
    // One that was away itself may end for the one in its own place.
    let has_heir = snapshot
        .allocs_by_job(&key)
        .any(|other| !other.server_terminal() && stands_in_for(snapshot, other, ended));
    for other in snapshot.allocs_by_job(&key).filter(|other| other.id != ended.id && !other.server_terminal())
    {
        let done = other.job.kind.runs_to_completion() && other.client == ClientStatus::Complete;
        let is_back = other.client != ClientStatus::Unknown && !done;
        let replacement_ends = is_back && !has_heir && stands_in_for(snapshot, ended, other);
        if replacement_ends && strategy(other) == Reconcile::KeepReplacement {
            let detail = format!("{} {} ends instead of {}", ended.name(), ended.id, other.id);
            return violated("disconnect_terms_hold", detail);
        }
        let sound = ended.client == ClientStatus::Running && !ended.transition.migrate;
        let original_ends = sound
            && stands_in_for(snapshot, other, ended)
            && other.job.version == ended.job.version
            && !other.client_terminal();
        if original_ends && strategy(ended) == Reconcile::KeepOriginal {
            let detail = format!("{} {} ends, and {} stays", ended.name(), ended.id, other.id);
            return violated("disconnect_terms_hold", detail);
        }
    }
    Ok(())
}
