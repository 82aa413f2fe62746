//! What an agent logged before: its log file or its service's journal, here or on a node.

use std::time::Duration;

use futures::stream;
use http::StatusCode;
use muster_rpc::messages::AgentExport;
use muster_telemetry::logs::{ExportError, ExportRequest};

use super::monitor::{HEARTBEAT, answer, known_server, of_session, one_target, shown};
use crate::agent::AgentInfo;
use crate::http::asked_node::session;
use crate::http::body::{self, ApiResponse, BoxError};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::options::Options;

/// How far back the journal is read unless the caller says.
const SINCE: Duration = Duration::from_secs(72 * 3_600);

fn asked(options: &Options) -> Result<(AgentExport, bool), ApiError> {
    one_target(options)?;
    let query = &options.query;
    let since = match query.get("logs_since").filter(|text| !text.is_empty()) {
        None => SINCE,
        Some(text) => {
            let parsed = muster_jobspec::duration::parse(text).ok().and_then(|nanos| nanos.to_duration());
            parsed.ok_or_else(|| {
                ApiError::bad_request(format!(
                    "logs_since `{text}` is no duration: write it as `72h` or `30m`"
                ))
            })?
        }
    };
    let request = AgentExport {
        on_disk: query.flag("on_disk", false)?,
        service: query.get("service_name").unwrap_or_default().to_owned(),
        since,
        follow: query.flag("follow", false)?,
    };
    Ok((request, query.flag("plain", false)?))
}

/// The request, if it makes sense; a node checks again.
fn checked(asked: &AgentExport) -> Result<ExportRequest, ApiError> {
    let AgentExport { on_disk, service, since, follow } = asked;
    ExportRequest::new(*on_disk, service, *since, *follow).map_err(|error| refused(&error))
}

fn refused(error: &ExportError) -> ApiError {
    let status = match error {
        ExportError::Service(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::BAD_REQUEST,
    };
    ApiError::new(status, error.to_string())
}

pub(crate) fn here(agent: &AgentInfo, options: &Options) -> Result<ApiResponse, ApiError> {
    let (asked, plain) = asked(options)?;
    let export = agent.tools.logs.export(checked(&asked)?).map_err(|error| refused(&error))?;
    let pieces = stream::unfold(Some(export), move |export| async move {
        let mut export = export?;
        match tokio::time::timeout(HEARTBEAT, export.next()).await {
            Err(_idle) => Some((shown(None, plain), Some(export))),
            Ok(None) => None,
            Ok(Some(Ok(data))) => Some((shown(Some(data), plain), Some(export))),
            Ok(Some(Err(error))) => Some((Err(Box::new(error) as BoxError), None)),
        }
    });
    Ok(answer(body::streaming(pieces), plain))
}

/// What the node that `node_id` names logged.
pub(crate) async fn of_node(write: &Write<'_>, agent: &AgentInfo) -> Result<ApiResponse, ApiError> {
    let (asked, plain) = asked(write.options)?;
    known_server(write.options)?;
    checked(&asked)?;
    of_session(&session(write, agent, "")?, asked, plain).await
}
