//! JSON web tokens in compact form. Only what this cluster signs itself is ever read, so everything that tokens of
//! others may contain is refused: no `none`, no key from the header, no algorithm but the key's own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster_ids::RootKeyId;
use muster_model::SigningAlgorithm;
use serde::{Deserialize, Serialize};

use crate::TokenError;

/// Longer than any token that is ever signed here.
pub(crate) const MAX_BYTES: usize = 8192;

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default)]
    typ: Option<String>,
    /// Extensions that must be understood: none is.
    #[serde(default, skip_serializing)]
    crit: Option<serde_json::Value>,
}

/// A token taken apart; nothing of it is believed yet.
pub(crate) struct Parts<'a> {
    pub(crate) key: RootKeyId,
    pub(crate) algorithm: String,
    /// What is signed.
    pub(crate) message: &'a str,
    payload: &'a str,
    pub(crate) signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > MAX_BYTES {
            return Err(TokenError::Malformed);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
        if payload.contains('.') {
            return Err(TokenError::Malformed);
        }
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Malformed)?;
        if header.crit.is_some() || header.typ.is_some_and(|typ| typ != "JWT") {
            return Err(TokenError::Malformed);
        }
        let key = header.kid.parse().map_err(|_| TokenError::UnknownKey)?;
        Ok(Self { key, algorithm: header.alg, message, payload, signature: decode(signature)? })
    }

    /// Only after the signature was verified.
    pub(crate) fn claims<T: serde::de::DeserializeOwned>(&self) -> Result<T, TokenError> {
        serde_json::from_slice(&decode(self.payload)?).map_err(|_| TokenError::Claims)
    }
}

/// Header and claims, as they are signed.
pub(crate) fn message(
    key: RootKeyId,
    algorithm: SigningAlgorithm,
    claims: &impl Serialize,
) -> Result<String, serde_json::Error> {
    let header = Header {
        alg: algorithm.as_str().to_owned(),
        kid: key.to_string(),
        typ: Some("JWT".to_owned()),
        crit: None,
    };
    let mut text = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut text);
    Ok(text)
}

pub(crate) fn with_signature(mut message: String, signature: &[u8]) -> String {
    message.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut message);
    message
}

fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)
}
