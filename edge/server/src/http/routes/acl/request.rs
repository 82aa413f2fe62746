//! What callers ask for when they make or change a token, checked.

use std::time::Duration;

use muster_api::views::{AclRoleLink, AclTokenView};
use muster_ids::{AccessorId, Index, RoleId, UnixNanos};
use muster_jobspec::duration::Nanos;
use muster_model::{AclToken, TokenKind};
use muster_rpc::Secret;
use serde_json::Value;

use crate::http::error::ApiError;
use crate::shared::Shared;

/// Bytes of a token's or a policy's name.
const MAX_NAME: usize = 256;
/// Policies of one token, and roles.
const MAX_LINKS: usize = 256;

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
    let (policies, roles) = links(shared, request, kind)?;
    let token = AclToken {
        accessor,
        name: name(request)?,
        kind,
        policies,
        roles,
        global: global(shared, request)?,
        create_time: now,
        expiration_time: expiration(shared, request, now)?,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    };
    Ok(NewToken { token, secret })
}

/// Name, policies and roles of an existing token; whatever cannot change is taken from it.
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
    let (policies, roles) = links(shared, request, kind)?;
    Ok(AclToken { name: name(request)?, kind, policies, roles, global: request.global, ..(*stored).clone() })
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

/// Policies and roles. A management token has none, a client token at least one.
fn links(
    shared: &Shared,
    request: &AclTokenView,
    kind: TokenKind,
) -> Result<(Vec<muster_ids::Text>, Vec<RoleId>), ApiError> {
    let policies: Vec<_> = request.policies.iter().flatten().collect();
    let wanted: Vec<_> = request.roles.iter().flatten().collect();
    match (kind, policies.is_empty() && wanted.is_empty()) {
        (TokenKind::Management, false) => {
            return Err(invalid("management token cannot be associated with policies or roles"));
        }
        (TokenKind::Client, true) => return Err(invalid("client token missing policies or roles")),
        _ => {}
    }
    for (noun, count) in [("policies", policies.len()), ("roles", wanted.len())] {
        if count > MAX_LINKS {
            return Err(invalid(format!("{count} {noun}; {MAX_LINKS} at most")));
        }
    }
    if let Some(policy) = policies.iter().find(|policy| policy.is_empty() || policy.len() > MAX_NAME) {
        return Err(invalid(format!("`{policy}` is not a policy name")));
    }
    let mut roles = Vec::new();
    for link in wanted {
        let role = role(shared, link)?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok((policies.into_iter().map(|policy| policy.as_str().into()).collect(), roles))
}

/// A role is named by id, or by name.
fn role(shared: &Shared, link: &AclRoleLink) -> Result<RoleId, ApiError> {
    let snapshot = shared.consensus.snapshot();
    let named = if link.id.is_empty() { &link.name } else { &link.id };
    let unknown = || ApiError::bad_request(format!("cannot find role {named}"));
    let role = match link.id.as_str() {
        "" => snapshot.acl_role_by_name(&link.name),
        id => id.parse().ok().and_then(|id| snapshot.acl_role(id)),
    };
    role.map(|role| role.id).ok_or_else(unknown)
}

/// Other regions copy a global token from the authoritative one.
fn global(shared: &Shared, request: &AclTokenView) -> Result<bool, ApiError> {
    match &shared.acl.authoritative_region {
        Some(region) if request.global && *region != shared.region => Err(invalid(format!(
            "global tokens are made in the authoritative region \"{region}\"; this is \"{}\"",
            shared.region
        ))),
        _ => Ok(request.global),
    }
}

/// Go's durations, and days, which people write for tokens.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
    let days = days.and_then(|days| days.checked_mul(86_400)).map(Duration::from_secs);
    days.or_else(|| muster_jobspec::duration::parse(text).ok()?.to_duration())
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
        Value::String(text) => Some(
            duration(text).ok_or_else(|| invalid(format!("`{text}` is not a duration such as \"8h\"")))?,
        ),
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
        return Err(invalid(format!(
            "expiration time cannot be less than {} in the future",
            Nanos::from(min)
        )));
    }
    if end > now.after(max) {
        return Err(invalid(format!(
            "expiration time cannot be more than {} in the future: choose a shorter time, or raise \
             `acl.token_max_expiration_ttl` of the servers",
            Nanos::from(max)
        )));
    }
    Ok(Some(end))
}
