//! The directory at the end of a zip archive.

use std::io::{Read, Seek, SeekFrom};

use super::bytes::Bytes;
use super::entry::{Entry, RECORD_BYTES};
use crate::archive::ArchiveError;
use crate::archive::budget::Budget;

const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const LOCATOR_SIGNATURE: u32 = 0x0706_4b50;
const END64_SIGNATURE: u32 = 0x0606_4b50;
const END_BYTES: usize = 22;
const LOCATOR_BYTES: u64 = 20;
const END64_BYTES: u64 = 56;
/// The end record's comment has at most this many bytes.
const MAX_COMMENT_BYTES: u64 = 65_535;

#[derive(Debug)]
pub struct Directory {
    pub entries: Vec<Entry>,
    /// Where the directory begins and the last entry's content has ended.
    pub start: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct End {
    count: u64,
    size: u64,
    start: u64,
}

pub fn read(archive: &mut (impl Read + Seek), budget: &Budget<'_>) -> Result<Directory, ArchiveError> {
    let (end, at) = find_end(archive)?;
    if end.start.checked_add(end.size) != Some(at) {
        return Err(ArchiveError::Ambiguous("its directory is not where its end record says".into()));
    }
    if end.count > budget.max_entries() {
        return Err(ArchiveError::TooManyFiles(budget.max_entries()));
    }
    if end.count.checked_mul(RECORD_BYTES).is_none_or(|least| least > end.size) {
        return Err(ArchiveError::damaged("its directory is too short for its entries"));
    }
    archive.seek(SeekFrom::Start(end.start))?;
    let mut records = archive.take(end.size);
    let mut entries = Vec::new();
    for _ in 0..end.count {
        entries.push(Entry::read(&mut records)?);
    }
    if records.limit() != 0 {
        return Err(ArchiveError::Ambiguous("its directory holds more than its end record says".into()));
    }
    Ok(Directory { entries, start: end.start })
}

/// The end record, and where the directory ends. More than one place where it could be is ambiguous.
fn find_end(archive: &mut (impl Read + Seek)) -> Result<(End, u64), ArchiveError> {
    let length = archive.seek(SeekFrom::End(0))?;
    let tail_start = length.saturating_sub(END_BYTES as u64 + MAX_COMMENT_BYTES);
    archive.seek(SeekFrom::Start(tail_start))?;
    let mut tail = Vec::new();
    archive.take(length - tail_start).read_to_end(&mut tail)?;
    let ends_here = |record: &[u8]| {
        let comment =
            record.get(20..END_BYTES).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes);
        record.starts_with(&END_SIGNATURE)
            && comment.is_some_and(|comment| record.len() == END_BYTES + usize::from(comment))
    };
    let candidates = (0..tail.len()).filter(|at| tail.get(*at..).is_some_and(ends_here));
    let found: Vec<usize> = candidates.take(2).collect();
    let at = match found.as_slice() {
        [] => {
            return Err(ArchiveError::damaged("it is no zip archive, or was cut off: it has no end record"));
        }
        [at] => *at,
        _ => return Err(ArchiveError::Ambiguous("it has two end records".into())),
    };
    let end = plain_end(tail.get(at..).unwrap_or_default())?;
    large_end(archive, end, tail_start + at as u64)
}

fn plain_end(record: &[u8]) -> Result<End, ArchiveError> {
    let mut bytes = Bytes(record);
    bytes.take(4)?;
    let disks = (bytes.u16()?, bytes.u16()?);
    let (here, count) = (bytes.u16()?, bytes.u16()?);
    if disks != (0, 0) || here != count {
        return Err(ArchiveError::Unsupported("zip archives of several parts"));
    }
    Ok(End { count: count.into(), size: bytes.u32()?.into(), start: bytes.u32()?.into() })
}

/// The record for large archives, when there is one; what the plain record can say must be the same.
fn large_end(archive: &mut (impl Read + Seek), plain: End, at: u64) -> Result<(End, u64), ArchiveError> {
    let saturated = plain.count == 0xffff || plain.size == 0xffff_ffff || plain.start == 0xffff_ffff;
    let Some(end64_at) = locator(archive, at)? else {
        return if saturated {
            Err(ArchiveError::damaged("its record for large archives is missing"))
        } else {
            Ok((plain, at))
        };
    };
    if end64_at.checked_add(END64_BYTES + LOCATOR_BYTES) != Some(at) {
        return Err(ArchiveError::Ambiguous("its record for large archives is not at its end".into()));
    }
    archive.seek(SeekFrom::Start(end64_at))?;
    let mut record = [0; END64_BYTES as usize];
    archive.read_exact(&mut record)?;
    let mut bytes = Bytes(&record);
    if bytes.u32()? != END64_SIGNATURE || bytes.u64()? != END64_BYTES - 12 {
        return Err(ArchiveError::damaged("its record for large archives is not understood"));
    }
    bytes.take(4)?;
    let disks = (bytes.u32()?, bytes.u32()?);
    let (here, count) = (bytes.u64()?, bytes.u64()?);
    if disks != (0, 0) || here != count {
        return Err(ArchiveError::Unsupported("zip archives of several parts"));
    }
    let large = End { count, size: bytes.u64()?, start: bytes.u64()? };
    let agrees = |plain: u64, large: u64, most: u64| plain == most || plain == large;
    let agree = agrees(plain.count, large.count, 0xffff)
        && agrees(plain.size, large.size, 0xffff_ffff)
        && agrees(plain.start, large.start, 0xffff_ffff);
    if !agree {
        return Err(ArchiveError::Ambiguous("its two end records differ".into()));
    }
    Ok((large, end64_at))
}

/// Where the record for large archives is, if the bytes before the end record say so.
fn locator(archive: &mut (impl Read + Seek), at: u64) -> Result<Option<u64>, ArchiveError> {
    let Some(start) = at.checked_sub(LOCATOR_BYTES) else { return Ok(None) };
    archive.seek(SeekFrom::Start(start))?;
    let mut record = [0; LOCATOR_BYTES as usize];
    archive.read_exact(&mut record)?;
    let mut bytes = Bytes(&record);
    if bytes.u32()? != LOCATOR_SIGNATURE {
        return Ok(None);
    }
    let disk = bytes.u32()?;
    let end64_at = bytes.u64()?;
    if disk != 0 || bytes.u32()? > 1 {
        return Err(ArchiveError::Unsupported("zip archives of several parts"));
    }
    Ok(Some(end64_at))
}
