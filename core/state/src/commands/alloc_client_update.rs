//! What a node says about its allocations. Only about its own, and what it said has ended stays ended.
//!
//! A node that servers take for gone is not listened to before it is ready again: what it runs would be known for a moment
//! and unknown with the next evaluation, over and over.

use std::sync::Arc;

use muster_model::{
    Alloc, AllocDeployment, AllocHealth, ClientStatus, DeploymentGroup, EvalTrigger, Job, JobType, NodeStatus,
};

use super::node_evals::Concerned;
use crate::change::Change;
use crate::command::{AllocClientUpdate, AllocStatusReport, Refusal, Reply};
use crate::tables::Tables;

pub(super) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &AllocClientUpdate,
) -> Result<Reply, Refusal> {
    let (_, row) = tables.node_slot(command.node_id).ok_or(Refusal::NodeNotFound)?;
    let status = row.node().status;
    if matches!(status, NodeStatus::Down | NodeStatus::Disconnected) {
        return Err(Refusal::NodeSilent { status });
    }
    let mut unknown = Vec::new();
    let (mut concerned, mut moved_on) = (Concerned::default(), Concerned::default());
    let mut back = Concerned::default();
    for report in &command.updates {
        let slot = tables.allocs.ids.get(&report.id).copied();
        let own = slot.and_then(|slot| Some((slot, &tables.allocs.rows.get(slot)?.alloc)));
        let Some((slot, old)) = own.filter(|(_, alloc)| alloc.node_id == command.node_id) else {
            unknown.push(report.id);
            continue;
        };
        let Some(alloc) = successor(tables, cx, old, report) else { continue };
        let news = news(tables, old, &alloc);
        let (job, verdict) = (Arc::clone(&alloc.job), alloc.deployment.clone());
        tables.replace_alloc(cx, slot, alloc);
        match news {
            News::Back => back.add(tables, &job),
            News::Ended => concerned.add(tables, &job),
            News::Verdict if moves_on(tables, verdict.as_deref(), &job) => moved_on.add(tables, &job),
            News::Verdict | News::Nothing => {}
        }
    }
    // One evaluation a job: whoever is back is looked at together with what failed or moved on.
    concerned.leave_out(&back);
    moved_on.leave_out(&back);
    moved_on.leave_out(&concerned);
    let mut evals = concerned.evaluate(tables, cx, command.seed, EvalTrigger::AllocFailure, None);
    evals.extend(moved_on.evaluate(tables, cx, command.seed, EvalTrigger::DeploymentWatcher, None));
    evals.extend(back.evaluate(tables, cx, command.seed, EvalTrigger::Reconnect, Some(command.node_id)));
    Ok(Reply::AllocsUpdated { evals, unknown })
}

/// The row after the report; `None` when the report says nothing new or would revive what has ended. One that the
/// servers gave up for lost may still tell how it really ended.
fn successor(tables: &Tables, cx: &Change, old: &Alloc, report: &AllocStatusReport) -> Option<Alloc> {
    let allowed = match old.client {
        ClientStatus::Complete | ClientStatus::Failed => report.status == old.client,
        ClientStatus::Lost => report.status.is_terminal(),
        _ => true,
    };
    let health = news_of_health(old, report);
    let same = health.is_none()
        && old.client == report.status
        && old.client_description == report.description
        && *old.tasks == *report.tasks;
    if same || !allowed {
        return None;
    }
    let mut alloc = old.clone();
    if (report.status == ClientStatus::Unknown) != (old.client == ClientStatus::Unknown) {
        alloc.note_state(report.status, cx.now);
        // What was said of it while nobody knew is not true any more.
        if !alloc.server_terminal() {
            alloc.desired_description = None;
        }
    }
    alloc.client = report.status;
    alloc.client_description.clone_from(&report.description);
    alloc.tasks = report.tasks.clone().into();
    if let Some(health) = health {
        let part = alloc.deployment.get_or_insert_default();
        (part.healthy, part.time, part.modify_index) = (Some(health.healthy), health.time, cx.index);
    }
    // While a rollout is under way, what failed is replaced only once its health is decided.
    if alloc.client == ClientStatus::Failed && alloc.healthy().is_some() && is_rolled_out(tables, &alloc) {
        alloc.transition.reschedule = true;
    }
    alloc.modify_index = cx.index;
    alloc.modify_time = cx.now;
    Some(alloc)
}

/// The verdict of the report, when it is the first on this allocation in the deployment it now belongs to.
fn news_of_health(old: &Alloc, report: &AllocStatusReport) -> Option<AllocHealth> {
    report.health.filter(|health| health.deployment == old.deployment_id() && old.healthy().is_none())
}

/// Whether it is part of a deployment that is not over.
fn is_rolled_out(tables: &Tables, alloc: &Alloc) -> bool {
    let deployment = alloc.deployment_id().and_then(|id| tables.deployments.get(id));
    deployment.is_some_and(|deployment| deployment.status.is_active())
}

/// What a report means for the job.
enum News {
    /// Its node, which had lost contact, speaks for it again.
    Back,
    /// A wanted allocation ended.
    Ended,
    /// A rollout knows more about its health.
    Verdict,
    Nothing,
}

fn news(tables: &Tables, old: &Alloc, new: &Alloc) -> News {
    if is_back(old, new) {
        News::Back
    } else if needs_evaluation(tables, old, new) {
        News::Ended
    } else if old.healthy() != new.healthy() && is_rolled_out(tables, new) {
        News::Verdict
    } else {
        News::Nothing
    }
}

/// Whether the rollout goes on with this verdict. The first version of a job replaces nothing, so that a healthy
/// allocation lets no other be placed: nothing is to be done before the last one is healthy, and that matters, since
/// whoever looks at the job looks at all its allocations.
fn moves_on(tables: &Tables, part: Option<&AllocDeployment>, job: &Job) -> bool {
    let deployment = part.and_then(|part| tables.deployments.get(part.id?));
    let whole = || deployment.is_some_and(|one| one.groups.values().all(DeploymentGroup::is_healthy));
    job.version > 0 || part.is_some_and(AllocDeployment::is_unhealthy) || whole()
}

/// Whether its node, which had lost contact, speaks for a wanted allocation again: there may be another in its place.
fn is_back(old: &Alloc, new: &Alloc) -> bool {
    old.client == ClientStatus::Unknown && new.client != ClientStatus::Unknown && !new.server_terminal()
}

/// Whether the job must be looked at again because a wanted allocation ended.
fn needs_evaluation(tables: &Tables, old: &Alloc, new: &Alloc) -> bool {
    let ended = !old.client_terminal() && new.client_terminal();
    if !ended || new.server_terminal() {
        return false;
    }
    let current = tables.job(&new.job.key());
    let wanted = current.is_some_and(|job| !job.stop && same_job(job, &new.job));
    let matters = match new.client {
        ClientStatus::Failed => matches!(new.job.kind, JobType::Service | JobType::Batch),
        ClientStatus::Complete => matches!(new.job.kind, JobType::Service | JobType::System),
        _ => true,
    };
    wanted && matters
}

/// Not another job of the same name that was registered after a purge.
fn same_job(a: &Arc<Job>, b: &Arc<Job>) -> bool {
    a.create_index == b.create_index
}
