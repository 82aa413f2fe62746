//! A join code: everything a machine needs to ask its servers for membership, as one word for a command line.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster_ids::Region;
use serde::{Deserialize, Serialize};

use crate::{Role, Secret};

const PREFIX: &str = "muster-join-1.";
/// Far more than any code has.
const MAX_BYTES: usize = 4096;

/// Holds a secret: whoever has it may join, once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JoinCode {
    /// RPC addresses of servers, `host:port`.
    #[serde(rename = "s")]
    pub servers: Vec<String>,
    /// SHA-256 of the certificate of the authority that vouches for them.
    #[serde(rename = "f")]
    pub authority_sha256: [u8; 32],
    #[serde(rename = "r")]
    pub region: Region,
    #[serde(rename = "a")]
    pub role: Role,
    #[serde(rename = "k", with = "crate::messages::secret_wire")]
    pub secret: Secret,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a join code, which begins with `{PREFIX}` and comes from `muster operator join-token create`: {0}"
)]
pub struct JoinCodeError(String);

impl JoinCode {
    /// The code itself, for the one who is to join.
    #[must_use]
    pub fn expose(&self) -> String {
        let bytes = rmp_serde::to_vec_named(self).unwrap_or_default();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The fingerprint as people compare it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(self.authority_sha256)
    }
}

impl FromStr for JoinCode {
    type Err = JoinCodeError;

    fn from_str(text: &str) -> Result<Self, JoinCodeError> {
        let wrong = |why: &str| JoinCodeError(why.to_owned());
        let text = text.trim();
        let encoded = text.strip_prefix(PREFIX).ok_or_else(|| wrong("it begins differently"))?;
        if encoded.len() > MAX_BYTES {
            return Err(wrong("it is too long"));
        }
        let bytes =
            URL_SAFE_NO_PAD.decode(encoded).map_err(|_| wrong("a part of it is missing or changed"))?;
        let code: Self =
            rmp_serde::from_slice(&bytes).map_err(|_| wrong("a part of it is missing or changed"))?;
        if code.servers.is_empty() { Err(wrong("it names no server")) } else { Ok(code) }
    }
}

/// SHA-256 of a certificate, shown as `sha256:…`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", crate::pki::hex(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn code() -> JoinCode {
        JoinCode {
            servers: vec!["10.0.0.1:4647".to_owned(), "[fd00::1]:4647".to_owned()],
            authority_sha256: [7; 32],
            region: Region::global(),
            role: Role::Client,
            secret: Secret::new("s3cret").unwrap(),
        }
    }

    #[test]
    fn a_code_is_one_word_that_says_everything() {
        let text = code().expose();
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{text}");
        let back: JoinCode = format!(" {text}\n").parse().unwrap();
        assert_eq!(back.servers, code().servers);
        assert_eq!((back.authority_sha256, back.role), ([7; 32], Role::Client));
        assert_eq!(back.secret.expose(), "s3cret");
        assert!(back.fingerprint().to_string().starts_with("sha256:0707"));
        assert!(!format!("{back:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_cut_or_changed_is_no_code() {
        let text = code().expose();
        for wrong in ["", "muster-join-1.", "muster-join-1.####", &text[..text.len() - 9], &text[1..]] {
            assert!(wrong.parse::<JoinCode>().is_err(), "{wrong}");
        }
        let nobody = JoinCode { servers: Vec::new(), ..code() };
        assert!(nobody.expose().parse::<JoinCode>().unwrap_err().to_string().contains("no server"));
    }
}
