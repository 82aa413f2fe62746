//! The cluster as this server knows it: leader, voters, regions, members.

use http::StatusCode;
use muster_api::views::{AgentJoinResponse, Member, MembersResponse, SchedulersConfigView, SchedulersView};

use crate::agent::AgentInfo;
use crate::http::body::{self, ApiResponse};
use crate::http::error::ApiError;
use crate::http::options::Options;
use crate::shared::Shared;

pub(crate) fn leader(shared: &Shared, options: &Options) -> Result<ApiResponse, ApiError> {
    let address = if shared.is_leader() { shared.rpc_advertise.to_string() } else { String::new() };
    body::json(&address, options.pretty)
}

pub(crate) fn peers(shared: &Shared, options: &Options) -> Result<ApiResponse, ApiError> {
    body::json(&[shared.rpc_advertise.to_string()], options.pretty)
}

pub(crate) fn regions(shared: &Shared, options: &Options) -> Result<ApiResponse, ApiError> {
    body::json(&[shared.region.as_str()], options.pretty)
}

pub(crate) fn members(
    shared: &Shared,
    agent: &AgentInfo,
    options: &Options,
) -> Result<ApiResponse, ApiError> {
    let response = MembersResponse {
        server_name: agent.name.clone(),
        server_region: shared.region.to_string(),
        server_dc: agent.datacenter.clone(),
        members: agent.member.iter().cloned().collect::<Vec<Member>>(),
    };
    body::json(&response, options.pretty)
}

pub(crate) fn schedulers(shared: &Shared, options: &Options) -> Result<ApiResponse, ApiError> {
    let view = SchedulersView { server_id: shared.server_id.to_string(), schedulers: shared.workers.views() };
    body::json(&view, options.pretty)
}

pub(crate) fn schedulers_config(shared: &Shared, options: &Options) -> Result<ApiResponse, ApiError> {
    let workers = shared.workers.views();
    let view = SchedulersConfigView {
        server_id: shared.server_id.to_string(),
        num_schedulers: workers.len(),
        enabled_schedulers: workers
            .into_iter()
            .next()
            .map(|worker| worker.enabled_schedulers)
            .unwrap_or_default(),
    };
    body::json(&view, options.pretty)
}

/// This version runs one server. As in the contract, a join that fails is told in a successful answer.
pub(crate) fn join(options: &Options) -> Result<ApiResponse, ApiError> {
    if options.query.get("address").is_none_or(str::is_empty) {
        return Err(ApiError::bad_request("missing address to join"));
    }
    let error = "this version of muster runs one server, which joins no other".to_owned();
    body::json(&AgentJoinResponse { error, ..AgentJoinResponse::default() }, options.pretty)
}

pub(crate) fn force_leave(agent: &AgentInfo, options: &Options) -> Result<ApiResponse, ApiError> {
    let node = options.query.get("node").filter(|node| !node.is_empty());
    let node = node.ok_or_else(|| ApiError::bad_request("missing node to force leave"))?;
    let is_this = agent.member.as_ref().is_some_and(|member| member.name == node || agent.name == node);
    let why = match is_this {
        true => format!("`{node}` is this server, which has not failed"),
        false => format!("no server is known by the name `{node}`"),
    };
    Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, why))
}
