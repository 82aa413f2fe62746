//! A task's log.

use muster_ids::TaskName;
use muster_model::{Alloc, TaskPhase};
use muster_rpc::messages::{LogKind, TaskLogs};

use super::fs::{offset, origin};
use super::{alloc, file_error, streaming};
use crate::http::body::ApiResponse;
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::options::Query;

pub(crate) async fn stream(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let query = &write.options.query;
    let plain = query.flag("plain", false)?;
    let alloc = alloc(write)?;
    let request = request(&alloc, query)?;
    let pieces = streaming::open(write, alloc.node_id, request, file_error).await?;
    Ok(if plain { streaming::plain(pieces, "text/plain") } else { streaming::framed(pieces) })
}

fn request(alloc: &Alloc, query: &Query) -> Result<TaskLogs, ApiError> {
    let task = query.get("task").filter(|task| !task.is_empty());
    let task = task.ok_or_else(|| ApiError::bad_request("must provide task name"))?;
    let kind = match query.get("type") {
        Some("stdout") => LogKind::Stdout,
        Some("stderr") => LogKind::Stderr,
        _ => return Err(ApiError::bad_request("must provide log type (stdout/stderr)")),
    };
    let origin = origin(query)?;
    let position =
        alloc.group_spec().and_then(|group| group.tasks.iter().position(|t| t.name.as_str() == task));
    let unknown = || ApiError::bad_request(format!("unknown task name \"{task}\""));
    let position = position.ok_or_else(unknown)?;
    let spec = alloc.group_spec().and_then(|group| group.tasks.get(position));
    if spec.is_some_and(|task| task.logs.disabled) {
        return Err(ApiError::not_found(format!("task \"{task}\" keeps no logs: its job disables them")));
    }
    let phase = alloc.tasks.get(position);
    if phase.is_none_or(|state| state.phase == TaskPhase::Pending && state.started_at.is_zero()) {
        return Err(ApiError::not_found(format!("task \"{task}\" not started yet. No logs available")));
    }
    Ok(TaskLogs {
        alloc_id: alloc.id,
        task: TaskName::new(task).map_err(|_| unknown())?,
        kind,
        origin,
        offset: offset(query)?.unwrap_or(0),
        follow: query.flag("follow", false)?,
    })
}
