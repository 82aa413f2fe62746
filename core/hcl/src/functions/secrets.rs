//! Password hashes and decryption.

use aws_lc_rs::rsa::{Pkcs1PrivateDecryptingKey, PrivateDecryptingKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::call::{Call, Function, Out, Refusal};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("bcrypt", "bcrypt(string[, cost])", 1, 2, bcrypt),
    Function::new("rsadecrypt", "rsadecrypt(base64, private key in PEM)", 2, 2, rsadecrypt),
];

/// Each further step doubles the time: this one takes about a second on a slow machine.
const MOST_COST: u32 = 13;

/// What hashing at the lowest cost takes of the work that is allowed; a hash of the usual cost 10 takes a tenth of it.
const UNITS_AT_LOWEST: u64 = 4_500;

fn bcrypt(call: &Call<'_>) -> Out {
    const LOWEST: u32 = 4;
    const USUAL: i64 = 10;
    let text = call.text(0)?;
    if text.len() > 72 {
        return Err(Refusal::of(0, format!("bcrypt hashes at most 72 bytes, but this has {}", text.len())));
    }
    let cost = if call.args.len() > 1 { call.whole(1)? } else { USUAL };
    let cost = u32::try_from(cost).ok().filter(|cost| (LOWEST..=MOST_COST).contains(cost));
    let cost =
        cost.ok_or_else(|| Refusal::of(1, format!("the cost must be from {LOWEST} to {MOST_COST}")))?;
    call.spend(UNITS_AT_LOWEST << (cost - LOWEST))?;
    let salt = (call.random)().ok_or_else(|| {
        Refusal::new("there is no randomness here; hash it outside and pass it in with a variable")
    })?;
    let hash = bcrypt::hash_with_salt(text, cost, salt);
    let hash = hash.map_err(|error| Refusal::of(0, format!("this cannot be hashed: {error}")))?;
    call.say(hash.format_for_version(bcrypt::Version::TwoA))
}

/// PKCS #1 v1.5, as `openssl pkeyutl -encrypt` writes by default.
fn rsadecrypt(call: &Call<'_>) -> Out {
    call.spend(100_000)?;
    let secret = STANDARD
        .decode(call.text(0)?.trim())
        .map_err(|error| Refusal::of(0, format!("this is not base64: {error}")))?;
    let key = private_key(&call.text(1)?).map_err(|why| Refusal::of(1, why))?;
    let mut plain = vec![0; key.min_output_size()];
    let plain = key.decrypt(&secret, &mut plain);
    let plain = plain.map_err(|_| Refusal::of(0, "the key does not decrypt this"))?;
    let text =
        std::str::from_utf8(plain).map_err(|_| Refusal::of(0, "what was decrypted is not text in UTF-8"))?;
    call.say(text.to_owned())
}

fn private_key(pem: &str) -> Result<Pkcs1PrivateDecryptingKey, String> {
    let refused = || "this is not an RSA private key in PEM".to_owned();
    let body = |kind: &str| {
        let after = pem.split_once(&format!("-----BEGIN {kind}-----"))?.1;
        let body = after.split_once(&format!("-----END {kind}-----"))?.0;
        let joined: String = body.split_whitespace().collect();
        STANDARD.decode(joined).ok()
    };
    if pem.contains("ENCRYPTED") {
        return Err("the private key is protected by a passphrase: give it without one".to_owned());
    }
    let pkcs8 = body("PRIVATE KEY").or_else(|| body("RSA PRIVATE KEY").map(|key| wrapped(&key)));
    let key = PrivateDecryptingKey::from_pkcs8(&pkcs8.ok_or_else(refused)?).map_err(|_| refused())?;
    Pkcs1PrivateDecryptingKey::new(key).map_err(|_| refused())
}

/// A bare RSA key as PKCS #8 holds it: version 0, the algorithm's number, the key.
fn wrapped(key: &[u8]) -> Vec<u8> {
    const VERSION: [u8; 3] = [2, 1, 0];
    const RSA: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let mut inner = VERSION.to_vec();
    inner.extend(RSA);
    inner.extend(der(4, key));
    der(0x30, &inner)
}

/// A DER element: its tag, its length in as few bytes as it takes, its content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    match (content.len(), u8::try_from(length.len())) {
        (..=0x7f, _) => out.extend(if length.is_empty() { vec![0] } else { length }),
        (_, Ok(count)) => {
            out.push(0x80 | count);
            out.extend(length);
        }
        _ => {}
    }
    out.extend(content);
    out
}
