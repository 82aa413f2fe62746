//! Row hashes: fixed forever, equal on every platform and in every binary.
//!
//! The state's hash is the wrapping sum of its rows' hashes, so it is kept up to date by subtracting the old row and
//! adding the new one, in any order. A row is hashed through its serde shape without being encoded. Fields that are
//! zero, empty or absent do not count: a field added with such a default leaves the hashes of old rows alone, and
//! replicas of two releases still agree.
//!
//! Not for keyed or adversarial use: it finds replicas that diverged, not attackers.

mod serializer;

use serde::Serialize;

use crate::rows::RowKind;

/// Raised when the same rows hash differently than before; hashes of two versions must not be compared.
pub const HASH_VERSION: u32 = 1;

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const WORD: u64 = 0xa076_1d64_78bd_642f;
const START: u64 = 0xe703_7ed1_a0b4_28db;

/// Folds the 128-bit product, so that every input bit reaches every output bit.
pub(crate) const fn mix(a: u64, b: u64) -> u64 {
    let product = ((a ^ SEED) as u128) * ((b ^ WORD) as u128);
    (product as u64) ^ ((product >> 64) as u64) ^ a.rotate_left(32)
}

pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(8);
    let mut hash = mix(bytes.len() as u64, START);
    for word in words.by_ref() {
        hash = mix(hash, le_word(word));
    }
    mix(hash, le_word(words.remainder()))
}

fn le_word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(bytes) {
        *to = *from;
    }
    u64::from_le_bytes(word)
}

/// The hash of one row. Nothing in our records can fail to serialise, and what could counts as absent.
pub(crate) fn hash_row<T: Serialize + ?Sized>(kind: RowKind, row: &T) -> u64 {
    mix(row.serialize(serializer::RowHasher).unwrap_or(0), kind as u64 + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    struct Old {
        name: &'static str,
        count: u32,
    }

    #[derive(Serialize)]
    struct New {
        name: &'static str,
        count: u32,
        extra: Option<u8>,
        list: Vec<u8>,
        map: BTreeMap<String, u8>,
    }

    #[test]
    fn hashes_never_change() {
        assert_eq!(hash_bytes(b""), 0x67d8_e19a_bd72_e169);
        assert_eq!(hash_bytes(b"0123456789"), 0x81d3_f18f_2f9c_871f);
        assert_eq!(hash_row(RowKind::Node, &Old { name: "a", count: 3 }), 0xbf8b_538a_be00_5637);
    }

    #[test]
    fn a_new_field_at_its_default_does_not_count() {
        let old = hash_row(RowKind::Node, &Old { name: "a", count: 3 });
        let mut new = New { name: "a", count: 3, extra: None, list: vec![], map: BTreeMap::new() };
        assert_eq!(hash_row(RowKind::Node, &new), old);
        new.extra = Some(0);
        assert_ne!(hash_row(RowKind::Node, &new), old);
    }

    #[test]
    fn kind_order_and_place_matter() {
        let row = Old { name: "a", count: 3 };
        assert_ne!(hash_row(RowKind::Node, &row), hash_row(RowKind::Eval, &row));
        assert_ne!(hash_row(RowKind::Node, &[1, 2]), hash_row(RowKind::Node, &[2, 1]));
        assert_ne!(
            hash_row(RowKind::Node, &(Some(1), None::<u8>)),
            hash_row(RowKind::Node, &(None::<u8>, Some(1)))
        );
        assert_ne!(hash_bytes(b"a\0"), hash_bytes(b"a"));
    }
}
