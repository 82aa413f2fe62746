//! One map from errors to HTTP status (`http-api.md` section 1.4): plain text, the bare message.

use http::StatusCode;
use muster_acl::Denied;
use muster_consensus::ProposeError;
use muster_ids::{IdError, NameError};
use muster_state::command::Refusal;

use super::body::{self, ApiResponse};

/// An answer other than success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub status: StatusCode,
    pub message: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// 400: the request cannot be understood.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 404, which is also the answer for what the caller may not see.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 500: what the contract answers to failed validation as well.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        Self::new(StatusCode::FORBIDDEN, denied.to_string())
    }
}

impl From<NameError> for ApiError {
    fn from(error: NameError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::RootKeyNotFound { .. }
            | Refusal::AllocNotFound
            | Refusal::DeploymentNotFound
            | Refusal::ScaledJobMissing { .. }
            | Refusal::JoinTokenMissing { .. }
            | Refusal::RevocationMissing { .. } => StatusCode::NOT_FOUND,
            Refusal::AclBootstrapDone { .. }
            | Refusal::AclBootstrapResetIndex { .. }
            | Refusal::AclTokenExists { .. }
            | Refusal::AclTokenUnknown { .. }
            | Refusal::AclTokenGlobalChange { .. }
            | Refusal::AclTokenTypeChange { .. }
            | Refusal::AclTokensMissing { .. }
            | Refusal::AclPolicyMissing { .. }
            | Refusal::AclRoleMissing { .. }
            | Refusal::AclRoleExists { .. }
            | Refusal::AclRoleNameTaken { .. }
            | Refusal::JobTagTaken { .. }
            | Refusal::ScaledGroupMissing { .. }
            | Refusal::ScaledDuringDeployment
            | Refusal::ScaledPerNode { .. }
            | Refusal::ScaledBelowMinimum { .. }
            | Refusal::ScaledAboveMaximum { .. }
            | Refusal::RevocationsFull { .. }
            | Refusal::NodePoolBuiltIn { .. } => StatusCode::BAD_REQUEST,
            Refusal::OneTimeTokenUnknown => StatusCode::FORBIDDEN,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, refusal.to_string())
    }
}

impl From<ProposeError> for ApiError {
    fn from(error: ProposeError) -> Self {
        match error {
            ProposeError::NotLeader { .. } => Self::internal("No cluster leader"),
            ProposeError::Overloaded => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "the server has too many writes queued; try again later",
            ),
            error @ ProposeError::TooLarge { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string())
            }
            other => Self::internal(other.to_string()),
        }
    }
}

/// The contract's answer to a malformed id in a path.
pub(crate) fn malformed_id(kind: &str, error: &IdError) -> ApiError {
    let IdError::Malformed(text) = error;
    let reason = match text.len() {
        36 => format!("Invalid UUID: {text}"),
        0..36 => "UUID must be 36 characters".to_owned(),
        longer => format!("Invalid UUID length. UUID have 36 characters; got {longer}"),
    };
    ApiError::internal(format!("{kind} lookup failed: index error: {reason}"))
}

/// The response either way.
pub(super) fn answered(result: Result<ApiResponse, ApiError>) -> ApiResponse {
    result.unwrap_or_else(|error| body::error(&error))
}
