//! How the cluster schedules.

use muster_api::views::{SchedulerConfigResponse, SchedulerConfigView, SchedulerSetConfigResponse};
use muster_ids::Index;
use muster_state::WatchKey;
use muster_state::command::{Command, Reply, SchedulerConfigUpdate};

use crate::http::blocking::{Answer, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::caller::Identity;
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

pub(crate) fn read(read: &Read<'_>) -> ReadResult<SchedulerConfigResponse> {
    let config = read.state.scheduler_config();
    let response = SchedulerConfigResponse {
        index: config.modify_index.0,
        known_leader: true,
        scheduler_config: (&*config).into(),
        ..SchedulerConfigResponse::default()
    };
    Ok(Answer::new(response, [WatchKey::SchedulerConfig]))
}

pub(crate) async fn update(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: SchedulerConfigView = body::decode(&write.body)?;
    let config = request.decide().map_err(ApiError::bad_request)?;
    let cas = match write.options.query.get("cas") {
        None => None,
        Some(text) => {
            let wrong = |_| ApiError::bad_request(format!("Error parsing cas value: `{text}` is no index"));
            Some(Index(text.parse().map_err(wrong)?))
        }
    };
    let command = SchedulerConfigUpdate { config, cas };
    let (index, reply) = write.shared.propose(Command::SchedulerConfigUpdate(Box::new(command))).await?;
    let updated = matches!(reply, Reply::SchedulerConfigStored { updated: true });
    let response = SchedulerSetConfigResponse { updated, index: index.0, ..Default::default() };
    let mut answer = body::json(&response, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

/// Refuses to register, dispatch or scale a job where operators have closed that, but for holders of management tokens.
/// Without ACLs nobody is one. A hint like every check of a handler: what is on its way may still arrive.
pub(crate) fn registration_is_open(write: &Write<'_>) -> Result<(), ApiError> {
    let closed = write.shared.consensus.snapshot().scheduler_config().reject_job_registration;
    let manager = matches!(&write.caller.identity, Identity::Token { token, .. }
        if token.kind == muster_model::TokenKind::Management);
    if closed && !manager {
        let text = "Job registration, dispatch, and scale are disabled by the scheduler configuration";
        return Err(ApiError::new(http::StatusCode::FORBIDDEN, text));
    }
    Ok(())
}
