//! What a token says, and what must be true of it to be believed.

use muster_ids::UnixNanos;
use serde::{Deserialize, Serialize};

/// The registered claims, beside those of the kind of token. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims<T> {
    #[serde(flatten)]
    pub own: T,
    pub aud: String,
    pub exp: i64,
    pub iat: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    pub jti: String,
    pub nbf: i64,
    pub sub: String,
}

/// What a verifier insists on.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    pub audience: &'a str,
    /// `None` where the cluster has no issuer: then a token names none.
    pub issuer: Option<&'a str>,
    pub now: UnixNanos,
}
