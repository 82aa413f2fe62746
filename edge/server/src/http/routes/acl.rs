//! ACL tokens and the bootstrap; policies, roles and one-time tokens in files of their own.

pub(crate) mod one_time;
pub(crate) mod policies;
mod request;
pub(crate) mod rights;
pub(crate) mod roles;
mod rules_json;
pub(crate) mod status;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_api::views::{AclBootstrapRequest, AclTokenStub, AclTokenView, SecretText};
use muster_ids::{AccessorId, Index};
use muster_model::{AclToken, TokenKind};
use muster_rpc::Secret;
use muster_state::WatchKey;
use muster_state::command::{AclBootstrap, AclTokenCreate, AclTokenDelete, AclTokenUpdate, Command, Reply};

use self::request::NewToken;
use crate::http::blocking::{Answer, Missing, Read, ReadResult, index_header};
use crate::http::body::{self, ApiResponse};
use crate::http::caller::{ANONYMOUS, Identity};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::http::filter;
use crate::http::listing::{ListResult, Listing};
use crate::scoped::role_links;
use crate::shared::Shared;

/// What these routes answer where ACLs are off.
pub(crate) fn enabled(shared: &Shared) -> Result<(), ApiError> {
    if shared.acl.enabled { Ok(()) } else { Err(ApiError::bad_request("ACL support disabled")) }
}

/// What other regions copy is written in one of them.
pub(crate) fn authoritative(shared: &Shared) -> Result<(), ApiError> {
    match &shared.acl.authoritative_region {
        Some(region) if *region != shared.region => Err(ApiError::internal("No path to region")),
        _ => Ok(()),
    }
}

/// Everything that is wrong, as the contract words several errors.
fn listed(wrong: &[String]) -> String {
    let noun = if wrong.len() == 1 { "1 error".to_owned() } else { format!("{} errors", wrong.len()) };
    let lines: String = wrong.iter().map(|one| format!("\n\t* {one}")).collect();
    format!("{noun} occurred:{lines}\n\n")
}

fn digest(text: &str) -> String {
    STANDARD.encode(muster_rpc::sha256(text.as_bytes()))
}

pub(crate) async fn bootstrap(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    enabled(write.shared)?;
    let request: AclBootstrapRequest = body::decode_optional(&write.body)?;
    let secret = match request.bootstrap_secret.expose().trim() {
        "" => write.shared.ids.secret(),
        given => request::uuid_secret(given).ok_or_else(|| ApiError::bad_request("invalid acl token"))?,
    };
    let reset_index = reset_index(write.shared).await?;
    let token = AclToken {
        accessor: write.shared.ids.accessor(),
        name: "Bootstrap Token".into(),
        kind: TokenKind::Management,
        policies: Vec::new(),
        roles: Vec::new(),
        global: true,
        create_time: write.shared.now(),
        expiration_time: None,
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    };
    let secret_hash = secret.sha256();
    let command = Command::AclBootstrap(Box::new(AclBootstrap { token, secret_hash, reset_index }));
    let answer = store(write, command, shown(&secret)).await?;
    if reset_index.is_some() {
        forget_reset(write.shared).await;
    }
    tracing::info!("acl: bootstrapped");
    Ok(answer)
}

/// The operator's leave to bootstrap again: the index of the last time, in a file of the leader's data directory.
async fn reset_index(shared: &Shared) -> Result<Option<Index>, ApiError> {
    let Some(path) = &shared.acl.reset_file else { return Ok(None) };
    let text = match tokio::fs::read_to_string(path).await {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(ApiError::internal(format!("cannot read `{}`: {error}", path.display())));
        }
    };
    text.trim().parse().map(|index| Some(Index(index))).map_err(|_| {
        ApiError::internal(format!("`{}` must hold the reset index and nothing else", path.display()))
    })
}

async fn forget_reset(shared: &Shared) {
    let Some(path) = &shared.acl.reset_file else { return };
    if let Err(error) = tokio::fs::remove_file(path).await {
        tracing::warn!(path = %path.display(), %error, "acl: the reset file could not be removed");
    }
}

