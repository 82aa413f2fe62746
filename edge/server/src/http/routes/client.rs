//! Questions and wishes that the node of an allocation answers, asked over the node's own connection.
//!
//! ```text
//!   caller ── row, grant ── allocation of the caller's namespaces ── its node's session ── answer, or a stream of it
//! ```
//!
//! What a node says is shown, never believed: nothing of it reaches the state.

pub(crate) mod actions;
pub(crate) mod checks;
pub(crate) mod exec;
pub(crate) mod fs;
pub(crate) mod logs;
pub(crate) mod node;
pub(crate) mod stats;
mod streaming;

use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, NodeId};
use muster_model::Alloc;
use muster_rpc::messages::CallKind;
use muster_rpc::{Call, CallError, CallFailure, FailureCode};

use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::scoped::Scoped;

/// How long a node may take to answer, or to open a file.
const NODE_TIMEOUT: Duration = Duration::from_secs(10);
/// Removing the files of thousands of allocations takes its time.
const GC_TIMEOUT: Duration = Duration::from_secs(60);

/// The allocation in the path, if the caller may see it.
fn alloc(write: &Write<'_>) -> Result<Arc<Alloc>, ApiError> {
    let id: AllocId = write.param(0).parse().map_err(|error| malformed_id("alloc", &error))?;
    let snapshot = write.shared.consensus.snapshot();
    let alloc = Scoped::new(&snapshot, write.grant).alloc(id).cloned();
    alloc.ok_or_else(|| ApiError::not_found(format!("Unknown allocation \"{id}\"")))
}

fn no_path() -> ApiError {
    ApiError::not_found("No path to node")
}

async fn call<C: Call>(
    write: &Write<'_>,
    node: NodeId,
    request: C,
    error: fn(&CallFailure) -> ApiError,
) -> Result<C::Reply, ApiError> {
    let session = write.shared.sessions.get(node).ok_or_else(no_path)?;
    let limit = if C::KIND == CallKind::AllocGc { GC_TIMEOUT } else { NODE_TIMEOUT };
    session.call(request, limit).await.map_err(|failed| node_error(failed, error))
}

/// What became of a question on its way to the node and back.
fn node_error(failed: CallError, error: fn(&CallFailure) -> ApiError) -> ApiError {
    match failed {
        CallError::Failed(failure) => error(&failure),
        CallError::Deadline(limit) => {
            ApiError::internal(format!("rpc error: the node did not answer within {} s", limit.as_secs()))
        }
        other => ApiError::not_found(format!("No path to node: {other}")),
    }
}

/// Refusals of questions about files.
fn file_error(failure: &CallFailure) -> ApiError {
    match failure.code {
        FailureCode::NotFound => ApiError::not_found(&*failure.message),
        FailureCode::Invalid => ApiError::bad_request(&*failure.message),
        _ => ApiError::internal(&*failure.message),
    }
}

/// Refusals of everything else: but for what is not there, the contract knows one status only.
fn action_error(failure: &CallFailure) -> ApiError {
    match failure.code {
        FailureCode::NotFound => ApiError::not_found(&*failure.message),
        _ => ApiError::internal(&*failure.message),
    }
}
