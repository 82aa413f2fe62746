//! What time and health decide about rollouts: which fail, and whose canaries are promoted.
//!
//! ```text
//!   health reported, entry applied --> touched --decide--> DeploymentFail | DeploymentPromote
//!   progress deadline of a group passed ----------'
//! ```
//!
//! It reads the counters that `apply` keeps, never every allocation, and changes nothing itself: what it asks for may
//! come twice, and the second is refused. Moving a rollout on from one allocation to the next is not its business:
//! `apply` makes an evaluation with every verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_ids::{DeploymentId, EvalId, Index, UnixNanos};
use muster_model::planted::{self, Plant};
use muster_model::{Deployment, DeploymentFailure, DeploymentGroup, DeploymentStatus};
use muster_state::Snapshot;
use muster_state::command::{Command, DeploymentFail, DeploymentPromote, Event};

use crate::Draw;

#[derive(Debug, Default)]
pub struct Deployments {
    /// Changed since they were looked at last, and the oldest state that shows it.
    touched: BTreeMap<DeploymentId, Index>,
    /// When the next group of each has to have made progress.
    deadlines: BTreeMap<DeploymentId, UnixNanos>,
}

impl Deployments {
    /// This server leads, or missed something: look at all of them.
    pub fn refill(&mut self, snapshot: &Snapshot) {
        let active = snapshot.active_deployments().map(|deployment| (deployment.id, snapshot.index()));
        self.touched.extend(active);
    }

    pub fn take_event(&mut self, event: &Event, index: Index) {
        if let Event::DeploymentUpdated { deployment, .. } = event {
            self.touched.insert(deployment.id, index);
        }
    }

    /// Forgets everything: this server no longer leads.
    pub fn flush(&mut self) {
        *self = Self::default();
    }

    #[must_use]
    pub fn next_deadline(&self) -> Option<UnixNanos> {
        self.deadlines.values().copied().min()
    }

    /// What to propose now. What is proposed is looked at again with the next entry that changes it, or the next time
    /// its deadline has passed.
    pub fn decide(&mut self, snapshot: &Snapshot, now: UnixNanos, draw: &mut Draw<'_>) -> Vec<Command> {
        // What the state does not show yet is looked at with the next one.
        let (touched, later) =
            std::mem::take(&mut self.touched).into_iter().partition(|(_, from)| *from <= snapshot.index());
        self.touched = later;
        let touched: BTreeMap<DeploymentId, Index> = touched;
        let overdue = self.deadlines.iter().filter(|(id, at)| **at <= now && !self.touched.contains_key(*id));
        let due: BTreeSet<DeploymentId> = touched.into_keys().chain(overdue.map(|(id, _)| *id)).collect();
        let mut commands = Vec::new();
        for id in due {
            self.deadlines.remove(&id);
            let Some(deployment) =
                snapshot.deployment(id).filter(|one| one.status == DeploymentStatus::Running)
            else {
                continue;
            };
            match verdict(snapshot, deployment, now) {
                Verdict::Fail(cause) => {
                    let eval_id = EvalId::from_random(draw());
                    commands.push(Command::DeploymentFail(DeploymentFail { id, cause, eval_id }));
                    self.look_again(id, now);
                }
                Verdict::Promote => {
                    let eval_id = EvalId::from_random(draw());
                    commands.push(Command::DeploymentPromote(DeploymentPromote {
                        id,
                        groups: None,
                        eval_id,
                    }));
                    self.look_again(id, now);
                }
                Verdict::Wait { until: Some(until) } => {
                    self.deadlines.insert(id, until);
                }
                Verdict::Wait { until: None } => {}
            }
        }
        commands
    }

    /// In case that what was decided does not reach the log.
    fn look_again(&mut self, id: DeploymentId, now: UnixNanos) {
        self.deadlines.insert(id, now.after(std::time::Duration::from_secs(1)));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fail(DeploymentFailure),
    Promote,
    Wait { until: Option<UnixNanos> },
}

fn verdict(snapshot: &Snapshot, deployment: &Arc<Deployment>, now: UnixNanos) -> Verdict {
    let groups = || deployment.groups.values();
    if groups().any(|group| group.unhealthy > 0 && group.progress_deadline.is_zero()) {
        return Verdict::Fail(DeploymentFailure::UnhealthyAllocations);
    }
    let expected =
        groups().filter(|group| expects_progress(snapshot, group)).map(|group| group.require_progress_by);
    let until = expected.filter(|deadline| !deadline.is_zero()).min();
    if until.is_some_and(|deadline| deadline <= now) {
        return Verdict::Fail(DeploymentFailure::ProgressDeadline);
    }
    let ready = |group: &DeploymentGroup| !group.awaits_promotion() || canaries_are_healthy(snapshot, group);
    let unasked = deployment.promotes_itself() || planted::is(Plant::CanariesPromoteThemselves);
    if deployment.awaits_promotion() && unasked && groups().all(ready) {
        return Verdict::Promote;
    }
    Verdict::Wait { until }
}

/// Whether the group must move on before its deadline. Canaries that are all healthy wait for somebody to promote them,
/// as long as that takes.
fn expects_progress(snapshot: &Snapshot, group: &DeploymentGroup) -> bool {
    let waits_for_promotion = group.awaits_promotion() && canaries_are_healthy(snapshot, group);
    !(group.is_healthy() || waits_for_promotion)
}

fn canaries_are_healthy(snapshot: &Snapshot, group: &DeploymentGroup) -> bool {
    let canaries = group.placed_canaries.iter().filter_map(|id| snapshot.alloc(*id));
    let healthy = canaries.filter(|alloc| !alloc.terminal() && alloc.healthy() == Some(true)).count();
    healthy >= usize::try_from(group.desired_canaries).unwrap_or(usize::MAX)
}
