//! Versions of a job: what each changed, their tags, going back to one, and whether one has proven itself.

use std::sync::Arc;

use muster_api::views::{
    JobRevertRequest, JobStabilityRequest, JobStabilityResponse, JobTagRequest, JobTagResponse,
    JobVersionsResponse,
};
use muster_ids::Index;
use muster_jobspec::JobInput;
use muster_jobspec::diff::JobDiff;
use muster_model::{Job, JobKey, VersionTag};
use muster_state::WatchKey;
use muster_state::command::{Command, JobRevert, JobStability, JobTagApply, JobTagRemove, Reply};

use super::job::{key, registered};
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

pub(crate) fn list(read: &Read<'_>) -> ReadResult<JobVersionsResponse> {
    let key = key(read.options, read.param(0))?;
    let versions: Vec<JobInput> =
        read.state.job_versions(&key).map(|job| muster_jobspec::view(job)).collect();
    if versions.is_empty() {
        return Err(Missing::not_found("job versions not found", [WatchKey::Job(key)]));
    }
    let diffs = read.options.query.flag("diffs", false)?.then(|| diffs(read, &key)).transpose()?;
    let index = read.state.watch_index(&[WatchKey::Job(key.clone())]).0;
    let response = JobVersionsResponse { versions, diffs, index, last_contact: 0, known_leader: true };
    Ok(Answer::new(response, [WatchKey::Job(key)]))
}

/// What each version changed of the one before, or, with `diff_tag` or `diff_version`, how each differs from that one.
fn diffs(read: &Read<'_>, key: &JobKey) -> Result<Vec<JobDiff>, ApiError> {
    let versions: Vec<&Arc<Job>> = read.state.job_versions(key).collect();
    let base = base(read, &versions)?;
    let compare = |(at, job): (usize, &&Arc<Job>)| match base {
        Some(base) => Some(muster_jobspec::diff::diff(Some(base), Some(job))),
        // The oldest one kept is compared with nothing: what it changed is not known any more.
        None => versions.get(at + 1).map(|before| muster_jobspec::diff::diff(Some(before), Some(job))),
    };
    Ok(versions.iter().enumerate().filter_map(compare).collect())
}

/// The version that all others are compared with, if one was asked for.
fn base<'a>(read: &Read<'_>, versions: &[&'a Arc<Job>]) -> Result<Option<&'a Arc<Job>>, ApiError> {
    let find = |wanted: &dyn Fn(&Job) -> bool| versions.iter().copied().find(|job| wanted(job));
    if let Some(tag) = read.options.query.get("diff_tag").filter(|tag| !tag.is_empty()) {
        let tagged = find(&|job| job.version_tag.as_deref().is_some_and(|own| *own.name == *tag));
        return tagged.map(Some).ok_or_else(|| ApiError::internal(format!("tag \"{tag}\" not found")));
    }
    match read.options.query.number("diff_version")? {
        Some(wanted) => find(&|job| job.version == wanted)
            .map(Some)
            .ok_or_else(|| ApiError::internal(format!("version {wanted} not found"))),
        None => Ok(None),
    }
}

pub(crate) async fn tag(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: JobTagRequest = body::decode_optional(&write.body)?;
    if request.latest && request.version != 0 {
        let given = request.version;
        return Err(ApiError::internal(format!("version must be zero when tagging latest, got: {given}")));
    }
    let tag = VersionTag::new(write.param(1), &request.description)
        .map_err(|error| ApiError::bad_request(error.to_string()))?;
    let command = Command::JobTagApply(JobTagApply {
        key: key(write.options, write.param(0))?,
        version: (!request.latest).then_some(request.version),
        tag,
    });
    let (index, reply) = write.shared.propose(command).await?;
    let Reply::JobTagged(tag) = reply else { return Err(foreign_reply()) };
    answer(write, &JobTagResponse::new(&tag, index.0), index)
}

pub(crate) async fn untag(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let key = key(write.options, write.param(0))?;
    let name = write.param(1);
    let command = Command::JobTagRemove(JobTagRemove { key, name: name.into() });
    let (index, _) = write.shared.propose(command).await?;
    let response = JobTagResponse { name: name.to_owned(), index: index.0, ..JobTagResponse::default() };
    answer(write, &response, index)
}

pub(crate) async fn revert(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    super::scheduler_config::registration_is_open(write)?;
    let request: JobRevertRequest = body::decode(&write.body)?;
    same_job(write, &request.job_id)?;
    let command = Command::JobRevert(JobRevert {
        key: key(write.options, write.param(0))?,
        version: request.job_version,
        enforce_prior_version: request.enforce_prior_version,
        eval_id: write.shared.ids.eval(),
    });
    let (index, reply) = write.shared.propose(command).await?;
    registered(write, index, &reply)
}

pub(crate) async fn stable(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: JobStabilityRequest = body::decode(&write.body)?;
    same_job(write, &request.job_id)?;
    let key = key(write.options, write.param(0))?;
    let command =
        Command::JobStability(JobStability { key, version: request.job_version, stable: request.stable });
    let (index, _) = write.shared.propose(command).await?;
    answer(write, &JobStabilityResponse { index: index.0 }, index)
}

/// The body may repeat the job of the path, and nothing else.
fn same_job(write: &Write<'_>, given: &str) -> Result<(), ApiError> {
    match given.is_empty() || given == write.param(0) {
        true => Ok(()),
        false => Err(ApiError::bad_request("Job ID does not match")),
    }
}

fn answer<T: serde::Serialize>(write: &Write<'_>, value: &T, index: Index) -> Result<ApiResponse, ApiError> {
    let mut answer = body::json(value, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

fn foreign_reply() -> ApiError {
    ApiError::internal("the log answered with another command's reply")
}
