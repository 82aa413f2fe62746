//! Nodes and node pools.

mod drain;
mod purge;

use std::sync::Arc;

use muster_acl::{Capability, Requirement};
use muster_api::views::{
    AllocView, NodeEligibilityRequest, NodeEligibilityResponse, NodeListStub, NodeUpdateResponse, NodeView,
};
use muster_ids::NodeId;
use muster_model::{Eligibility, EvalTrigger, Evaluation, Node};
use muster_state::WatchKey;
use muster_state::command::{Command, EvalUpdate, NodeEligibilityUpdate, Reply};

use super::allocs::prefix;
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::{ApiError, malformed_id};
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};
use crate::scoped::Scoped;

pub(crate) use drain::drain;
pub(crate) use purge::purge;

pub(crate) fn list(read: &Read<'_>) -> ListResult<NodeListStub> {
    let prefix = prefix(read)?;
    stubs(read, read.state.nodes(&prefix), vec![WatchKey::Nodes])
}

/// A page of those of `nodes` that fit the filter.
pub(crate) fn stubs<'a>(
    read: &Read<'_>,
    nodes: impl Iterator<Item = &'a Arc<Node>>,
    watch: Vec<WatchKey>,
) -> ListResult<NodeListStub> {
    let flag = |name| {
        let parsed = read.options.query.flag(name, false);
        parsed.map_err(|error| {
            ApiError::bad_request(format!("Failed to parse node list fields: {}", error.message))
        })
    };
    let (with_resources, with_os) = (flag("resources")?, flag("os")?);
    let page = read.options.paginate(filter::nodes(read, nodes)?, |node| node.id)?;
    let view = move |node: Arc<Node>| NodeListStub::new(&node, with_resources, with_os);
    Ok(Listing::new(page, watch, Arc::clone, view))
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
    // Of a node that is not there, or may not be known of, nothing tells anything.
    if read.state.node(id).is_none() {
        return Ok(Answer::new(Vec::new(), [WatchKey::Allocs]));
    }
    // Who may read no jobs sees a node without allocations.
    let jobs = read.grant.also(Requirement::AnyOf(&[Capability::ReadJob]), None);
    let mut allocs = jobs.map_or_else(|_denied| Vec::new(), |jobs| read.state.allocs_by_node(id, &jobs));
    allocs.sort_unstable_by_key(|alloc| alloc.id);
    let views = allocs
        .into_iter()
        .map(|alloc| {
            AllocView::new(alloc, read.state.node_of(alloc), true)
                .rescheduled(&read.state.rescheduling(alloc))
        })
        .collect();
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

/// Evaluations for every job that a node concerns: those with work on it, and those that run on every node.
pub(crate) async fn evaluate(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let node_id: NodeId = write.param(0).parse().map_err(|error| malformed_id("node", &error))?;
    let snapshot = write.shared.consensus.snapshot();
    let scoped = Scoped::new(&snapshot, write.grant);
    let node = scoped.node(node_id).ok_or_else(|| ApiError::internal("node not found"))?;
    let now = write.shared.now();
    let evals: Vec<Evaluation> = muster_leader::jobs_of_node(&snapshot, node)
        .iter()
        .map(|job| Evaluation {
            node_id: Some(node_id),
            ..Evaluation::pending(write.shared.ids.eval(), job, EvalTrigger::NodeUpdate, now)
        })
        .collect();
    let node_modify_index = node.modify_index.0;
    let eval_ids: Vec<String> = evals.iter().map(|eval| eval.id.to_string()).collect();
    let index = match evals.is_empty() {
        true => snapshot.index(),
        false => write.shared.propose(Command::EvalUpdate(EvalUpdate { evals })).await?.0,
    };
    let response = NodeUpdateResponse {
        eval_create_index: if eval_ids.is_empty() { 0 } else { index.0 },
        eval_ids,
        node_modify_index,
        index: index.0,
        ..NodeUpdateResponse::default()
    };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}
