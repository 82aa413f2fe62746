//! Dispatching a parameterized job. What is refused as things are is refused before it reaches the log; `apply` decides.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_acl::Denied;
use muster_api::views::{JobDispatchRequest, JobDispatchResponse};
use muster_ids::{Index, JobId, Namespace, Text};
use muster_model::{JobKey, Payload};
use muster_state::command::{Command, JobDispatch, Refusal, Reply};

use crate::http::blocking::index_header;
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::routes::{admission, scheduler_config};
use crate::scoped::Scoped;

pub(crate) async fn dispatch(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: JobDispatchRequest = body::decode(&write.body)?;
    if !request.job_id.is_empty() && request.job_id != write.param(0) {
        return Err(ApiError::bad_request("Job ID does not match"));
    }
    let payload =
        request.payload.as_deref().filter(|text| !text.is_empty()).map(|text| STANDARD.decode(text));
    let payload = payload
        .transpose()
        .map_err(|error| ApiError::bad_request(format!("`Payload` is not base64: {error}")))?;
    run(write, &request, payload.as_deref().unwrap_or_default()).await
}

/// The body is the payload, whatever it holds.
pub(crate) async fn dispatch_payload(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    run(write, &JobDispatchRequest::default(), &write.body).await
}

async fn run(
    write: &Write<'_>,
    request: &JobDispatchRequest,
    payload: &[u8],
) -> Result<ApiResponse, ApiError> {
    scheduler_config::registration_is_open(write)?;
    let command = command(write, request, payload)?;
    {
        let snapshot = write.shared.consensus.snapshot();
        let scoped = Scoped::new(&snapshot, write.grant);
        let checked = scoped.check_dispatch(&command);
        // Which of several places is named as missing must not depend on whether it is somebody else's.
        let by_place = matches!(
            checked,
            Ok(()) | Err(Refusal::DispatchNodeMissing { .. } | Refusal::NodePoolMissing { .. })
        );
        if let Some(job) = scoped.job(&command.key).filter(|_| by_place) {
            admission::judge_overrides(write, job, &command.overrides)?;
        }
        checked?;
    }
    let (index, reply) = write.shared.propose(Command::JobDispatch(Box::new(command))).await?;
    let Reply::JobDispatched { child, job_create_index, eval_id, differs } = reply else {
        return Err(ApiError::internal("the log answered with another command's reply"));
    };
    let response = JobDispatchResponse {
        dispatched_job_id: child.to_string(),
        eval_id: eval_id.map(|id| id.to_string()).unwrap_or_default(),
        eval_create_index: if eval_id.is_some() { index.0 } else { 0 },
        job_create_index: job_create_index.0,
        warnings: if differs { warning(&child) } else { String::new() },
        index: index.0,
        ..JobDispatchResponse::default()
    };
    answer(write, &response, index)
}

pub(super) fn answer<T: serde::Serialize>(
    write: &Write<'_>,
    response: &T,
    index: Index,
) -> Result<ApiResponse, ApiError> {
    let mut answer = body::json(response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

fn warning(child: &JobId) -> String {
    format!(
        "the idempotency token was used before with another payload, other metadata, priority or overrides: nothing new \
         was dispatched, `{child}` is the job of that dispatch"
    )
}

fn command(write: &Write<'_>, request: &JobDispatchRequest, payload: &[u8]) -> Result<JobDispatch, ApiError> {
    let limits = write.shared.job_limits.dispatch();
    let priority = match request.priority {
        0 => None,
        given => {
            Some(u16::try_from(given).map_err(|_| Refusal::DispatchPriority { most: limits.max_priority })?)
        }
    };
    let overrides = request.overrides.as_ref().map(muster_jobspec::decide_overrides).transpose();
    let overrides = overrides.map_err(|errors| {
        ApiError::bad_request(format!("Invalid overrides: {}", muster_jobspec::validation_message(&errors)))
    })?;
    let token = write.options.query.get("idempotency_token").filter(|token| !token.is_empty());
    let token = token.unwrap_or(&request.idempotency_token);
    if token.len() > MAX_TOKEN {
        return Err(ApiError::bad_request(format!(
            "an idempotency token may hold at most {MAX_TOKEN} bytes"
        )));
    }
    Ok(JobDispatch {
        key: key(write, &request.namespace)?,
        payload: (!payload.is_empty()).then(|| Payload::new(payload)),
        meta: meta(request.meta.as_ref()),
        overrides: overrides.unwrap_or_default(),
        id_infix: text(&request.id_prefix_template),
        priority,
        token: text(token),
        eval_id: write.shared.ids.eval(),
        limits,
    })
}

/// Tokens are kept in memory for as long as their children.
const MAX_TOKEN: usize = 1024;

fn text(text: &str) -> Option<Text> {
    (!text.is_empty()).then(|| Text::from(text))
}

fn meta(given: Option<&BTreeMap<String, String>>) -> BTreeMap<String, Text> {
    given.into_iter().flatten().map(|(key, value)| (key.clone(), Text::from(value.as_str()))).collect()
}

/// The namespace of the query, or that of the body; the caller must be allowed there.
fn key(write: &Write<'_>, body: &str) -> Result<JobKey, ApiError> {
    let named = [write.options.query.get("namespace").unwrap_or_default(), body];
    let named = named.into_iter().find(|name| !name.is_empty());
    let namespace = match named {
        None => Namespace::default_namespace(),
        Some("*") => return Err(ApiError::bad_request("namespace `*` is not allowed here: name one")),
        Some(name) => Namespace::new(name)?,
    };
    if !write.grant.allows_namespace(&namespace) {
        return Err(Denied.into());
    }
    // Whatever cannot be an id is the id of no job.
    let id = JobId::new(write.param(0)).map_err(|_| Refusal::DispatchUnknown)?;
    Ok(JobKey { namespace, id })
}
