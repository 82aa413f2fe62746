//! A task's log, fetched from its node over the node's own connection and passed on as it comes.

use std::time::Duration;

use base64::Engine;
use bytes::Bytes;
use futures::stream;
use muster_api::views::LogFrame;
use muster_ids::{AllocId, TaskName};
use muster_model::{Alloc, TaskPhase};
use muster_rpc::messages::{FileEvent, LogChunk, LogKind, Origin, TaskLogs};
use muster_rpc::{CallError, Subscription};

use crate::http::body::{self, ApiResponse, BoxError};
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::http::options::Query;
use crate::scoped::Scoped;

/// An idle stream shows that it is alive this often.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long a node may take to open the file.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) async fn stream(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let query = &write.options.query;
    let id: AllocId = write.param(0).parse().map_err(|error| malformed_id("alloc", &error))?;
    let plain = query.flag("plain", false)?;
    let snapshot = write.shared.consensus.snapshot();
    let alloc = Scoped::new(&snapshot, write.grant).alloc(id).cloned();
    let alloc = alloc.ok_or_else(|| ApiError::not_found(format!("Unknown allocation \"{id}\"")))?;
    let request = request(&alloc, query)?;
    let session =
        write.shared.sessions.get(alloc.node_id).ok_or_else(|| ApiError::not_found("No path to node"))?;
    let chunks = session.subscribe(request, OPEN_TIMEOUT).await.map_err(node_error)?;
    let mut response = http::Response::new(if plain { plain_body(chunks) } else { framed_body(chunks) });
    let kind = if plain { "text/plain" } else { "application/json" };
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    Ok(response)
}

fn request(alloc: &Alloc, query: &Query) -> Result<TaskLogs, ApiError> {
    let task = query.get("task").filter(|task| !task.is_empty());
    let task = task.ok_or_else(|| ApiError::bad_request("must provide task name"))?;
    let kind = match query.get("type") {
        Some("stdout") => LogKind::Stdout,
        Some("stderr") => LogKind::Stderr,
        _ => return Err(ApiError::bad_request("must provide log type (stdout/stderr)")),
    };
    let origin = match query.get("origin") {
        None | Some("" | "start") => Origin::Start,
        Some("end") => Origin::End,
        Some(_) => return Err(ApiError::bad_request("origin must be start or end")),
    };
    let position =
        alloc.group_spec().and_then(|group| group.tasks.iter().position(|t| t.name.as_str() == task));
    let unknown = || ApiError::bad_request(format!("unknown task name \"{task}\""));
    let position = position.ok_or_else(unknown)?;
    let phase = alloc.tasks.get(position);
    if phase.is_none_or(|state| state.phase == TaskPhase::Pending && state.started_at.is_zero()) {
        return Err(ApiError::not_found(format!("task \"{task}\" not started yet. No logs available")));
    }
    Ok(TaskLogs {
        alloc_id: alloc.id,
        task: TaskName::new(task).map_err(|_| unknown())?,
        kind,
        origin,
        offset: query.number("offset")?.unwrap_or(0),
        follow: query.flag("follow", false)?,
    })
}

fn node_error(error: CallError) -> ApiError {
    match error {
        CallError::Failed(failure) => match failure.code {
            muster_rpc::FailureCode::NotFound => ApiError::not_found(&*failure.message),
            muster_rpc::FailureCode::Invalid => ApiError::bad_request(&*failure.message),
            _ => ApiError::internal(&*failure.message),
        },
        other => ApiError::not_found(format!("No path to node: {other}")),
    }
}

type Chunks = Subscription<LogChunk>;

fn plain_body(chunks: Chunks) -> body::ApiBody {
    body::streaming(stream::unfold(chunks, |mut chunks| async move {
        let item = chunks.next().await?;
        Some((item.map(|chunk| chunk.data).map_err(|error| Box::new(error) as BoxError), chunks))
    }))
}

fn framed_body(chunks: Chunks) -> body::ApiBody {
    body::streaming(stream::unfold(chunks, |mut chunks| async move {
        let piece = match tokio::time::timeout(HEARTBEAT, chunks.next()).await {
            Err(_idle) => Ok(Bytes::from_static(b"{}")),
            Ok(None) => return None,
            Ok(Some(Ok(chunk))) => frame(&chunk),
            Ok(Some(Err(error))) => Err(Box::new(error) as BoxError),
        };
        Some((piece, chunks))
    }))
}

const fn file_event(event: Option<FileEvent>) -> &'static str {
    match event {
        None => "",
        Some(FileEvent::Deleted) => "file deleted",
        Some(FileEvent::Truncated) => "file truncated",
    }
}

fn frame(chunk: &LogChunk) -> Result<Bytes, BoxError> {
    let frame = LogFrame {
        offset: chunk.offset,
        data: base64::engine::general_purpose::STANDARD.encode(&chunk.data),
        file: chunk.file.clone(),
        file_event: file_event(chunk.event).to_owned(),
    };
    Ok(serde_json::to_vec(&frame)?.into())
}
