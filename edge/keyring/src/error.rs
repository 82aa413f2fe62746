//! What can go wrong, told so that an operator knows what to do and an attacker learns nothing.

use std::path::PathBuf;

use muster_ids::RootKeyId;

#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("cannot {what} the key-encryption key `{path}`: {source}")]
    Kek { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error(
        "the key-encryption key `{path}` can be read by others (mode {mode:04o}); run `chmod 600 {path}`, and rotate the root keys if somebody may have read it"
    )]
    Exposed { path: PathBuf, mode: u32 },
    #[error(
        "the key-encryption key `{path}` belongs to user {owner}, not to user {user}, who runs this agent; give it to that user with chown"
    )]
    ForeignOwner { path: PathBuf, owner: u32, user: u32 },
    #[error("the key-encryption key `{path}` is damaged; restore it from a backup")]
    Garbled { path: PathBuf },
    #[error(
        "root key {id} is not encrypted with this server's key-encryption key `{kek}`; restore the file `keystore/aead.kek` of the server that made it, or run `muster operator root keyring rotate` to go on with a new key"
    )]
    OtherKek { id: RootKeyId, kek: String },
    #[error("root key {id} cannot be decrypted; its record is damaged")]
    Undecryptable { id: RootKeyId },
    #[error("no root key {0} is known")]
    UnknownKey(RootKeyId),
    #[error("this is no ciphertext of the keyring")]
    NoFrame,
    #[error("the ciphertext was changed, or belongs elsewhere")]
    Tampered,
    #[error("claims cannot be written: {0}")]
    Claims(String),
    #[error("the cryptographic library failed")]
    Crypto,
}

impl From<aws_lc_rs::error::Unspecified> for KeyringError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Crypto
    }
}

impl From<aws_lc_rs::error::KeyRejected> for KeyringError {
    fn from(_: aws_lc_rs::error::KeyRejected) -> Self {
        Self::Crypto
    }
}

/// Why a token is not believed. For logs: whoever presented it is only told that it was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("it is not a JSON web token")]
    Malformed,
    #[error("it is signed with a key that this cluster does not know, or no longer")]
    UnknownKey,
    #[error("it names another algorithm than its key signs with")]
    Algorithm,
    #[error("its signature is wrong")]
    Signature,
    #[error("it is for another audience")]
    Audience,
    #[error("it was issued by another issuer")]
    Issuer,
    #[error("it expired")]
    Expired,
    #[error("it is not valid yet; are the clocks of the servers right?")]
    NotYet,
    #[error("its claims are not those of such a token")]
    Claims,
}
