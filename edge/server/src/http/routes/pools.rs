//! Node pools, and what is in them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_acl::{Capability, Denied, Requirement};
use muster_api::views::{JobListStub, NodeListStub, NodePoolView};
use muster_ids::{Index, NodePool};
use muster_model::NodePoolDetails;
use muster_state::command::{Command, NodePoolDelete, NodePoolUpsert};
use muster_state::{IdPrefix, WatchKey};

use super::{jobs, nodes};
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};
use crate::scoped::Pool;

pub(crate) fn list(read: &Read<'_>) -> ListResult<NodePoolView> {
    let pools = read.state.pools().filter(|pool| pool.name.as_str().starts_with(&read.options.prefix));
    let page = read.options.paginate(filter::pools(read, pools)?, |pool| pool.name.clone())?;
    Ok(Listing::new(page, [WatchKey::NodePools], |pool: Pool<'_>| view(pool), |view: NodePoolView| view))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<NodePoolView> {
    match read.state.pools().find(|pool| pool.name.as_str() == read.param(0)) {
        Some(pool) => Ok(Answer::new(view(pool), [WatchKey::NodePool(pool.name.clone())])),
        None => Err(missing()),
    }
}

pub(crate) fn view(pool: Pool<'_>) -> NodePoolView {
    let details = pool.details.map(Arc::as_ref);
    let hash = STANDARD.encode(digest_of_pool(details));
    NodePoolView::new(pool.name, pool.created, details, hash)
}

/// Over what operators say of the pool: replicas of other regions compare it.
fn digest_of_pool(details: Option<&NodePoolDetails>) -> [u8; 32] {
    let Some(details) = details else { return [0; 32] };
    digest(&NodePoolDetails { modify_index: Index::ZERO, ..details.clone() })
}

pub(super) fn digest<T: serde::Serialize>(said: &T) -> [u8; 32] {
    let text = serde_json::to_string(said).unwrap_or_default();
    muster_rpc::sha256(text.as_bytes())
}

/// Makes the pool of the body, or replaces what is known of it; `path` is the name in the path, if the route has one.
pub(crate) async fn apply(write: &Write<'_>, path: Option<&str>) -> Result<ApiResponse, ApiError> {
    let request: NodePoolView = body::decode(&write.body)?;
    if path.is_some_and(|path| path != request.name) {
        return Err(ApiError::bad_request("Node pool name does not match request path"));
    }
    let details = request.decide().map_err(|wrong| {
        let list: String = wrong.iter().map(|wrong| format!("\n\t* {wrong}")).collect();
        let noun = if wrong.len() == 1 { "1 error".to_owned() } else { format!("{} errors", wrong.len()) };
        ApiError::bad_request(format!("invalid node pool \"{}\": {noun} occurred:{list}\n\n", request.name))
    })?;
    if !write.grant.allows_pool(&details.name) {
        return Err(Denied.into());
    }
    let command = Command::NodePoolUpsert(Box::new(NodePoolUpsert { details }));
    done(write.shared.propose(command).await?.0)
}

pub(crate) async fn delete(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let text = write.param(0);
    let unknown = |_| ApiError::internal(format!("node pool {text} not found"));
    let name = NodePool::new(text).map_err(unknown)?;
    if !write.grant.allows_pool(&name) {
        return Err(Denied.into());
    }
    let command = NodePoolDelete { name, region: write.shared.region.clone() };
    done(write.shared.propose(Command::NodePoolDelete(command)).await?.0)
}

fn done(index: Index) -> Result<ApiResponse, ApiError> {
    let mut answer = body::empty();
    index_header(&mut answer, index);
    Ok(answer)
}

fn missing() -> Missing {
    Missing::not_found("node pool not found", [WatchKey::NodePools])
}

/// The pool of the path, which the caller must be allowed to read besides what is in it.
fn pool(read: &Read<'_>) -> Result<NodePool, Missing> {
    if !read.options.prefix.is_empty() {
        return Err(ApiError::bad_request("prefix argument not allowed").into());
    }
    let reader = read.grant.also(Requirement::AnyOf(&[Capability::NodePoolRead]), None);
    let pool = NodePool::new(read.param(0)).map_err(|_| missing())?;
    let seen = reader.is_ok_and(|reader| read.state.has_pool(&pool, &reader));
    if seen { Ok(pool) } else { Err(missing()) }
}

pub(crate) fn nodes(read: &Read<'_>) -> ListResult<NodeListStub> {
    let pool = pool(read)?;
    let nodes = read.state.nodes(&IdPrefix::NONE).filter(|node| pool.is_all() || node.pool == pool);
    nodes::stubs(read, nodes, vec![WatchKey::Nodes, WatchKey::NodePools])
}

pub(crate) fn jobs(read: &Read<'_>) -> ListResult<JobListStub> {
    let pool = pool(read)?;
    let jobs = read.state.jobs().filter(|job| pool.is_all() || job.node_pool == pool);
    jobs::stubs(read, jobs, vec![WatchKey::Jobs, WatchKey::NodePools])
}
