//! What became of an allocation's failures, for those who ask: the chain of attempts behind it, and the evaluation
//! that will make the next one, or give up what is out of contact. The same rules by which [`crate::schedule`] decides, read backwards.

use std::sync::Arc;

use muster_ids::EvalId;
use muster_model::{
    Alloc, ClientStatus, EvalStatus, EvalTrigger, Evaluation, Group, RescheduleEvent, ReschedulePolicy,
    Rescheduling,
};
use muster_state::Snapshot;

use crate::reconcile::disconnect::{Contact, contact};
use crate::reconcile::reschedule::{self, Decision};

/// How many events are told of a group that is rescheduled for ever: the newest.
const TOLD_OF_UNLIMITED: usize = 5;

#[must_use]
pub fn rescheduling(alloc: &Alloc, snapshot: &Snapshot) -> Rescheduling {
    if alloc.client == ClientStatus::Unknown {
        return Rescheduling { follow_up: gives_up(alloc, snapshot), ..failures(alloc, snapshot) };
    }
    failures(alloc, snapshot)
}

/// The evaluation that looks at what is out of contact when the time it is waited for is over.
fn gives_up(alloc: &Alloc, snapshot: &Snapshot) -> Option<EvalId> {
    let Contact::Away { until: Some(until), .. } = contact(alloc, snapshot, snapshot.time()) else {
        return None;
    };
    let evals: Vec<&Arc<Evaluation>> = snapshot.evals_by_job(&alloc.job.key()).collect();
    follow_up(&evals, until)
}

fn failures(alloc: &Alloc, snapshot: &Snapshot) -> Rescheduling {
    let Some(own) = alloc.group_spec().and_then(|group| group.reschedule.as_ref()) else {
        return Rescheduling::default();
    };
    let mut found = Rescheduling { events: events(alloc, own, snapshot), ..Rescheduling::default() };
    let waits = alloc.client == ClientStatus::Failed && !alloc.server_terminal() && alloc.next.is_none();
    let key = alloc.job.key();
    let job = snapshot.job(&key).filter(|job| waits && job.create_index == alloc.job.create_index);
    let group = job.zip(alloc.group_spec()).and_then(|(job, group)| job.group(group.name.as_str()));
    if let Some((_, group)) = group {
        let evals: Vec<&Arc<Evaluation>> = snapshot.evals_by_job(&key).collect();
        let find = |id| snapshot.alloc(id).map(Arc::as_ref);
        match reschedule::decide(group.reschedule.as_ref(), alloc, find, snapshot.time()) {
            Decision::At(due) => found.follow_up = follow_up(&evals, due),
            Decision::Now => found.unplaced = is_unplaced(&evals, group),
            Decision::Never => {}
        }
    }
    found
}

fn events(alloc: &Alloc, policy: &ReschedulePolicy, snapshot: &Snapshot) -> Vec<RescheduleEvent> {
    let links = reschedule::links(alloc, |id| snapshot.alloc(id).map(Arc::as_ref));
    let failed = links.filter(|(_, older)| older.client == ClientStatus::Failed);
    let links: Vec<_> = failed.map(|(newer, older)| (newer.create_time, older.id, older.node_id)).collect();
    let told = if policy.unlimited { TOLD_OF_UNLIMITED } else { policy.attempts as usize };
    let hidden = links.len().saturating_sub(told.max(1));
    let event = |(earlier, (time, previous, previous_node)): (usize, _)| RescheduleEvent {
        time,
        previous,
        previous_node,
        delay: reschedule::delay(policy, u32::try_from(earlier).unwrap_or(u32::MAX)),
    };
    links.into_iter().rev().enumerate().skip(hidden).map(event).collect()
}

/// The last evaluation before it is due looks at it, and plans another one for it; or else the next one there is.
fn follow_up(evals: &[&Arc<Evaluation>], due: muster_ids::UnixNanos) -> Option<EvalId> {
    let planned = evals.iter().copied().filter(|eval| {
        eval.status == EvalStatus::Pending
            && matches!(eval.trigger, EvalTrigger::AllocReschedule | EvalTrigger::MaxDisconnectTimeout)
            && !eval.wait_until.is_zero()
    });
    let (before, after): (Vec<&Arc<Evaluation>>, Vec<_>) = planned.partition(|eval| eval.wait_until <= due);
    let last = before.into_iter().max_by_key(|eval| (eval.wait_until, eval.id));
    last.or_else(|| after.into_iter().min_by_key(|eval| (eval.wait_until, eval.id))).map(|eval| eval.id)
}

fn is_unplaced(evals: &[&Arc<Evaluation>], group: &Group) -> bool {
    evals
        .iter()
        .any(|eval| eval.status == EvalStatus::Blocked && eval.failed_groups.contains_key(&group.name))
}
