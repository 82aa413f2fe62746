//! The operator's facts about a node, kept by the node itself.

use std::time::Duration;

use muster_api::views::{NodeMetaRequest, NodeMetaView};
use muster_rpc::messages::{NodeMeta, NodeMetaApply, NodeMetaRead};

use crate::agent::AgentInfo;
use crate::http::asked_node::{failed, session};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

/// How long the node may take to answer.
const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) async fn read(write: &Write<'_>, agent: &AgentInfo) -> Result<ApiResponse, ApiError> {
    let node = session(write, agent, "")?;
    let answer = node.call(NodeMetaRead {}, DEADLINE).await.map_err(failed)?;
    body::json(&view(answer), write.options.pretty)
}

pub(crate) async fn apply(write: &Write<'_>, agent: &AgentInfo) -> Result<ApiResponse, ApiError> {
    let request: NodeMetaRequest = body::decode(&write.body)?;
    let node = session(write, agent, &request.node_id)?;
    let answer = node.call(NodeMetaApply { changes: request.meta }, DEADLINE).await.map_err(failed)?;
    body::json(&view(answer), write.options.pretty)
}

fn view(answer: NodeMeta) -> NodeMetaView {
    NodeMetaView { meta: answer.meta, dynamic: answer.dynamic, fixed: answer.fixed }
}
