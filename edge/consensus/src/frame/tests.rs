#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;

const CONTEXT: Context = Context { salt: 7, offset: 4096 };

fn frame(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&mut out, CONTEXT, body).unwrap();
    out
}

/// The bytes of a frame are a promise to every later version.
#[test]
fn golden_bytes() {
    let hex: String = frame(b"muster").iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(hex, "4d5354520100000000000000000000000000000000000000060000008f0af9a16d7573746572415b21ea");
}

#[test]
fn a_frame_round_trips() {
    let bytes = frame(b"muster");
    assert_eq!(decode(&bytes, CONTEXT), Ok((b"muster".as_slice(), bytes.len())));
    assert_eq!(decode(&frame(b""), CONTEXT), Ok((b"".as_slice(), HEADER_LEN + TAG_LEN)));
}

#[test]
fn every_flipped_bit_and_every_cut_is_noticed() {
    let bytes = frame(b"the body of a frame");
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&damaged, CONTEXT).is_err(), "bit {bit} went unnoticed");
    }
    for len in 0..bytes.len() {
        assert!(decode(&bytes[..len], CONTEXT).is_err(), "a cut at {len} went unnoticed");
    }
}

#[test]
fn a_frame_is_valid_only_where_it_was_put() {
    let bytes = frame(b"muster");
    assert_eq!(decode(&bytes, Context { offset: 8192, ..CONTEXT }), Err(FrameError::Header));
    assert_eq!(decode(&bytes, Context { salt: 8, ..CONTEXT }), Err(FrameError::Header));
}

#[test]
fn other_formats_and_keys_are_named() {
    let with = |at: usize, value: u8| {
        let mut bytes = frame(b"muster");
        bytes[at] = value;
        let check = header_check(CONTEXT, bytes.first_chunk().unwrap());
        bytes[28..32].copy_from_slice(&check.to_le_bytes());
        decode(&bytes, CONTEXT).unwrap_err()
    };
    assert_eq!(with(4, 2), FrameError::UnknownFormat(2));
    assert_eq!(with(8, 9), FrameError::UnknownKey(9));
    assert_eq!(decode(&[0; 64], CONTEXT), Err(FrameError::Blank));
}
