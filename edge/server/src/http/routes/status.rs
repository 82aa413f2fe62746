//! The cluster as this server knows it: leader, voters, regions, members.

use muster_api::views::{Member, MembersResponse};

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
