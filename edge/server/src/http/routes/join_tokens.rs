//! Join tokens.

use std::time::Duration;

use muster_api::views::{JoinTokenCreated, JoinTokenRequest, JoinTokenView, SecretText};
use muster_ids::{Index, JoinTokenId, NodePool, Text};
use muster_model::{JoinRole, JoinToken};
use muster_rpc::joining::JoinCode;
use muster_rpc::{Role, Secret};
use muster_state::command::{Command, JoinTokenCreate, JoinTokenDelete, Reply};
use serde_json::Value;

use crate::http::blocking::index_header;
use crate::http::body::{self, ApiResponse};
use crate::http::caller::Identity;
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::joining::Issuer;

const DEFAULT_TTL: Duration = Duration::from_secs(15 * 60);
/// A code lies in a shell's history: it is good for a working day at most.
const MAX_TTL: Duration = Duration::from_secs(24 * 3600);

pub(crate) async fn create(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let issuer = issuer(write)?;
    let request: JoinTokenRequest = body::decode_optional(&write.body)?;
    let token = wanted(write, &request)?;
    let secret = Secret::generate().map_err(|error| ApiError::internal(error.to_string()))?;
    let command = JoinTokenCreate { token, secret_hash: secret.sha256() };
    let (index, reply) = write.shared.propose(Command::JoinTokenCreate(Box::new(command))).await?;
    let Reply::JoinTokenStored(token) = reply else {
        return Err(ApiError::internal("the log answered about something else than the token"));
    };
    let code = JoinCode {
        servers: vec![write.shared.rpc_advertise.to_string()],
        authority_sha256: issuer.authority.fingerprint_sha256(),
        region: write.shared.region.clone(),
        role: Role::Client,
        secret,
    };
    let created = JoinTokenCreated {
        token: JoinTokenView::from(&*token),
        code: SecretText::new(code.expose()),
        ca_fingerprint: code.fingerprint().to_string(),
    };
    let mut answer = body::json(&created, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

/// Oldest first.
pub(crate) fn list(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let snapshot = write.shared.consensus.snapshot();
    let mut tokens: Vec<_> = snapshot.join_tokens().collect();
    tokens.sort_by_key(|token| (token.create_index, token.id));
    let views: Vec<JoinTokenView> = tokens.into_iter().map(|token| (&**token).into()).collect();
    let mut answer = body::json(&views, write.options.pretty)?;
    index_header(&mut answer, Index(snapshot.index().0.max(1)));
    Ok(answer)
}

pub(crate) async fn delete(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let text = write.param(0);
    let missing = |_| ApiError::not_found(format!("join token {text} not found"));
    let id: JoinTokenId = text.parse().map_err(missing)?;
    let (index, _) = write.shared.propose(Command::JoinTokenDelete(JoinTokenDelete { id })).await?;
    let mut answer = body::empty();
    index_header(&mut answer, index);
    Ok(answer)
}

fn issuer<'a>(write: &'a Write<'_>) -> Result<&'a Issuer, ApiError> {
    write.shared.issuer.as_deref().ok_or_else(|| {
        ApiError::bad_request(
            "this server issues no certificates: configure server { auto_encrypt { allow_registration = true } }",
        )
    })
}

fn wanted(write: &Write<'_>, request: &JoinTokenRequest) -> Result<JoinToken, ApiError> {
    match request.role.as_str() {
        "" | "client" => {}
        "server" => {
            let why = "this version of muster runs one server, so no other can join";
            return Err(ApiError::bad_request(why));
        }
        other => return Err(ApiError::bad_request(format!("Role must be client, not `{other}`"))),
    }
    let pool = match request.node_pool.as_str() {
        "" => NodePool::default_pool(),
        name => NodePool::new(name).map_err(|error| ApiError::bad_request(error.to_string()))?,
    };
    if pool.is_all() {
        return Err(ApiError::bad_request("node pool `all` holds every node already; name another"));
    }
    let now = write.shared.now();
    let created_by = match &write.caller.identity {
        Identity::Token { token, .. } => Some(token.accessor),
        _ => None,
    };
    Ok(JoinToken {
        id: write.shared.ids.join_token(),
        role: JoinRole::Client,
        node_pool: pool,
        node_name: Some(Text::from(request.node_name.trim())).filter(|name| !name.is_empty()),
        created_by,
        create_time: now,
        expiration_time: now.after(ttl(&request.ttl)?),
        used: None,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    })
}

fn ttl(value: &Value) -> Result<Duration, ApiError> {
    let parsed = match value {
        Value::Null => Some(DEFAULT_TTL),
        Value::Number(number) => number.as_u64().map(Duration::from_nanos),
        Value::String(text) if text.is_empty() => Some(DEFAULT_TTL),
        Value::String(text) => {
            muster_jobspec::duration::parse(text).ok().and_then(|nanos| nanos.to_duration())
        }
        _ => None,
    };
    parsed.filter(|ttl| !ttl.is_zero() && *ttl <= MAX_TTL).ok_or_else(|| {
        ApiError::bad_request(format!(
            "TTL must be a duration such as \"15m\", of {MAX_TTL:?} at most, not {value}"
        ))
    })
}