pub(crate) fn list(read: &Read<'_>) -> ListResult<AclTokenStub> {
    let prefix = read.options.prefix.to_ascii_lowercase();
    let global = matches!(read.options.query.get("global"), Some("true" | "True" | "1"));
    let tokens = read.state.acl_tokens().filter(|token| token.accessor.to_string().starts_with(&prefix));
    let tokens = tokens.filter(|token| token.global || !global);
    let page = read.options.paginate(filter::tokens(read, tokens)?, |token| token.accessor)?;
    let beside = read.state.beside();
    let view = move |token: Arc<AclToken>| AclTokenStub::new(&token, beside.role_links(&token), hash(&token));
    Ok(Listing::new(page, [WatchKey::AclTokens, WatchKey::AclRoles], Arc::clone, view))
}

/// The token without its secret: servers do not have it.
pub(crate) fn read(read: &Read<'_>) -> ReadResult<AclTokenView> {
    let not_found = |watch: &[WatchKey]| Missing::not_found("ACL token not found", watch);
    let Ok(accessor) = read.param(0).parse::<AccessorId>() else { return Err(not_found(&[])) };
    let watch = [WatchKey::AclToken(accessor)];
    match read.state.acl_token(accessor) {
        Some(token) => {
            let roles = read.state.role_links(token);
            Ok(Answer::new(AclTokenView::new(token, SecretText::default(), roles, hash(token)), watch))
        }
        None => Err(not_found(&watch)),
    }
}

/// The caller's own token, with the secret that the caller has anyway.
pub(crate) fn own(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    enabled(write.shared)?;
    let view = match &write.caller.identity {
        Identity::Token { token, secret } => {
            let roles = role_links(&write.shared.consensus.snapshot(), token);
            AclTokenView::new(token, SecretText::new(secret.expose()), roles, hash(token))
        }
        Identity::Unknown => return Err(muster_acl::Denied.into()),
        Identity::Anonymous | Identity::Anyone => AclTokenView {
            accessor_id: ANONYMOUS.to_owned(),
            name: "Anonymous Token".to_owned(),
            kind: TokenKind::Client.as_str().to_owned(),
            policies: Some(vec![ANONYMOUS.to_owned()]),
            create_time: Some(muster_api::views::rfc3339(muster_ids::UnixNanos::ZERO)),
            ..AclTokenView::default()
        },
    };
    let mut answer = body::json(&view, write.options.pretty)?;
    index_header(&mut answer, Index(view.modify_index.max(1)));
    Ok(answer)
}

pub(crate) async fn create(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    enabled(write.shared)?;
    let NewToken { token, secret } = request::new_token(write.shared, &body::decode(&write.body)?)?;
    let secret = secret.unwrap_or_else(|| write.shared.ids.secret());
    let command = AclTokenCreate { token, secret_hash: secret.sha256() };
    store(write, Command::AclTokenCreate(Box::new(command)), shown(&secret)).await
}

pub(crate) async fn update(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    enabled(write.shared)?;
    let token = request::changed_token(write.shared, write.param(0), &body::decode(&write.body)?)?;
    let command = Command::AclTokenUpdate(Box::new(AclTokenUpdate { token }));
    store(write, command, SecretText::default()).await
}

pub(crate) async fn delete(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    enabled(write.shared)?;
    let text = write.param(0);
    let missing = || ApiError::bad_request(format!("Cannot delete nonexistent tokens: {text}"));
    let accessors = vec![text.parse().map_err(|_| missing())?];
    let (index, _) = write.shared.propose(Command::AclTokenDelete(AclTokenDelete { accessors })).await?;
    let mut answer = body::empty();
    index_header(&mut answer, index);
    Ok(answer)
}

async fn store(write: &Write<'_>, command: Command, secret: SecretText) -> Result<ApiResponse, ApiError> {
    let (index, reply) = write.shared.propose(command).await?;
    let Reply::AclTokenStored(token) = reply else {
        return Err(ApiError::internal("the log answered about something else than the token"));
    };
    let roles = role_links(&write.shared.consensus.snapshot(), &token);
    let view = AclTokenView::new(&token, secret, roles, hash(&token));
    let mut answer = body::json(&view, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}

fn shown(secret: &Secret) -> SecretText {
    SecretText::new(secret.expose())
}

/// Over what the token allows: replicas of other regions compare it.
pub(crate) fn hash(token: &AclToken) -> String {
    let mut text = format!("{}\0{}\0{}", token.name, token.kind.as_str(), token.global);
    for policy in &token.policies {
        text.push('\0');
        text.push_str(policy);
    }
    for role in &token.roles {
        text.push_str(&format!("\0\0{role}"));
    }
    digest(&text)
}
