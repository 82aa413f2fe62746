//! One-time tokens: how a browser comes by the token of a command line without its secret in an address.
//!
//! Servers keep no secrets, so that the caller's is stored sealed with the one-time secret, which only the caller gets:
//! neither the log nor a snapshot opens it.

use std::time::Duration;

use muster_acl::Denied;
use muster_api::views::{
    AclTokenView, OneTimeExchangeRequest, OneTimeExchangeResponse, OneTimeTokenResponse, OneTimeTokenView,
    SecretText,
};
use muster_ids::Index;
use muster_model::{OneTimeToken, Payload};
use muster_rpc::Secret;
use muster_state::command::{Command, OneTimeTokenCreate, OneTimeTokenExchange, Reply};

use crate::http::blocking::index_header;
use crate::http::body::{self, ApiResponse};
use crate::http::caller::Identity;
use crate::http::dispatch::Write;
use crate::http::error::ApiError;
use crate::scoped::role_links;

const VALID_FOR: Duration = Duration::from_secs(600);

pub(crate) async fn create(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    super::enabled(write.shared)?;
    let Identity::Token { token, secret } = &write.caller.identity else { return Err(Denied.into()) };
    let once = write.shared.ids.secret();
    let sealed = secret.seal(&once).map_err(|error| ApiError::internal(error.to_string()))?;
    let token = OneTimeToken {
        accessor: token.accessor,
        secret_hash: once.sha256(),
        sealed: Payload::new(&sealed),
        expires_at: write.shared.now().after(VALID_FOR),
        create_index: Index::ZERO,
        modify_index: Index::ZERO,
    };
    let command = Command::OneTimeTokenCreate(Box::new(OneTimeTokenCreate { token }));
    let (index, reply) = write.shared.propose(command).await?;
    let Reply::OneTimeTokenStored(token) = reply else {
        return Err(ApiError::internal("the log answered about something else than the token"));
    };
    let one_time_token = OneTimeTokenView::new(&token, SecretText::new(once.expose()));
    answered(write, &OneTimeTokenResponse { one_time_token, index: index.0 }, index)
}

pub(crate) async fn exchange(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    super::enabled(write.shared)?;
    let request: OneTimeExchangeRequest = body::decode(&write.body)?;
    let once = Secret::new(request.one_time_secret_id.expose()).map_err(|_| Denied)?;
    let command = OneTimeTokenExchange { secret_hash: once.sha256() };
    let (index, reply) = write.shared.propose(Command::OneTimeTokenExchange(command)).await?;
    let Reply::OneTimeTokenExchanged { token, sealed } = reply else {
        return Err(ApiError::internal("the log answered about something else than the token"));
    };
    let secret = Secret::open(sealed.bytes(), &once).map_err(|_| Denied)?;
    let roles = role_links(&write.shared.consensus.snapshot(), &token);
    let token = AclTokenView::new(&token, SecretText::new(secret.expose()), roles, super::hash(&token));
    answered(write, &OneTimeExchangeResponse { token, index: index.0 }, index)
}

fn answered(
    write: &Write<'_>,
    answer: &impl serde::Serialize,
    index: Index,
) -> Result<ApiResponse, ApiError> {
    let mut answer = body::json(answer, write.options.pretty)?;
    index_header(&mut answer, index);
    Ok(answer)
}
