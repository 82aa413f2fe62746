//! Banned nodes and revoked certificates.

use std::time::Duration;

use muster_api::views::{RevocationRequest, RevocationView};
use muster_ids::{Index, NodeId, Text};
use muster_model::{Revocation, RevokedSubject};
use muster_state::command::{Command, RevocationCreate, RevocationDelete};
use serde_json::Value;

use crate::http::blocking::index_header;
use crate::http::body::{self, ApiResponse};
use crate::http::caller::Identity;
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

/// A sentence or two: every refusal repeats it.
const MAX_REASON: usize = 256;

pub(crate) async fn create(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let request: RevocationRequest = body::decode_optional(&write.body)?;
    let revocation = wanted(write, &request)?;
    tracing::warn!(subject = %revocation.subject, reason = %revocation.reason, "revoked by an operator");
    let command = RevocationCreate { revocation: revocation.clone(), seed: write.shared.ids.seed() };
    let (index, _) = write.shared.propose(Command::RevocationCreate(Box::new(command))).await?;
    let stored = Revocation { create_index: index, modify_index: index, ..revocation };
    let mut answer = body::json(&RevocationView::from(&stored), write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

/// Oldest first.
pub(crate) fn list(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let (snapshot, now) = (write.shared.consensus.snapshot(), write.shared.now());
    let mut found: Vec<_> = snapshot.revocations().filter(|row| row.in_force(now)).collect();
    found.sort_by_key(|row| row.create_index);
    let views: Vec<RevocationView> = found.into_iter().map(|row| (&**row).into()).collect();
    let mut answer = body::json(&views, write.options.pretty)?;
    index_header(&mut answer, Index(snapshot.index().0.max(1)));
    Ok(answer)
}

pub(crate) async fn delete(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let subject: RevokedSubject = write
        .param(0)
        .parse()
        .map_err(|error: muster_model::RevokedSubjectError| ApiError::not_found(error.to_string()))?;
    let (index, _) = write.shared.propose(Command::RevocationDelete(RevocationDelete { subject })).await?;
    let mut answer = body::empty();
    index_header(&mut answer, index);
    Ok(answer)
}

fn wanted(write: &Write<'_>, request: &RevocationRequest) -> Result<Revocation, ApiError> {
    let reason = request.reason.trim();
    if reason.len() > MAX_REASON || reason.chars().any(char::is_control) {
        return Err(ApiError::bad_request(format!("Reason takes one line of {MAX_REASON} bytes at most")));
    }
    let now = write.shared.now();
    let created_by = match &write.caller.identity {
        Identity::Token { token, .. } => Some(token.accessor),
        _ => None,
    };
    Ok(Revocation {
        subject: subject(request)?,
        reason: Text::from(if reason.is_empty() { "no reason given" } else { reason }),
        created_by,
        create_time: now,
        expiration_time: ttl(&request.ttl)?.map(|ttl| now.after(ttl)),
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    })
}

fn subject(request: &RevocationRequest) -> Result<RevokedSubject, ApiError> {
    let fault = |error: muster_model::RevokedSubjectError| ApiError::bad_request(error.to_string());
    match (request.node_id.trim(), request.serial.trim(), request.fingerprint.trim()) {
        (node, "", "") if !node.is_empty() => {
            let node = node.parse::<NodeId>();
            node.map(RevokedSubject::Node).map_err(|error| ApiError::bad_request(format!("NodeID: {error}")))
        }
        ("", serial, "") if !serial.is_empty() => match serial.parse().map_err(fault)? {
            subject @ RevokedSubject::Serial(_) => Ok(subject),
            _ => Err(ApiError::bad_request(format!("`{serial}` is not the serial number of a certificate"))),
        },
        ("", "", print) if !print.is_empty() => match print.parse().map_err(fault)? {
            subject @ RevokedSubject::Fingerprint(_) => Ok(subject),
            _ => Err(ApiError::bad_request(format!("`{print}` is not the SHA-256 of a certificate"))),
        },
        _ => Err(ApiError::bad_request("give exactly one of NodeID, Serial and Fingerprint")),
    }
}

fn ttl(value: &Value) -> Result<Option<Duration>, ApiError> {
    let parsed = match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(None),
        Value::Number(number) => number.as_u64().map(Duration::from_nanos),
        Value::String(text) => {
            muster_jobspec::duration::parse(text).ok().and_then(|nanos| nanos.to_duration())
        }
        _ => None,
    };
    parsed
        .filter(|ttl| !ttl.is_zero())
        .map(Some)
        .ok_or_else(|| ApiError::bad_request(format!("TTL must be a duration such as \"24h\", not {value}")))
}
