//! This agent about itself; answered where the request arrives, also by a client agent.

use std::sync::LazyLock;

use http::StatusCode;
use muster_api::RouteId;
use muster_api::views::AgentSelf;
use muster_shape::TraceError;
use serde_json::Value;

use crate::agent::AgentInfo;
use crate::http::body::{self, ApiResponse};
use crate::http::error::ApiError;
use crate::http::options::Options;

/// The same for everyone, and public: it says nothing that the sources of this version do not.
static DOCUMENT: LazyLock<Result<Value, TraceError>> =
    LazyLock::new(|| muster_api::openapi::document(env!("CARGO_PKG_VERSION")));

/// Whether a client agent answers this route itself instead of forwarding it.
pub(crate) const fn is_local(id: RouteId) -> bool {
    matches!(id, RouteId::AgentSelfRead | RouteId::AgentHealthRead | RouteId::OpenApi)
}

pub(crate) fn answer(id: RouteId, agent: &AgentInfo, options: &Options) -> Result<ApiResponse, ApiError> {
    match id {
        RouteId::AgentHealthRead => health(agent, options),
        RouteId::OpenApi => match &*DOCUMENT {
            Ok(document) => body::json(document, options.pretty),
            Err(error) => Err(ApiError::internal(error.to_string())),
        },
        _ => {
            let member = agent.member.clone();
            body::json(
                &AgentSelf { config: agent.config.clone(), member, stats: agent.stats() },
                options.pretty,
            )
        }
    }
}

/// 500 with the same body when an asked-for role does not work.
fn health(agent: &AgentInfo, options: &Options) -> Result<ApiResponse, ApiError> {
    let mut health = agent.health();
    match options.query.get("type") {
        Some("client") => health.server = None,
        Some("server") => health.client = None,
        _ => {}
    }
    let ok = [&health.client, &health.server].into_iter().flatten().all(|role| role.ok);
    let mut response = body::json(&health, options.pretty)?;
    if !ok {
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    Ok(response)
}
