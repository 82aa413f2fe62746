//! Which node a question about "this client" means: the one that `node_id` names, else the agent's own.
//!
//! A client agent passes such a question on with its own id added; from there on every question names its node.

use http::{Request, Uri};
use muster_api::RouteId;
use muster_ids::NodeId;
use muster_rpc::{CallError, FailureCode, Session};

use super::dispatch::Write;
use super::error::{ApiError, malformed_id};
use super::options::Query;
use crate::agent::AgentInfo;
use crate::scoped::Scoped;

/// Whether a route asks about the agent's own node when none is named.
const fn is_about_a_node(id: RouteId) -> bool {
    matches!(id, RouteId::NodeMetaRead | RouteId::NodeMetaApply | RouteId::NodeStats | RouteId::NodeGc)
}

/// The request with the agent's own node named, where it names none and asks about one.
pub(super) fn named<B>(
    mut request: Request<B>,
    id: RouteId,
    agent: &AgentInfo,
) -> Result<Request<B>, ApiError> {
    let query = request.uri().query().unwrap_or_default();
    let named = Query::parse(query)?.get("node_id").is_some_and(|id| !id.is_empty());
    let (true, false, Some(own)) = (is_about_a_node(id), named, agent.node()) else { return Ok(request) };
    let joint = if query.is_empty() { "" } else { "&" };
    let target = format!("{}?node_id={own}{joint}{query}", request.uri().path());
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(target.parse().map_err(|_| ApiError::bad_request("the query is not valid"))?);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|error| ApiError::internal(error.to_string()))?;
    Ok(request)
}

/// The connection of the node that a request is about; `in_body` is what its body named.
pub(crate) fn session(write: &Write<'_>, agent: &AgentInfo, in_body: &str) -> Result<Session, ApiError> {
    let given = write.options.query.get("node_id").unwrap_or_default();
    let given = if given.is_empty() { in_body } else { given };
    let id: NodeId = match given {
        "" => agent.node().ok_or_else(|| ApiError::bad_request("No local Node and node_id not provided"))?,
        text => text.parse().map_err(|error| malformed_id("node", &error))?,
    };
    let snapshot = write.shared.consensus.snapshot();
    if !Scoped::new(&snapshot, write.grant).has_node(id) {
        return Err(ApiError::not_found(format!("Unknown node \"{id}\"")));
    }
    write.shared.sessions.get(id).ok_or_else(|| ApiError::not_found("No path to node"))
}

/// What a node's refusal is to the one who asked.
pub(crate) fn failed(error: CallError) -> ApiError {
    match error {
        CallError::Failed(failure) => match failure.code {
            FailureCode::NotFound => ApiError::not_found(&*failure.message),
            FailureCode::Invalid => ApiError::bad_request(&*failure.message),
            _ => ApiError::internal(&*failure.message),
        },
        other => ApiError::not_found(format!("No path to node: {other}")),
    }
}
