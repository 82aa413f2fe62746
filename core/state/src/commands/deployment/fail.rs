//! A rollout is given up. Where a group asks for it, the job goes back to its newest stable version, in the same entry.

use muster_model::{Deployment, DeploymentFailure, DeploymentStatus};

use super::{active, evaluate, updated};
use crate::change::Change;
use crate::command::{DeploymentFail, Refusal, Reply};
use crate::commands::job_store::revert_to;
use crate::tables::Tables;
use crate::tables::jobs::VersionRow;

pub(in crate::commands) fn apply(
    tables: &mut Tables,
    cx: &mut Change,
    command: &DeploymentFail,
) -> Result<Reply, Refusal> {
    let deployment = active(tables, command.id, "fail")?;
    let reverted = give_up(tables, cx, &deployment, command.cause);
    let eval = evaluate(tables, cx, &deployment, command.eval_id);
    Ok(updated(eval, reverted))
}

/// Ends it, and takes the job back where a group asks for that; the version it went back to.
pub(super) fn give_up(
    tables: &mut Tables,
    cx: &mut Change,
    deployment: &Deployment,
    cause: DeploymentFailure,
) -> Option<u64> {
    let mut description = cause.description().to_owned();
    let mut reverted = None;
    if deployment.groups.values().any(|group| group.auto_revert) {
        match way_back(tables, deployment) {
            WayBack::To(slot, stable) => {
                let to = stable.job.version;
                description.push_str(&format!(" - rolling back to job version {to}"));
                revert_to(tables, cx, slot, &stable);
                reverted = Some(to);
            }
            WayBack::SameAs(version) => description.push_str(&format!(
                " - not rolling back to stable job version {version} as current job has same specification"
            )),
            WayBack::None => description.push_str(" - no stable job version to auto revert to"),
        }
    }
    tables.set_deployment_status(cx, deployment.id, DeploymentStatus::Failed, description.into());
    reverted
}

enum WayBack {
    To(u32, VersionRow),
    /// The stable version asks for what failed.
    SameAs(u64),
    None,
}

/// Where the job can go back to, if the version that failed is still the one wanted.
fn way_back(tables: &Tables, deployment: &Deployment) -> WayBack {
    let Some(slot) = tables.jobs.ids.get(&deployment.job_key()).copied() else { return WayBack::None };
    let Some(row) = tables.jobs.at(slot) else { return WayBack::None };
    let Some(current) = row.current().filter(|current| deployment.is_of(current)) else {
        return WayBack::None;
    };
    match row.newest_stable(current.version) {
        None => WayBack::None,
        Some(stable) if stable.job.same_spec(current) => WayBack::SameAs(stable.job.version),
        Some(stable) => WayBack::To(slot, stable.clone()),
    }
}
