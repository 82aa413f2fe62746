//! Nodes and node pools.

use std::sync::Arc;

use muster_acl::{Capability, Requirement};
use muster_api::views::{
    AllocView, NodeEligibilityRequest, NodeEligibilityResponse, NodeListStub, NodePoolView, NodeView,
};
use muster_ids::NodeId;
use muster_model::{Eligibility, Node};
use muster_state::WatchKey;
use muster_state::command::{Command, NodeEligibilityUpdate, Reply};

use super::allocs::prefix;
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::scoped::Scoped;

pub(crate) fn list(read: &Read<'_>) -> ReadResult<Vec<NodeListStub>> {
    let flag = |name| {
        let parsed = read.options.query.flag(name, false);
        parsed.map_err(|error| {
            ApiError::bad_request(format!("Failed to parse node list fields: {}", error.message))
        })
    };
    let (with_resources, with_os) = (flag("resources")?, flag("os")?);
    let prefix = prefix(read)?;
    let page = read.options.paginate(read.state.nodes(&prefix), |node| node.id)?;
    let view = |node: &Arc<Node>| NodeListStub::new(node, with_resources, with_os);
    Ok(Answer::page(page, [WatchKey::Nodes], view))
}

pub(crate) fn pools(read: &Read<'_>) -> ReadResult<Vec<NodePoolView>> {
    let pools = read.state.node_pools().filter(|pool| pool.as_str().starts_with(&read.options.prefix));
    let page = read.options.paginate(pools, |pool| (*pool).clone())?;
    Ok(Answer::page(page, [WatchKey::NodePools], NodePoolView::from))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<NodeView> {
    let id: NodeId = read.param(0).parse().map_err(|error| malformed_id("node", &error))?;
    let watch = [WatchKey::Node(id)];
    match read.state.node(id) {
        Some(node) => Ok(Answer::new((&**node).into(), watch)),
        None => Err(Missing::not_found("node not found", watch)),
    }
}

pub(crate) fn allocations(read: &Read<'_>) -> ReadResult<Vec<AllocView>> {
    let id: NodeId = read.param(0).parse().map_err(|error| malformed_id("node", &error))?;
    // Who may read no jobs sees a node without allocations.
    let jobs = read.grant.also(Requirement::AnyOf(&[Capability::ReadJob]), None);
    let mut allocs = jobs.map_or_else(|_denied| Vec::new(), |jobs| read.state.allocs_by_node(id, &jobs));
    allocs.sort_unstable_by_key(|alloc| alloc.id);
    let views =
        allocs.into_iter().map(|alloc| AllocView::new(alloc, read.state.node_of(alloc), true)).collect();
    Ok(Answer::new(views, [WatchKey::NodeAllocs(id)]))
}

pub(crate) async fn eligibility(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: NodeEligibilityRequest = body::decode(&write.body)?;
    let node_id: NodeId = write.param(0).parse().map_err(|error| malformed_id("node", &error))?;
    let eligibility = match request.eligibility.as_str() {
        "eligible" => Eligibility::Eligible,
        "ineligible" => Eligibility::Ineligible,
        other => return Err(ApiError::internal(format!("invalid scheduling eligibility \"{other}\""))),
    };
    let snapshot = write.shared.consensus.snapshot();
    if Scoped::new(&snapshot, write.grant).node(node_id).is_none() {
        return Err(ApiError::internal("node not found"));
    }
    let seed = write.shared.ids.seed();
    let command = Command::NodeEligibilityUpdate(NodeEligibilityUpdate { node_id, eligibility, seed });
    let (index, reply) = write.shared.propose(command).await?;
    let eval_ids = match reply {
        Reply::NodeUpdated { evals } => evals.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let eval_create_index = if eval_ids.is_empty() { 0 } else { index.0 };
    let response =
        NodeEligibilityResponse { eval_ids, eval_create_index, node_modify_index: index.0, index: index.0 };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}
