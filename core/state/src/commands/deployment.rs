//! What operators and the leader do to a deployment. Each needs one that is not over.

mod alloc_health;
mod fail;
mod pause;
mod promote;

use std::sync::Arc;

use muster_ids::{DeploymentId, EvalId};
use muster_model::{Deployment, EvalTrigger, Evaluation};

pub(super) use alloc_health::apply as apply_alloc_health;
pub(super) use fail::apply as apply_fail;
pub(super) use pause::apply as apply_pause;
pub(super) use promote::apply as apply_promote;

use crate::change::Change;
use crate::command::{Refusal, Reply};
use crate::tables::Tables;

/// The deployment, or why nobody can `verb` it.
fn active(tables: &Tables, id: DeploymentId, verb: &'static str) -> Result<Arc<Deployment>, Refusal> {
    let deployment = tables.deployments.get(id).ok_or(Refusal::DeploymentNotFound)?;
    match deployment.status.is_active() {
        true => Ok(Arc::clone(deployment)),
        false => Err(Refusal::DeploymentOver { verb: verb.into() }),
    }
}

/// Makes the evaluation that acts on what changed; none when the job is gone.
fn evaluate(tables: &mut Tables, cx: &mut Change, deployment: &Deployment, id: EvalId) -> Option<EvalId> {
    let job = Arc::clone(tables.job(&deployment.job_key())?);
    let mut eval = Evaluation::pending(id, &job, EvalTrigger::DeploymentWatcher, cx.now);
    eval.priority = deployment.eval_priority;
    eval.deployment_id = Some(deployment.id);
    tables.store_eval(cx, eval);
    Some(id)
}

const fn updated(eval_id: Option<EvalId>, reverted_version: Option<u64>) -> Reply {
    Reply::DeploymentUpdated { eval_id, reverted_version }
}
