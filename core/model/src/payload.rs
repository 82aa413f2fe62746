//! What a dispatched job is given to work on.

use std::fmt;
use std::sync::Arc;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Opaque bytes, at most [`Payload::MAX_BYTES`]. May be confidential: debug output shows the length only.
#[derive(Clone, PartialEq, Eq)]
pub struct Payload(Arc<[u8]>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("payload of {0} bytes is too large; at most {max} bytes are allowed", max = Payload::MAX_BYTES)]
pub struct PayloadTooLarge(pub usize);

impl Payload {
    pub const MAX_BYTES: usize = 16 * 1024;

    /// # Errors
    /// When there are more bytes than allowed.
    pub fn new(bytes: &[u8]) -> Result<Self, PayloadTooLarge> {
        if bytes.len() > Self::MAX_BYTES { Err(PayloadTooLarge(bytes.len())) } else { Ok(Self(bytes.into())) }
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.0.len())
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl<'de> Visitor<'de> for Bytes {
            type Value = Payload;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {} bytes", Payload::MAX_BYTES)
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Payload, E> {
                Payload::new(bytes).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Payload, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = items.next_element()? {
                    bytes.push(byte);
                    if bytes.len() > Payload::MAX_BYTES {
                        return Err(A::Error::custom(PayloadTooLarge(bytes.len())));
                    }
                }
                self.visit_bytes(&bytes)
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}
