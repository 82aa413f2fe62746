//! An operator holds a rollout, or lets it go on. Only going on calls for an evaluation.

use muster_model::{Deployment, DeploymentStatus};

use super::{active, evaluate, updated};
use crate::change::Change;
use crate::command::{DeploymentPause, Refusal, Reply};
use crate::tables::Tables;

pub(in crate::commands) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &DeploymentPause,
) -> Result<Reply, Refusal> {
    let verb = if command.pause { "pause" } else { "resume" };
    let deployment = active(tables, command.id, verb)?;
    let (status, description) = match command.pause {
        true => (DeploymentStatus::Paused, Deployment::PAUSED),
        false => (DeploymentStatus::Running, deployment.running_description()),
    };
    if !command.pause {
        restart_deadlines(tables, cx, &deployment);
    }
    tables.set_deployment_status(cx, command.id, status, description.into());
    let eval = if command.pause { None } else { evaluate(tables, cx, &deployment, command.eval_id) };
    Ok(updated(eval, None))
}

/// Time spent on hold is no lack of progress.
fn restart_deadlines(tables: &mut Tables, cx: &mut Change, deployment: &Deployment) {
    if deployment.status != DeploymentStatus::Paused {
        return;
    }
    let now = cx.now;
    let cause = crate::command::DeploymentCause::StatusUpdate;
    tables.change_deployment(cx, deployment.id, cause, |deployment| {
        for group in deployment.groups.values_mut().filter(|group| !group.require_progress_by.is_zero()) {
            group.require_progress_by = crate::tables::deployments::deadline(group, now);
        }
    });
}
