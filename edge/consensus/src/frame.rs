//! The one shape of everything this crate puts on disk: `{magic, format, key_id, nonce, len, check, body, tag}`.
//!
//! ```text
//!  0      4        6          8        12      24    28      32
//!  | MSTR | format | reserved | key_id | nonce | len | check | body … | tag |
//! ```
//!
//! `key_id` 0 means "not encrypted": the nonce is zero and the tag is a CRC-32. Encryption at rest later brings
//! another `key_id`, not another format. `check` covers the header, so that a wrong length is never believed.
//! Both checksums also cover a [`Context`] (the file's salt and the frame's offset) which is not written: a frame
//! is valid only where it was put, and nobody who chooses a body can forge one inside it.
//!
//! This file never touches a disk. It only says what bytes mean; whether damage is a torn tail or corruption is
//! decided by the reader, who knows what follows.

use crc32fast::Hasher;

/// Bytes before the body.
pub(crate) const HEADER_LEN: usize = 32;
/// Bytes after the body, with `key_id` 0.
pub(crate) const TAG_LEN: usize = 4;
/// The longest body this version writes or believes.
pub(crate) const MAX_BODY: usize = 256 << 20;

const MAGIC: [u8; 4] = *b"MSTR";
const FORMAT: u16 = 1;
const PLAIN: u32 = 0;

/// Where a frame lives; part of its checksums and never stored beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    pub salt: u64,
    pub offset: u64,
}

impl Context {
    /// The first frame of a file, which carries the salt of the others.
    pub(crate) const HEAD: Self = Self { salt: 0, offset: 0 };

    fn hasher(self) -> Hasher {
        let mut hasher = Hasher::new();
        hasher.update(&self.salt.to_le_bytes());
        hasher.update(&self.offset.to_le_bytes());
        hasher
    }
}

/// A header whose check held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub body_len: usize,
}

impl Header {
    /// Bytes of the whole frame.
    pub(crate) const fn frame_len(self) -> usize {
        HEADER_LEN + self.body_len + TAG_LEN
    }
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a frame, found zeros")]
    Blank,
    #[error("a frame header with a valid check")]
    Header,
    #[error("a frame body matching its tag")]
    Body,
    #[error("a complete frame")]
    Short,
    #[error("frame format {FORMAT}, found format {0}")]
    UnknownFormat(u16),
    #[error("key 0 (not encrypted), found key {0}")]
    UnknownKey(u32),
}

/// Appends a frame around `body` to `out`.
///
/// # Errors
/// [`FrameError::Short`] when the body is longer than [`MAX_BODY`].
pub(crate) fn encode(out: &mut Vec<u8>, context: Context, body: &[u8]) -> Result<(), FrameError> {
    if body.len() > MAX_BODY {
        return Err(FrameError::Short);
    }
    let len = u32::try_from(body.len()).map_err(|_| FrameError::Short)?;
    let mut header = [0_u8; HEADER_LEN];
    put(&mut header, 0, &MAGIC);
    put(&mut header, 4, &FORMAT.to_le_bytes());
    put(&mut header, 8, &PLAIN.to_le_bytes());
    put(&mut header, 24, &len.to_le_bytes());
    let check = header_check(context, &header);
    put(&mut header, 28, &check.to_le_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(body);
    out.extend_from_slice(&tag(context, &header, body).to_le_bytes());
    Ok(())
}

/// Reads the header at the start of `bytes`.
///
/// # Errors
/// Says what was expected instead.
pub(crate) fn header(bytes: &[u8], context: Context) -> Result<Header, FrameError> {
    let header: &[u8; HEADER_LEN] = bytes.first_chunk().ok_or(FrameError::Short)?;
    if header.iter().all(|&b| b == 0) {
        return Err(FrameError::Blank);
    }
    if !header.starts_with(&MAGIC) || u32_at(header, 28) != header_check(context, header) {
        return Err(FrameError::Header);
    }
    let format = u16::from_le_bytes([header[4], header[5]]);
    if format != FORMAT {
        return Err(FrameError::UnknownFormat(format));
    }
    match u32_at(header, 8) {
        PLAIN => {}
        key => return Err(FrameError::UnknownKey(key)),
    }
    let body_len = u32_at(header, 24) as usize;
    if body_len > MAX_BODY { Err(FrameError::Header) } else { Ok(Header { body_len }) }
}

/// Reads the frame at the start of `bytes`: its body and its whole length.
///
/// # Errors
/// Says what was expected instead.
pub(crate) fn decode(bytes: &[u8], context: Context) -> Result<(&[u8], usize), FrameError> {
    let head = header(bytes, context)?;
    let frame = bytes.get(..head.frame_len()).ok_or(FrameError::Short)?;
    let (header, rest) = frame.split_first_chunk::<HEADER_LEN>().ok_or(FrameError::Short)?;
    let (body, found) = rest.split_last_chunk::<TAG_LEN>().ok_or(FrameError::Short)?;
    if u32::from_le_bytes(*found) == tag(context, header, body) {
        Ok((body, frame.len()))
    } else {
        Err(FrameError::Body)
    }
}

fn header_check(context: Context, header: &[u8; HEADER_LEN]) -> u32 {
    let mut hasher = context.hasher();
    hasher.update(&header[..28]);
    hasher.finalize()
}

fn tag(context: Context, header: &[u8; HEADER_LEN], body: &[u8]) -> u32 {
    let mut hasher = context.hasher();
    hasher.update(header);
    hasher.update(body);
    hasher.finalize()
}

/// `at` is always a constant offset of the header's table above.
fn put(header: &mut [u8; HEADER_LEN], at: usize, field: &[u8]) {
    header[at..at + field.len()].copy_from_slice(field);
}

fn u32_at(header: &[u8; HEADER_LEN], at: usize) -> u32 {
    u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

#[cfg(test)]
mod tests;
