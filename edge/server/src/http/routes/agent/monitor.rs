//! An agent's log as it is written: this agent's own, or a node's over its connection.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, header};
use muster_api::views::StreamFrame;
use muster_rpc::messages::{AgentMonitor, MonitorChunk};
use muster_rpc::{Session, Stream};
use muster_telemetry::logs::{Format, Level};

use crate::agent::AgentInfo;
use crate::http::asked_node::{failed, session};
use crate::http::body::{self, ApiResponse, BoxError};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::options::Options;

/// An idle stream shows that it is alive this often.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(1);
/// How long a node may take to begin.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes sent at once, as far as they wait already.
const CHUNK: usize = 32 * 1024;

struct Asked {
    level: Level,
    format: Format,
    plain: bool,
}

fn asked(options: &Options) -> Result<Asked, ApiError> {
    let query = &options.query;
    one_target(options)?;
    let level = query.get("log_level").filter(|level| !level.is_empty()).unwrap_or("INFO");
    let known = Level::parse(level).filter(|level| *level != Level::Off);
    Ok(Asked {
        level: known.ok_or_else(|| ApiError::bad_request(format!("Unknown log level: {level}")))?,
        format: Format {
            json: query.flag("log_json", false)?,
            location: query.flag("log_include_location", false)?,
        },
        plain: query.flag("plain", false)?,
    })
}

pub(super) fn one_target(options: &Options) -> Result<(), ApiError> {
    let given = |key| options.query.get(key).is_some_and(|id| !id.is_empty());
    match given("node_id") && given("server_id") {
        true => Err(ApiError::bad_request("Cannot target node and server simultaneously")),
        false => Ok(()),
    }
}

/// A server that is none of ours.
pub(super) fn known_server(options: &Options) -> Result<(), ApiError> {
    match options.query.get("server_id").filter(|id| !id.is_empty()) {
        Some(server) => Err(ApiError::not_found(format!("unknown Nomad server {server}"))),
        None => Ok(()),
    }
}

pub(crate) fn here(agent: &AgentInfo, options: &Options) -> Result<ApiResponse, ApiError> {
    let Asked { level, format, plain } = asked(options)?;
    let watcher = agent.tools.logs.watch(level, format);
    let pieces = stream::unfold(watcher, move |mut watcher| async move {
        let line = tokio::time::timeout(HEARTBEAT, watcher.next()).await;
        let piece = match line {
            Ok(None) => return None,
            Ok(Some(mut text)) => {
                text.push('\n');
                watcher.more(&mut text, CHUNK);
                Some(Bytes::from(text))
            }
            Err(_idle) => None,
        };
        Some((shown(piece, plain), watcher))
    });
    Ok(answer(body::streaming(pieces), plain))
}

/// The log of the node that `node_id` names.
pub(crate) async fn of_node(write: &Write<'_>, agent: &AgentInfo) -> Result<ApiResponse, ApiError> {
    let Asked { level, format, plain } = asked(write.options)?;
    known_server(write.options)?;
    let node = session(write, agent, "")?;
    let request =
        AgentMonitor { level: level.as_str().to_owned(), json: format.json, location: format.location };
    of_session(&node, request, plain).await
}

/// Asks a node for a stream of its log, and shows it.
pub(super) async fn of_session<S>(node: &Session, request: S, plain: bool) -> Result<ApiResponse, ApiError>
where
    S: Stream<Item = MonitorChunk>,
{
    let chunks = node.subscribe(request, OPEN_TIMEOUT).await.map_err(failed)?;
    let pieces = stream::unfold(chunks, move |mut chunks| async move {
        let piece = match tokio::time::timeout(HEARTBEAT, chunks.next()).await {
            Ok(None) => return None,
            Ok(Some(Ok(chunk))) => shown(Some(chunk.data), plain),
            Ok(Some(Err(error))) => Err(Box::new(error) as BoxError),
            Err(_idle) => shown(None, plain),
        };
        Some((piece, chunks))
    });
    Ok(answer(body::streaming(pieces), plain))
}

/// Text or a frame; an idle moment is an empty frame, and in plain text nothing.
pub(super) fn shown(piece: Option<Bytes>, plain: bool) -> Result<Bytes, BoxError> {
    match (piece, plain) {
        (Some(text), true) => Ok(text),
        (None, true) => Ok(Bytes::new()),
        (None, false) => Ok(Bytes::from_static(b"{}")),
        (Some(text), false) => {
            let frame = StreamFrame { data: STANDARD.encode(&text), ..StreamFrame::default() };
            Ok(serde_json::to_vec(&frame)?.into())
        }
    }
}

pub(super) fn answer(body: body::ApiBody, plain: bool) -> ApiResponse {
    let mut response = http::Response::new(body);
    let kind = if plain { "text/plain" } else { "application/json" };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
