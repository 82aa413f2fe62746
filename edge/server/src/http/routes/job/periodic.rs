//! A run of a periodic job that somebody wants now.

use http::StatusCode;
use muster_api::views::PeriodicForceResponse;
use muster_state::command::{Command, LaunchCause, PeriodicLaunch, Reply};

use super::dispatch::answer;
use super::key;
use crate::http::body::ApiResponse;
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

pub(crate) async fn force(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    // The contract answers an unknown job with 500 here.
    let key = key(write.options, write.param(0)).map_err(|error| match error.status {
        StatusCode::NOT_FOUND => ApiError::internal(error.message),
        _ => error,
    })?;
    let command = PeriodicLaunch { key, eval_id: write.shared.ids.eval(), cause: LaunchCause::Force };
    let (index, reply) = write.shared.propose(Command::PeriodicLaunch(command)).await?;
    let Reply::PeriodicLaunched { eval_id, .. } = reply else {
        return Err(ApiError::internal("the log answered with another command's reply"));
    };
    let response = PeriodicForceResponse {
        eval_id: eval_id.map(|id| id.to_string()).unwrap_or_default(),
        eval_create_index: if eval_id.is_some() { index.0 } else { 0 },
        index: index.0,
        ..PeriodicForceResponse::default()
    };
    answer(write, &response, index)
}
