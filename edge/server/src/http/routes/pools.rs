//! Node pools, and what is in them.

use muster_acl::{Capability, Requirement};
use muster_api::views::{JobListStub, NodeListStub, NodePoolView};
use muster_ids::NodePool;
use muster_state::{IdPrefix, WatchKey};

use super::{jobs, nodes};
use crate::http::blocking::{Answer, Missing, Read, ReadResult};
use crate::http::error::ApiError;
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};

pub(crate) fn list(read: &Read<'_>) -> ListResult<NodePoolView> {
    let pools = read.state.node_pools().filter(|pool| pool.as_str().starts_with(&read.options.prefix));
    let page = read.options.paginate(filter::pools(read, pools)?, |pool| (*pool).clone())?;
    Ok(Listing::new(page, [WatchKey::NodePools], NodePool::clone, |pool: NodePool| (&pool).into()))
}

pub(crate) fn read(read: &Read<'_>) -> ReadResult<NodePoolView> {
    let watch = [WatchKey::NodePools];
    match read.state.node_pools().find(|pool| pool.as_str() == read.param(0)) {
        Some(pool) => Ok(Answer::new(pool.into(), watch)),
        None => Err(missing()),
    }
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
