//! 128-bit ids, one type a noun, written as 36 lower-case hexadecimal characters with hyphens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not a full id. Short prefixes are resolved by the caller, never here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("`{0}` is not an id: expected 36 characters such as `8a8ad2b3-1b3f-4d2c-9d0e-3f5b6a7c8d9e`")]
    Malformed(String),
}

macro_rules! uuid_kind {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Stamps 16 random bytes, drawn at the edge, as a version 4 UUID.
            #[must_use]
            pub fn from_random(bytes: [u8; 16]) -> Self {
                Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
            }

            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The first eight hexadecimal characters, as tables show them.
            #[must_use]
            pub fn short(&self) -> String {
                self.0.as_hyphenated().to_string().chars().take(8).collect()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.len() != 36 {
                    return Err(IdError::Malformed(text.to_owned()));
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdError::Malformed(text.to_owned()))
            }
        }
    )*};
}

uuid_kind! {
    /// The public name of an ACL token; its secret is another matter.
    AccessorId;
    /// An ACL role, whatever it is called.
    RoleId;
    /// One instance of a group on one node.
    AllocId;
    /// A request to reconcile one job.
    EvalId;
    /// A client agent as the servers see it.
    NodeId;
    /// The rollout of one job version.
    DeploymentId;
    /// The public name of a join token; its secret is another matter.
    JoinTokenId;
    /// A key of the keyring.
    RootKeyId;
    /// How one group of a job may be scaled.
    ScalingPolicyId;
    /// A server, stable over restarts and address changes.
    ServerId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_round_trips_and_refuses_short_text() {
        let id = AllocId::from_random([7; 16]);
        assert_eq!(id.to_string().parse::<AllocId>(), Ok(id));
        assert_eq!(id.short().len(), 8);
        assert!("8a8ad2b3".parse::<AllocId>().is_err());
        assert!("zz8ad2b3-1b3f-4d2c-9d0e-3f5b6a7c8d9e".parse::<AllocId>().is_err());
    }
}
