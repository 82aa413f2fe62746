//! Hashes.

use std::fmt::Write as _;

use sha2::{Digest, Sha256, Sha512};

use super::call::{Call, Function, Out};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("sha256", "sha256(string)", 1, 1, sha256),
    Function::new("sha512", "sha512(string)", 1, 1, sha512),
];

fn sha256(call: &Call<'_>) -> Out {
    let text = call.text(0)?;
    call.spend_bytes(text.len())?;
    call.say(hex(&Sha256::digest(text)))
}

fn sha512(call: &Call<'_>) -> Out {
    let text = call.text(0)?;
    call.spend_bytes(text.len())?;
    call.say(hex(&Sha512::digest(text)))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
