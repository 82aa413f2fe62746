//! Revocations: who no longer belongs to the cluster although a certificate says so.

use std::fmt;
use std::str::FromStr;

use muster_ids::{AccessorId, Index, NodeId, Text, UnixNanos};
use serde::{Deserialize, Serialize};

/// What is revoked. Texts are lower-case hexadecimal: a serial number without leading zeros, the SHA-256 of a
/// certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum RevokedSubject {
    Node(NodeId),
    Serial(Text),
    Fingerprint(Text),
}

/// Serial numbers have at most 20 bytes (RFC 5280).
const MAX_SERIAL: usize = 40;
const FINGERPRINT: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither the id of a node, nor the serial number or SHA-256 fingerprint of a certificate")]
pub struct RevokedSubjectError(String);

impl FromStr for RevokedSubject {
    type Err = RevokedSubjectError;

    /// An id of a node as it is; hexadecimal with or without colons, as openssl writes it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(node) = text.parse::<NodeId>() {
            return Ok(Self::Node(node));
        }
        let hex: String = text.chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
        let is_hex = !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        match hex.len() {
            FINGERPRINT if is_hex => Ok(Self::Fingerprint(Text::from(hex))),
            _ if is_hex => {
                let serial = hex.trim_start_matches('0');
                match serial.len() {
                    1..=MAX_SERIAL => Ok(Self::Serial(Text::from(serial))),
                    _ => Err(RevokedSubjectError(text.to_owned())),
                }
            }
            _ => Err(RevokedSubjectError(text.to_owned())),
        }
    }
}

impl fmt::Display for RevokedSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => node.fmt(f),
            Self::Serial(text) | Self::Fingerprint(text) => f.write_str(text),
        }
    }
}

/// A node that is banned, or a certificate that no longer counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    pub subject: RevokedSubject,
    /// For people, and for whoever is refused.
    pub reason: Text,
    /// The ACL token that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<AccessorId>,
    pub create_time: UnixNanos,
    /// `None` lasts until it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<UnixNanos>,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub modify_index: Index,
}

impl Revocation {
    #[must_use]
    pub fn in_force(&self, now: UnixNanos) -> bool {
        self.expiration_time.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_subject_is_told_by_its_form() {
        let parse = |text: &str| text.parse::<RevokedSubject>();
        let serial = |text: &str| Ok(RevokedSubject::Serial(text.into()));
        assert_eq!(parse("00:0A:ff"), serial("aff"));
        assert_eq!(parse("aff"), serial("aff"));
        assert_eq!(parse(&"AB".repeat(32)), Ok(RevokedSubject::Fingerprint("ab".repeat(32).as_str().into())));
        let node = NodeId::from_bytes([7; 16]);
        assert_eq!(parse(&node.to_string()), Ok(RevokedSubject::Node(node)));
        for text in ["", "0", "xyz", "a b", &"a".repeat(41)] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse(&parse("00:0a").unwrap().to_string()), serial("a"));
    }
}
