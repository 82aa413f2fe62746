//! What verifiers outside the cluster need to believe its tokens. Public: there is nothing secret in it.

use std::time::Duration;

use http::{HeaderValue, header};
use muster_api::RouteId;
use muster_api::views::{JwkView, JwksView, OidcDiscoveryView};
use muster_keyring::PublicJwk;
use muster_leader::root_keys;
use muster_model::{RootKey, SigningAlgorithm};
use muster_state::WatchKey;
use tokio::time::Instant;

use crate::http::blocking::{Answer, Read, ReadResult, read};
use crate::http::body::{self, ApiResponse};
use crate::http::dispatch::Write;
use crate::http::error::ApiError;

/// How long whoever asks before there is a leader waits for the first key.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every key that a valid token may be signed with, and those that will sign soon.
pub(crate) async fn jwks(
    write: &Write<'_>,
    asked: &crate::http::blocking::Asked,
) -> Result<ApiResponse, ApiError> {
    let shared = write.shared;
    let newest = || shared.consensus.snapshot();
    let has_keys = |snapshot: &muster_state::Snapshot| snapshot.active_root_key().is_some();
    let deadline = Instant::now() + PATIENCE;
    if !shared.watches.until(&[WatchKey::RootKeys], deadline, newest, has_keys).await {
        return Err(ApiError::internal("No cluster leader"));
    }
    let mut answer = read(shared, asked, keys).await;
    let age = root_keys::max_age(&newest(), shared.now(), &shared.root_keys);
    if let Ok(value) = HeaderValue::from_str(&format!("max-age={}", age.as_secs())) {
        answer.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    Ok(answer)
}

fn keys(read: &Read<'_>) -> ReadResult<JwksView> {
    let keys = read.state.public_keys().filter_map(|key| view(key)).collect();
    Ok(Answer::new(JwksView { keys }, [WatchKey::RootKeys]))
}

fn view(key: &RootKey) -> Option<JwkView> {
    let common = JwkView {
        usage: "sig".to_owned(),
        kid: key.id.to_string(),
        alg: key.signing.as_str().to_owned(),
        ..JwkView::default()
    };
    Some(match PublicJwk::of(key)? {
        PublicJwk::Rsa { n, e } => JwkView { kty: "RSA".to_owned(), n: Some(n), e: Some(e), ..common },
        PublicJwk::Ed25519 { x } => {
            JwkView { kty: "OKP".to_owned(), crv: Some("Ed25519".to_owned()), x: Some(x), ..common }
        }
    })
}

pub(crate) fn openid_configuration(write: &Write<'_>) -> Result<ApiResponse, ApiError> {
    let Some(issuer) = &write.shared.oidc_issuer else {
        return Err(ApiError::not_found("OIDC Discovery endpoint disabled"));
    };
    let jwks = muster_api::path::fill(RouteId::JwksRead.row(), &[]);
    let algorithms = [SigningAlgorithm::Rs256, SigningAlgorithm::EdDsa];
    let response = OidcDiscoveryView {
        issuer: issuer.clone(),
        jwks_uri: format!("{}{jwks}", issuer.trim_end_matches('/')),
        id_token_signing_alg_values_supported: algorithms.map(|one| one.as_str().to_owned()).into(),
        response_types_supported: vec!["code".to_owned()],
        subject_types_supported: vec!["public".to_owned()],
    };
    body::json(&response, write.options.pretty)
}
