//! Emptying a node: begin, change, cancel.

use std::collections::BTreeMap;

use muster_api::views::{DrainSpecInput, NodeDrainRequest, NodeDrainResponse};
use muster_ids::{AccessorId, NodeId, Text};
use muster_state::command::{Command, NodeDrainUpdate, Reply};

use crate::http::blocking::index_header;
use crate::http::body::{self, ApiResponse};
use crate::http::caller::Identity;
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::scoped::Scoped;

/// Bytes of all keys and values together: they are kept in memory with the node and in every list of nodes.
const MAX_META: usize = 16 * 1024;

pub(crate) async fn drain(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request = request(write)?;
    let node_id: NodeId = write.param(0).parse().map_err(|error| malformed_id("node", &error))?;
    if Scoped::new(&write.shared.consensus.snapshot(), write.grant).node(node_id).is_none() {
        return Err(ApiError::internal("node not found"));
    }
    let command = NodeDrainUpdate {
        node_id,
        drain: request.drain_spec.as_ref().map(Into::into),
        mark_eligible: request.mark_eligible,
        accessor: accessor(write),
        meta: meta(&request)?,
        seed: write.shared.ids.seed(),
    };
    let (index, reply) = write.shared.propose(Command::NodeDrainUpdate(Box::new(command))).await?;
    let eval_ids: Vec<String> = match reply {
        Reply::NodeUpdated { evals } => evals.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let eval_create_index = if eval_ids.is_empty() { 0 } else { index.0 };
    let response =
        NodeDrainResponse { eval_ids, eval_create_index, node_modify_index: index.0, index: index.0 };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

/// The body; or the question mark of older clients, which know only at once and not at all.
fn request(write: &Write<'_>) -> Result<NodeDrainRequest, ApiError> {
    if write.options.query.get("enable").is_none_or(str::is_empty) {
        return body::decode(&write.body);
    }
    let enable = write.options.query.flag("enable", false)?;
    let force = DrainSpecInput { deadline: -1, ignore_system_jobs: false };
    Ok(NodeDrainRequest {
        drain_spec: enable.then_some(force),
        mark_eligible: !enable,
        ..NodeDrainRequest::default()
    })
}

fn accessor(write: &Write<'_>) -> Option<AccessorId> {
    match &write.caller.identity {
        Identity::Token { token, .. } => Some(token.accessor),
        _ => None,
    }
}

fn meta(request: &NodeDrainRequest) -> Result<BTreeMap<Text, Text>, ApiError> {
    let size: usize = request.meta.iter().map(|(key, value)| key.len() + value.len()).sum();
    if size > MAX_META {
        return Err(ApiError::bad_request(format!(
            "the metadata of a drain takes {size} bytes; at most {MAX_META} are kept"
        )));
    }
    Ok(request.meta.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect())
}
