//! Deployments: list, read, and what operators do to them.

use std::sync::Arc;

use muster_api::views::{
    AllocListStub, DeploymentAllocHealthRequest, DeploymentPauseRequest, DeploymentPromoteRequest,
    DeploymentUnblockRequest, DeploymentUpdateResponse, DeploymentView,
};
use muster_ids::{AllocId, DeploymentId, GroupName};
use muster_model::{Deployment, DeploymentFailure};
use muster_state::WatchKey;
use muster_state::command::{
    Command, DeploymentAllocHealth, DeploymentFail, DeploymentPause, DeploymentPromote, Reply,
};

use super::allocs::{by_age_or_id, prefix, stubs};
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};
use crate::http::page::ByAge;
use crate::http::routes::job;
use crate::scoped::Scoped;

pub(crate) fn list(read: &Read<'_>) -> ListResult<DeploymentView> {
    let prefix = prefix(read)?;
    let namespace = &read.options.namespace;
    let all = read.state.deployments(&prefix).filter(|deployment| namespace.covers(&deployment.namespace));
    let chosen = filter::deployments(read, all)?;
    let page =
        by_age_or_id(read.options, chosen, |deployment| ByAge(deployment.create_index, deployment.id))?;
    Ok(Listing::new(page, [WatchKey::Deployments], Arc::clone, |deployment: Arc<Deployment>| {
        (&*deployment).into()
    }))
}

