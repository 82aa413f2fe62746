//! The blocks of a tar archive that describe entries.

use std::io::{ErrorKind, Read};

use ::tar::Header;

use crate::archive::ArchiveError;

pub const BLOCK: usize = 512;

/// The next header; `None` at the end marker. `began` says that there was one before.
pub fn next(reader: &mut impl Read, began: bool) -> Result<Option<Header>, ArchiveError> {
    let mut block = [0; BLOCK];
    if let Err(error) = reader.read_exact(&mut block) {
        return Err(match error.kind() {
            ErrorKind::UnexpectedEof if began => {
                ArchiveError::damaged("it has no end marker; was it cut off?")
            }
            ErrorKind::UnexpectedEof => ArchiveError::damaged("it is no tar archive"),
            _ => error.into(),
        });
    }
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let header = Header::from_byte_slice(&block).clone();
    let written = header.cksum().map_err(|error| ArchiveError::damaged(error.to_string()))?;
    if written != sum(&block) {
        let what = if began { "a header's checksum is wrong" } else { "it is no tar archive" };
        return Err(ArchiveError::damaged(what));
    }
    Ok(Some(header))
}

/// The checksum over a header, its own field counting as spaces.
fn sum(block: &[u8; BLOCK]) -> u32 {
    block
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum()
}
