//! This agent about itself; answered where the request arrives, also by a client agent.

mod export;
mod monitor;

use std::sync::LazyLock;

use http::{HeaderValue, StatusCode, header};
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

pub(crate) use export::of_node as export_of_node;
pub(crate) use monitor::of_node as monitor_of_node;

/// Profiles that the contract knows and that only its own language's runtime can make.
const PROFILES: &[&str] =
    &["profile", "trace", "allocs", "block", "goroutine", "heap", "mutex", "threadcreate"];

/// Whether a client agent answers this route itself instead of forwarding it.
pub(crate) fn is_local(id: RouteId, agent: &AgentInfo, options: &Options) -> bool {
    match id {
        RouteId::AgentSelfRead
        | RouteId::OpenApi
        | RouteId::AgentHealthRead
        | RouteId::AgentServers
        | RouteId::AgentServersUpdate
        | RouteId::AgentReload
        | RouteId::AgentJoin
        | RouteId::AgentForceLeave
        | RouteId::AgentSchedulers
        | RouteId::AgentSchedulersConfig
        | RouteId::Metrics => true,
        RouteId::AgentMonitor | RouteId::AgentMonitorExport | RouteId::AgentHost | RouteId::AgentPprof => {
            names_itself(agent, options)
        }
        _ => false,
    }
}

/// Whether a question about some agent is about this one.
pub(crate) fn names_itself(agent: &AgentInfo, options: &Options) -> bool {
    let asked = |key| options.query.get(key).filter(|id| !id.is_empty());
    match (asked("node_id"), asked("server_id")) {
        (None, None) => true,
        (Some(node), None) => agent.node().is_some_and(|own| own.to_string() == node),
        (None, Some(server)) => agent.member.as_ref().is_some_and(|member| {
            let is_id = member.tags.get("id").is_some_and(|id| id == server);
            is_id || server == "leader" || server == member.name || server == agent.name
        }),
        (Some(_), Some(_)) => false,
    }
}

/// Answers what concerns this agent alone. `secured` says whether the caller had to show a token.
pub(crate) fn answer(
    id: RouteId,
    agent: &AgentInfo,
    options: &Options,
    params: &[String],
) -> Result<ApiResponse, ApiError> {
    match id {
        RouteId::AgentHealthRead => health(agent, options),
        RouteId::OpenApi => match &*DOCUMENT {
            Ok(document) => body::json(document, options.pretty),
            Err(error) => Err(ApiError::internal(error.to_string())),
        },
        RouteId::AgentServers => match agent.servers() {
            Some(servers) => body::json(&(servers.list)(), options.pretty),
            None => Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, "Invalid method")),
        },
        RouteId::AgentServersUpdate => update_servers(agent, options),
        RouteId::AgentReload => {
            (agent.tools.reload)().map_err(ApiError::internal)?;
            Ok(body::empty())
        }
        RouteId::AgentHost => {
            debug_allowed(agent)?;
            body::json(&(agent.tools.host)(), options.pretty)
        }
        RouteId::AgentPprof => profile(agent, params.first().map_or("", String::as_str)),
        RouteId::AgentMonitor => monitor::here(agent, options),
        RouteId::AgentMonitorExport => export::here(agent, options),
        RouteId::Metrics => metrics(agent, options),
        // Only servers have the rest.
        RouteId::AgentJoin | RouteId::AgentForceLeave => {
            Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, "Invalid method"))
        }
        RouteId::AgentSchedulers | RouteId::AgentSchedulersConfig => {
            Err(ApiError::bad_request("Server only endpoint"))
        }
        _ => {
            let member = agent.member.clone();
            body::json(
                &AgentSelf { config: agent.config.clone(), member, stats: agent.stats() },
                options.pretty,
            )
        }
    }
}

fn update_servers(agent: &AgentInfo, options: &Options) -> Result<ApiResponse, ApiError> {
    let not_here = || ApiError::new(StatusCode::NOT_IMPLEMENTED, "Invalid method");
    let servers = agent.servers().ok_or_else(not_here)?;
    let addresses: Vec<String> = options.query.all("address").map(str::to_owned).collect();
    if addresses.is_empty() {
        return Err(ApiError::bad_request("missing server address"));
    }
    (servers.replace)(&addresses).map_err(ApiError::bad_request)?;
    Ok(body::empty())
}

/// Where nobody has to show a token, the operator must have asked for debugging.
fn debug_allowed(agent: &AgentInfo) -> Result<(), ApiError> {
    if agent.acl_enabled || agent.tools.enable_debug { Ok(()) } else { Err(muster_acl::Denied.into()) }
}

fn profile(agent: &AgentInfo, name: &str) -> Result<ApiResponse, ApiError> {
    debug_allowed(agent)?;
    if name == "cmdline" {
        let arguments: Vec<String> =
            std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
        return Ok(http::Response::new(body::full(arguments.join("\0"))));
    }
    if PROFILES.contains(&name) {
        let message = format!(
            "the profile `{name}` is one of the Go runtime, which this agent does not have; use `perf` on its process"
        );
        return Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, message));
    }
    Err(ApiError::not_found(format!("Unknown profile: {name}")))
}

fn metrics(agent: &AgentInfo, options: &Options) -> Result<ApiResponse, ApiError> {
    match options.query.get("format") {
        Some("prometheus") if !agent.tools.prometheus => {
            Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Prometheus is not enabled"))
        }
        Some("prometheus") => {
            let mut response = http::Response::new(body::full(agent.tools.metrics.prometheus()));
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            Ok(response)
        }
        None | Some("") => body::json(&agent.tools.metrics.json(), options.pretty),
        Some(other) => {
            Err(ApiError::bad_request(format!("unknown metrics format `{other}`; use `prometheus` or none")))
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
