//! What callers ask for when they make or change a token, checked.

use std::time::Duration;

use muster_api::views::AclTokenView;
use muster_ids::{AccessorId, Index, UnixNanos};
use muster_model::{AclToken, TokenKind};
use muster_rpc::Secret;
use serde_json::Value;

use crate::http::error::ApiError;
use crate::shared::Shared;

/// Bytes of a token's or a policy's name.
const MAX_NAME: usize = 256;
/// Policies of one token.
const MAX_POLICIES: usize = 256;

/// A token to be made; without a secret of the caller's, the server draws one.
pub(super) struct NewToken {
    pub token: AclToken,
    pub secret: Option<Secret>,
}

pub(super) fn new_token(shared: &Shared, request: &AclTokenView) -> Result<NewToken, ApiError> {
    let now = shared.now();
    let kind = kind(request)?;
    let (accessor, secret) = match (request.accessor_id.as_str(), request.secret_id.expose()) {
        ("", "") => (shared.ids.accessor(), None),
        (accessor, secret) if kind == TokenKind::Client => {
            let refused = || invalid("AccessorID and SecretID must both be UUIDs, or both be left out");
            let accessor = accessor.parse().map_err(|_| refused())?;
            (accessor, Some(uuid_secret(secret).ok_or_else(refused)?))
        }
        _ => return Err(invalid("only client tokens may bring their own AccessorID and SecretID")),
    };
    let token = AclToken {
        accessor,
        name: name(request)?,
        kind,
        policies: policies(request, kind)?,
        global: request.global,
        create_time: now,
        expiration_time: expiration(shared, request, now)?,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    };
    Ok(NewToken { token, secret })
}

/// Name and policies of an existing token; whatever cannot change is taken from it.
pub(super) fn changed_token(
    shared: &Shared,
    path: &str,
    request: &AclTokenView,
) -> Result<AclToken, ApiError> {
    if request.accessor_id != path {
        return Err(ApiError::bad_request("ACL token accessor does not match request path"));
    }
    let unknown = || ApiError::bad_request(format!("cannot find token {path}"));
    let accessor: AccessorId = path.parse().map_err(|_| unknown())?;
    let stored = shared.consensus.snapshot().acl_token(accessor).cloned().ok_or_else(unknown)?;
    let kind = if request.kind.is_empty() { stored.kind } else { kind(request)? };
    Ok(AclToken {
        name: name(request)?,
        kind,
        policies: policies(request, kind)?,
        global: request.global,
        ..(*stored).clone()
    })
}

/// A secret has the form of a UUID, whoever made it.
pub(super) fn uuid_secret(text: &str) -> Option<Secret> {
    text.parse::<AccessorId>().ok()?;
    Secret::new(text).ok()
}

fn invalid(why: impl std::fmt::Display) -> ApiError {
    ApiError::bad_request(format!("token 0 invalid: {why}"))
}

fn kind(request: &AclTokenView) -> Result<TokenKind, ApiError> {
    match request.kind.as_str() {
        "client" => Ok(TokenKind::Client),
        "management" => Ok(TokenKind::Management),
        other => Err(invalid(format!("token type must be client or management, not `{other}`"))),
    }
}

fn name(request: &AclTokenView) -> Result<muster_ids::Text, ApiError> {
    match request.name.len() {
        0..=MAX_NAME => Ok(request.name.as_str().into()),
        length => Err(invalid(format!("token name too long: {length} bytes, of {MAX_NAME} at most"))),
    }
}

fn policies(request: &AclTokenView, kind: TokenKind) -> Result<Vec<muster_ids::Text>, ApiError> {
    let role = request.roles.iter().flatten().next();
    let policies: Vec<_> = request.policies.iter().flatten().collect();
    match (kind, role) {
        (TokenKind::Management, role) if role.is_some() || !policies.is_empty() => {
            return Err(invalid("management token cannot be associated with policies or roles"));
        }
        (TokenKind::Client, None) if policies.is_empty() => {
            return Err(invalid("client token missing policies or roles"));
        }
        (_, Some(role)) => {
            let role = if role.name.is_empty() { &role.id } else { &role.name };
            return Err(ApiError::bad_request(format!("cannot find role {role}")));
        }
        _ => {}
    }
    if policies.len() > MAX_POLICIES {
        return Err(invalid(format!("{} policies; {MAX_POLICIES} at most", policies.len())));
    }
    match policies.iter().find(|policy| policy.is_empty() || policy.len() > MAX_NAME) {
        Some(policy) => Err(invalid(format!("`{policy}` is not a policy name"))),
        None => Ok(policies.into_iter().map(|policy| policy.as_str().into()).collect()),
    }
}

fn expiration(
    shared: &Shared,
    request: &AclTokenView,
    now: UnixNanos,
) -> Result<Option<UnixNanos>, ApiError> {
    let ttl = match &request.expiration_ttl {
        Value::Null => None,
        Value::Number(number) => number.as_u64().map(Duration::from_nanos).filter(|ttl| !ttl.is_zero()),
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => {
            let parsed = muster_jobspec::duration::parse(text).ok().and_then(|nanos| nanos.to_duration());
            Some(parsed.ok_or_else(|| invalid(format!("`{text}` is not a duration such as \"8h\"")))?)
        }
        other => return Err(invalid(format!("ExpirationTTL cannot be {other}"))),
    };
    let time = request.expiration_time.as_deref().filter(|text| !text.is_empty());
    let end = match (ttl.filter(|ttl| !ttl.is_zero()), time) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(invalid("ExpirationTTL and ExpirationTime exclude each other")),
        (Some(ttl), None) => now.after(ttl),
        (None, Some(text)) => {
            let time: jiff::Timestamp =
                text.parse().map_err(|_| invalid(format!("`{text}` is not a time as in RFC 3339")))?;
            UnixNanos(i64::try_from(time.as_nanosecond()).unwrap_or(i64::MAX))
        }
    };
    let (min, max) = (shared.acl.min_expiration_ttl, shared.acl.max_expiration_ttl);
    if end < now.after(min) {
        return Err(invalid(format!("expiration time cannot be less than {min:?} in the future")));
    }
    if end > now.after(max) {
        return Err(invalid(format!("expiration time cannot be more than {max:?} in the future")));
    }
    Ok(Some(end))
}
