//! One job: read it and what belongs to it, evaluate, deregister.

pub(crate) mod dispatch;
pub(crate) mod periodic;

use std::sync::Arc;

use muster_acl::{Capability, Requirement};
use muster_api::views::{
    AllocListStub, EvalView, JobActionView, JobDeregisterResponse, JobEvaluateRequest, JobRegisterResponse,
    JobSubmissionView, JobSummaryView,
};
use muster_ids::{Index, JobId};
use muster_jobspec::JobInput;
use muster_model::{Alloc, Evaluation, Job, JobKey};
use muster_state::WatchKey;
use muster_state::command::{Command, JobDeregister, JobEvaluate, Reply};
use serde_json::Value;

use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::options::Options;
use crate::http::routes::allocs::stubs;
use crate::http::routes::jobs;

pub(crate) fn key(options: &Options, id: &str) -> Result<JobKey, ApiError> {
    let namespace = options.namespace.one().cloned();
    let namespace =
        namespace.ok_or_else(|| ApiError::bad_request("namespace `*` is not allowed here: name one"))?;
    let id = JobId::new(id).map_err(|_| ApiError::not_found("job not found"))?;
    Ok(JobKey { namespace, id })
}

/// The job of the path, or the 404 that a blocking query waits on.
pub(super) fn find<'a>(read: &'a Read<'_>) -> Result<(JobKey, &'a Arc<Job>), Missing> {
    let key = key(read.options, read.param(0))?;
    match read.state.job(&key) {
        Some(job) => Ok((key, job)),
        None => Err(Missing::not_found("job not found", [WatchKey::Job(key)])),
    }
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<JobInput> {
    let (key, job) = find(read)?;
    Ok(Answer::new(muster_jobspec::view(job), [WatchKey::Job(key)]))
}

pub(crate) fn allocations(read: &Read<'_>) -> ReadResult<Vec<AllocListStub>> {
    let key = key(read.options, read.param(0))?;
    let all = read.options.query.flag("all", false)?;
    let current = read.state.job(&key).map(|job| job.create_index);
    let wanted = |alloc: &&Arc<Alloc>| all || current.is_none_or(|created| created == alloc.job.create_index);
    let stubs = stubs(&read.state, read.state.allocs_by_job(&key).filter(wanted));
    Ok(Answer::new(stubs, [WatchKey::JobAllocs(key)]))
}

pub(crate) fn evaluations(read: &Read<'_>) -> ReadResult<Vec<EvalView>> {
    let key = key(read.options, read.param(0))?;
    let mut evals: Vec<&Arc<Evaluation>> = read.state.evals_by_job(&key).collect();
    evals.sort_by_key(|eval| (std::cmp::Reverse(eval.create_index), eval.id));
    let views = evals.into_iter().map(|eval| super::evals::view(&read.state, eval)).collect();
    Ok(Answer::new(views, [WatchKey::JobEvals(key)]))
}

pub(crate) fn summary(read: &Read<'_>) -> ReadResult<JobSummaryView> {
    let (key, job) = find(read)?;
    let view = JobSummaryView::new(job, &read.state.summary(job));
    Ok(Answer::new(view, [WatchKey::Job(key.clone()), WatchKey::JobAllocs(key)]))
}

pub(crate) fn actions(read: &Read<'_>) -> ReadResult<Vec<JobActionView>> {
    let (key, job) = find(read)?;
    Ok(Answer::new(JobActionView::of(job), [WatchKey::Job(key)]))
}

/// Services arrive with their discovery; until then no job has any.
pub(crate) fn services(read: &Read<'_>) -> ReadResult<Vec<Value>> {
    let (key, _) = find(read)?;
    Ok(Answer::new(Vec::new(), [WatchKey::Job(key)]))
}

pub(crate) fn submission(read: &Read<'_>) -> ReadResult<JobSubmissionView> {
    let key = key(read.options, read.param(0))?;
    let version = read.options.query.get("version").and_then(|text| text.parse().ok());
    let version: u64 =
        version.ok_or_else(|| ApiError::bad_request("Unable to parse job submission version parameter"))?;
    let watch = [WatchKey::Job(key.clone())];
    let job = read.state.job_versions(&key).find(|job| job.version == version);
    match job.and_then(|job| Some((job, read.state.submission(job, version)?))) {
        Some((job, submission)) => Ok(Answer::new(JobSubmissionView::new(job, submission), watch)),
        None => Err(Missing::not_found("job source not found", watch)),
    }
}

pub(crate) async fn update(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    not_a_tag(write)?;
    jobs::register_as(write, Some(write.param(0))).await
}

/// A path that was to name a tag is not taken for a job of a strange name.
fn not_a_tag(write: &Write<'_>) -> Result<(), ApiError> {
    let is_tag = |id: &str| id.ends_with("/tag") && id.contains("/versions/");
    match is_tag(write.param(0)) {
        true => Err(ApiError::not_found("invalid job tag endpoint")),
        false => Ok(()),
    }
}

pub(crate) async fn evaluate(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: JobEvaluateRequest = body::decode_optional(&write.body)?;
    if !request.job_id.is_empty() && request.job_id != write.param(0) {
        return Err(ApiError::bad_request("JobID not same as job name in path"));
    }
    let command = Command::JobEvaluate(JobEvaluate {
        key: key(write.options, write.param(0))?,
        force_reschedule: request.eval_options.force_reschedule,
        eval_id: write.shared.ids.eval(),
    });
    let (index, reply) = write.shared.propose(command).await?;
    registered(write, index, &reply)
}

/// The answer to whatever gives a job another version, or only an evaluation.
pub(super) fn registered(write: &Write<'_>, index: Index, reply: &Reply) -> Result<ApiResponse, ApiError> {
    let Reply::JobRegistered { job_modify_index, eval_id } = reply else {
        return Err(ApiError::internal("the log answered with another command's reply"));
    };
    let response = JobRegisterResponse {
        eval_id: eval_id.map(|id| id.to_string()).unwrap_or_default(),
        eval_create_index: if eval_id.is_some() { index.0 } else { 0 },
        job_modify_index: job_modify_index.0,
        index: index.0,
        ..JobRegisterResponse::default()
    };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

pub(crate) async fn deregister(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let query = &write.options.query;
    let flag = |name| query.flag(name, false).map_err(|error| ApiError::internal(error.message));
    not_a_tag(write)?;
    let (purge, no_shutdown_delay) = (flag("purge")?, flag("no_shutdown_delay")?);
    // A job of several regions would be stopped in all of them; here there is one region.
    let _everywhere = flag("global")?;
    let eval_priority = query.number("eval_priority")?.filter(|priority| *priority > 0);
    if eval_priority.is_some_and(|priority| priority > 100) {
        return Err(ApiError::bad_request("Eval priority must be between 1 and 100 inclusively"));
    }
    let key = key(write.options, write.param(0))?;
    if purge {
        let purger = Requirement::AnyOf(&[Capability::SubmitJob, Capability::PurgeJob]);
        let _grant = write.grant.also(purger, Some(&key.namespace))?;
    }
    let command = Command::JobDeregister(JobDeregister {
        key,
        purge,
        eval_id: write.shared.ids.eval(),
        eval_priority: eval_priority.and_then(|priority| u16::try_from(priority).ok()),
        no_shutdown_delay,
    });
    let (index, reply) = write.shared.propose(command).await?;
    let Reply::JobDeregistered { job_modify_index, eval_id } = reply else {
        return Err(ApiError::internal("the log answered with another command's reply"));
    };
    // Stopping what is not there succeeds without an evaluation, as scripts that clean up expect.
    let response = JobDeregisterResponse {
        eval_id: eval_id.map(|id| id.to_string()).unwrap_or_default(),
        eval_create_index: if eval_id.is_some() { index.0 } else { 0 },
        job_modify_index: job_modify_index.0,
        index: index.0,
        ..JobDeregisterResponse::default()
    };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}
