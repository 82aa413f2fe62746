//! One record of a zip directory.

use std::io::Read;

use super::bytes::Bytes;
use crate::archive::error::{ArchiveError, EntryProblem, shown};

/// Of a record without name, extra fields and comment.
pub const RECORD_BYTES: u64 = 46;
const SIGNATURE: u32 = 0x0201_4b50;
const MAX_NAME_BYTES: usize = 4_096;

pub const ENCRYPTED: u16 = 1;
/// Sizes and checksum follow the content instead of standing before it.
pub const SIZES_FOLLOW: u16 = 1 << 3;
const PATCH: u16 = 1 << 5;
const STRONG_ENCRYPTION: u16 = 1 << 6;
const MASKED: u16 = 1 << 13;

const EXTRA_LARGE: u16 = 0x0001;
const EXTRA_UNICODE_NAME: u16 = 0x7075;

#[derive(Debug)]
pub struct Entry {
    pub name: Vec<u8>,
    pub kind: Kind,
    pub mode: u32,
    pub flags: u16,
    pub method: Method,
    pub checksum: u32,
    pub packed_size: u64,
    pub size: u64,
    /// Where its local header begins.
    pub at: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    Link,
    Other(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Stored,
    Deflated,
}

/// Numbers that may be too large for their plain fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub size: u64,
    pub packed_size: u64,
    pub at: Option<u64>,
}

impl Method {
    pub fn new(number: u16) -> Result<Self, ArchiveError> {
        match number {
            0 => Ok(Self::Stored),
            8 => Ok(Self::Deflated),
            _ => Err(ArchiveError::Unsupported("zip compression other than deflate")),
        }
    }
}

impl Entry {
    pub fn read(records: &mut impl Read) -> Result<Self, ArchiveError> {
        let mut record = [0; RECORD_BYTES as usize];
        records.read_exact(&mut record)?;
        let mut bytes = Bytes(&record);
        if bytes.u32()? != SIGNATURE {
            return Err(ArchiveError::damaged("a record of its directory is not understood"));
        }
        let (made_by, _needed, flags) = (bytes.u16()?, bytes.u16()?, bytes.u16()?);
        if flags & (ENCRYPTED | STRONG_ENCRYPTION | MASKED | PATCH) != 0 {
            return Err(ArchiveError::Unsupported("encrypted or patched zip entries"));
        }
        let method = Method::new(bytes.u16()?)?;
        bytes.take(4)?;
        let checksum = bytes.u32()?;
        let (packed_size, size) = (bytes.u32()?, bytes.u32()?);
        let (name, extra, comment) = (bytes.u16()?, bytes.u16()?, bytes.u16()?);
        let disk = bytes.u16()?;
        bytes.take(2)?;
        let attributes = bytes.u32()?;
        let at = bytes.u32()?;
        if !matches!(disk, 0 | 0xffff) {
            return Err(ArchiveError::Unsupported("zip archives of several parts"));
        }
        let name = text(records, name)?;
        let extra = text(records, extra)?;
        text(records, comment)?;
        if name.len() > MAX_NAME_BYTES {
            return Err(ArchiveError::entry(&name, EntryProblem::TooLong));
        }
        let sizes = large_sizes(&name, &extra, size, packed_size, Some(at))?;
        let unix = matches!(made_by >> 8, 3 | 19).then_some(attributes >> 16);
        let kind = kind(&name, unix, sizes.size)?;
        let mode =
            unix.filter(|mode| *mode != 0).unwrap_or(if kind == Kind::Directory { 0o755 } else { 0o644 });
        let at = sizes.at.unwrap_or_default();
        let Sizes { size, packed_size, .. } = sizes;
        if method == Method::Stored && size != packed_size {
            return Err(ArchiveError::damaged(format!(
                "entry `{}` is stored, yet has two sizes",
                shown(&name)
            )));
        }
        Ok(Self { name, kind, mode, flags, method, checksum, packed_size, size, at })
    }
}

fn text(records: &mut impl Read, length: u16) -> Result<Vec<u8>, ArchiveError> {
    let mut text = vec![0; usize::from(length)];
    records.read_exact(&mut text)?;
    Ok(text)
}

fn kind(name: &[u8], unix_mode: Option<u32>, size: u64) -> Result<Kind, ArchiveError> {
    let slash = name.ends_with(b"/");
    let kind = match unix_mode.unwrap_or_default() & 0o170_000 {
        0 if slash => Kind::Directory,
        0 | 0o100_000 => Kind::File,
        0o040_000 => Kind::Directory,
        0o120_000 => Kind::Link,
        0o010_000 => Kind::Other("named pipe"),
        0o140_000 => Kind::Other("socket"),
        _ => Kind::Other("device"),
    };
    if slash != (kind == Kind::Directory) || (slash && size != 0) {
        let name = shown(name);
        return Err(ArchiveError::Ambiguous(format!(
            "entry `{name}` is a directory by half of what is written"
        )));
    }
    Ok(kind)
}

/// Puts numbers of the extra field for large entries in the place of those that did not fit, and refuses a second
/// name. `at` is `None` in a local header, which has no such number.
pub fn large_sizes(
    name: &[u8],
    extra: &[u8],
    size: u32,
    packed_size: u32,
    at: Option<u32>,
) -> Result<Sizes, ArchiveError> {
    let mut sizes = Sizes { size: size.into(), packed_size: packed_size.into(), at: at.map(u64::from) };
    let mut seen = false;
    let mut fields = Bytes(extra);
    while fields.0.len() >= 4 {
        let (id, length) = (fields.u16()?, fields.u16()?);
        let mut field = Bytes(fields.take(usize::from(length))?);
        match id {
            EXTRA_LARGE if std::mem::replace(&mut seen, true) => {
                return Err(ArchiveError::Ambiguous(format!("entry `{}` has its sizes twice", shown(name))));
            }
            EXTRA_LARGE => {
                if size == u32::MAX {
                    sizes.size = field.u64()?;
                }
                if packed_size == u32::MAX {
                    sizes.packed_size = field.u64()?;
                }
                if at == Some(u32::MAX) {
                    sizes.at = Some(field.u64()?);
                }
            }
            EXTRA_UNICODE_NAME if field.0.get(5..) != Some(name) => {
                return Err(ArchiveError::Ambiguous(format!("entry `{}` has a second name", shown(name))));
            }
            _ => {}
        }
    }
    Ok(sizes)
}
