//! Restart, signal, collect: what users wish of tasks that run.

use muster_api::views::{ActionResponse, AllocRestartRequest, AllocSignalRequest};
use muster_ids::TaskName;
use muster_model::Alloc;
use muster_rpc::messages::{AllocGc, AllocRestart, AllocSignal};

use super::{action_error, alloc, call};
use crate::http::blocking::index_header;
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

/// Also without a body: then every task that runs.
pub(crate) async fn restart(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let alloc = alloc(write)?;
    let request: AllocRestartRequest = decoded(write)?;
    let AllocRestartRequest { task_name, all_tasks } = request;
    let request = AllocRestart { alloc_id: alloc.id, task: task(&alloc, &task_name)?, all_tasks };
    call(write, alloc.node_id, request, action_error).await?;
    done(write)
}

pub(crate) async fn signal(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let alloc = alloc(write)?;
    let AllocSignalRequest { task: name, signal } = decoded(write)?;
    if signal.is_empty() {
        return Err(ApiError::bad_request("must provide a signal, such as `SIGHUP`"));
    }
    let request =
        AllocSignal { alloc_id: alloc.id, task: task(&alloc, &name)?, signal: signal.as_str().into() };
    call(write, alloc.node_id, request, action_error).await?;
    done(write)
}

pub(crate) async fn collect(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let alloc = alloc(write)?;
    call(write, alloc.node_id, AllocGc { alloc_id: alloc.id }, action_error).await?;
    Ok(body::empty())
}

fn decoded<T: serde::de::DeserializeOwned + Default>(write: &Write<'_>) -> Result<T, ApiError> {
    body::decode_optional(&write.body)
        .map_err(|error| ApiError::bad_request(format!("Failed to decode body: {}", error.message)))
}

/// A task by the name that the user gave; none for an empty one.
fn task(alloc: &Alloc, name: &str) -> Result<Option<TaskName>, ApiError> {
    if name.is_empty() {
        return Ok(None);
    }
    let known = alloc.group_spec().and_then(|group| group.task(name));
    let known = known.ok_or_else(|| ApiError::internal(format!("unknown task name \"{name}\"")))?;
    Ok(Some(known.name.clone()))
}

fn done(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let index = write.shared.consensus.snapshot().index();
    let mut answer = body::json(&ActionResponse { index: index.0 }, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}
