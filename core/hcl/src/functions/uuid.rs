//! UUIDs: version 5 from a name; version 4 from the seed the caller gave.

use sha1::{Digest, Sha1};

use super::call::{Call, Function, Out, Refusal};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("uuidv4", "uuidv4()", 0, 0, uuidv4),
    Function::new("uuidv5", "uuidv5(namespace, name)", 2, 2, uuidv5),
];

fn uuidv4(call: &Call<'_>) -> Out {
    let bytes = (call.random)();
    let bytes =
        bytes.ok_or_else(|| Refusal::new("there is no randomness here; set the value with a variable"))?;
    call.say(stamp(bytes, 4))
}

fn uuidv5(call: &Call<'_>) -> Out {
    let (namespace, name) = (call.text(0)?, call.text(1)?);
    let namespace = namespace_bytes(&namespace)
        .ok_or_else(|| Refusal::of(0, "the namespace must be a UUID, or one of dns, url, oid and x500"))?;
    let digest = Sha1::new().chain_update(namespace).chain_update(name).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    call.say(stamp(bytes, 5))
}

/// The four well-known namespaces of RFC 9562 differ in one byte.
fn namespace_bytes(name: &str) -> Option<[u8; 16]> {
    let known = |last: u8| {
        let base: u128 = 0x6ba7_b810_9dad_11d1_80b4_00c0_4fd4_30c8;
        (base + (u128::from(last) << 96)).to_be_bytes()
    };
    match name {
        "dns" => Some(known(0)),
        "url" => Some(known(1)),
        "oid" => Some(known(2)),
        "x500" => Some(known(4)),
        _ => parse(name),
    }
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let dashes: Vec<usize> = text.match_indices('-').map(|(at, _)| at).collect();
    if text.len() != 36 || dashes != [8, 13, 18, 23] {
        return None;
    }
    let digits: String = text.split('-').collect();
    let hex_only = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u128::from_str_radix(&digits, 16).ok().filter(|_| hex_only).map(u128::to_be_bytes)
}

/// Writes version and variant into the bits that RFC 9562 gives them.
fn stamp(bytes: [u8; 16], version: u128) -> String {
    let bits = u128::from_be_bytes(bytes);
    let bits = bits & !(0xf << 76) | version << 76;
    let bits = bits & !(0x3 << 62) | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or("");
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