fn parse(text: &str) -> Result<DeploymentId, ApiError> {
    text.parse().map_err(|error| malformed_id("deployment", &error))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<DeploymentView> {
    let id = parse(read.param(0))?;
    let watch = [WatchKey::Deployment(id)];
    match read.state.deployment(id) {
        Some(deployment) => Ok(Answer::new((&**deployment).into(), watch)),
        None => Err(Missing::not_found("deployment not found", watch)),
    }
}

pub(crate) fn allocations(read: &Read<'_>) -> ReadResult<Vec<AllocListStub>> {
    let id = parse(read.param(0))?;
    let Some(deployment) = read.state.deployment(id) else {
        return Err(Missing::not_found("deployment not found", [WatchKey::Deployment(id)]));
    };
    let key = deployment.job_key();
    let of_job = read.state.allocs_by_job(&key);
    let stubs = stubs(&read.state, of_job.filter(|alloc| alloc.deployment_id() == Some(id)));
    Ok(Answer::new(stubs, [WatchKey::JobAllocs(key)]))
}

/// Deployments of a job, newest first; of earlier jobs of its id where `all` is asked for.
pub(crate) fn of_job(read: &Read<'_>) -> ReadResult<Vec<DeploymentView>> {
    let key = job::key(read.options, read.param(0))?;
    let all = read.options.query.flag("all", false)?;
    let current = read.state.job(&key).map(|job| job.create_index);
    let wanted =
        |one: &&Arc<Deployment>| all || current.is_none_or(|created| created == one.job_create_index);
    let views = read.state.deployments_by_job(&key).rev().filter(wanted).map(|one| (&**one).into()).collect();
    Ok(Answer::new(views, [WatchKey::JobDeployments(key)]))
}

/// The newest of the job as it is registered; null where there is none.
pub(crate) fn latest(read: &Read<'_>) -> ReadResult<Option<DeploymentView>> {
    let key = job::key(read.options, read.param(0))?;
    let newest = read.state.latest_deployment(&key);
    Ok(Answer::new(newest.map(|one| (&**one).into()), [WatchKey::JobDeployments(key)]))
}

/// The deployment of the path, if the caller may change what is of its namespace.
fn changeable(write: &Write<'_>) -> Result<DeploymentId, ApiError> {
    let id = parse(write.param(0))?;
    let snapshot = write.shared.consensus.snapshot();
    match Scoped::new(&snapshot, write.grant).deployment(id) {
        Some(_) => Ok(id),
        None => Err(ApiError::not_found("deployment not found")),
    }
}

/// A body that names the deployment must name that of the path.
fn same(write: &Write<'_>, named: &str) -> Result<(), ApiError> {
    match named {
        "" => Err(ApiError::bad_request("DeploymentID must be specified")),
        named if named == write.param(0) => Ok(()),
        _ => Err(ApiError::bad_request("Deployment ID does not match")),
    }
}

pub(crate) async fn fail(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let id = changeable(write)?;
    let eval_id = write.shared.ids.eval();
    let cause = DeploymentFailure::Marked;
    answer(write, Command::DeploymentFail(DeploymentFail { id, cause, eval_id })).await
}

pub(crate) async fn pause(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: DeploymentPauseRequest = body::decode(&write.body)?;
    same(write, &request.deployment_id)?;
    let id = changeable(write)?;
    let eval_id = write.shared.ids.eval();
    answer(write, Command::DeploymentPause(DeploymentPause { id, pause: request.pause, eval_id })).await
}

pub(crate) async fn promote(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: DeploymentPromoteRequest = body::decode(&write.body)?;
    same(write, &request.deployment_id)?;
    let id = changeable(write)?;
    let named = request.groups.unwrap_or_default();
    let groups = match (request.all, named.is_empty()) {
        (true, _) => None,
        (false, true) => {
            return Err(ApiError::internal("no groups are named: set `All`, or name some in `Groups`"));
        }
        (false, false) => {
            let parse = |name: &String| {
                let unknown = || format!("task group \"{name}\" is not part of the deployment");
                GroupName::new(name.as_str()).map_err(|_| ApiError::internal(unknown()))
            };
            Some(named.iter().map(parse).collect::<Result<_, _>>()?)
        }
    };
    let eval_id = write.shared.ids.eval();
    answer(write, Command::DeploymentPromote(DeploymentPromote { id, groups, eval_id })).await
}

/// Only deployments over several regions are ever blocked, and there is one region.
pub(crate) fn unblock(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: DeploymentUnblockRequest = body::decode(&write.body)?;
    same(write, &request.deployment_id)?;
    let id = changeable(write)?;
    let snapshot = write.shared.consensus.snapshot();
    let status = Scoped::new(&snapshot, write.grant).deployment(id).map(|deployment| deployment.status);
    let word = match status {
        Some(status) if status.is_active() => status.as_str(),
        _ => "terminal",
    };
    Err(ApiError::internal(format!("can't unblock {word} deployment")))
}

pub(crate) async fn alloc_health(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: DeploymentAllocHealthRequest = body::decode(&write.body)?;
    same(write, &request.deployment_id)?;
    let id = changeable(write)?;
    let parse = |texts: Option<Vec<String>>| -> Result<Vec<AllocId>, ApiError> {
        let parse = |text: String| text.parse().map_err(|error| malformed_id("alloc", &error));
        texts.unwrap_or_default().into_iter().map(parse).collect()
    };
    let (healthy, unhealthy) = (parse(request.healthy)?, parse(request.unhealthy)?);
    let eval_id = write.shared.ids.eval();
    let command = DeploymentAllocHealth { id, healthy, unhealthy, eval_id };
    answer(write, Command::DeploymentAllocHealth(command)).await
}

async fn answer(write: &Write<'_>, command: Command) -> Result<ApiResponse, ApiError> {
    let (index, reply) = write.shared.propose(command).await?;
    let Reply::DeploymentUpdated { eval_id, reverted_version } = reply else {
        return Err(ApiError::internal("the log answered with another command's reply"));
    };
    let response = DeploymentUpdateResponse {
        eval_id: eval_id.map(|id| id.to_string()).unwrap_or_default(),
        eval_create_index: if eval_id.is_some() { index.0 } else { 0 },
        deployment_modify_index: index.0,
        reverted_job_version: reverted_version,
        index: index.0,
    };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}
