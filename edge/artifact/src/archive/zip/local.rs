//! The headers in front of the entries' content: each must say what the directory says.

use std::io::{Read, Seek, SeekFrom};

use super::bytes::Bytes;
use super::directory::Directory;
use super::entry::{self, ENCRYPTED, Entry, Method, SIZES_FOLLOW};
use crate::archive::error::{ArchiveError, shown};

const SIGNATURE: u32 = 0x0403_4b50;
const HEADER_BYTES: usize = 30;
/// What may follow content whose sizes were not known before: signature, checksum, two large sizes.
const MAX_DESCRIPTOR_BYTES: u64 = 24;

/// Compares every header with the directory; gives where each entry's content begins, in the directory's order.
pub fn check(archive: &mut (impl Read + Seek), directory: &Directory) -> Result<Vec<u64>, ArchiveError> {
    let mut starts = Vec::with_capacity(directory.entries.len());
    let mut ranges = Vec::with_capacity(directory.entries.len());
    for entry in &directory.entries {
        let start = header(archive, entry)?;
        let end = start.checked_add(entry.packed_size).ok_or_else(|| overlap(entry))?;
        ranges.push((entry.at, end, entry));
        starts.push(start);
    }
    ranges.sort_unstable_by_key(|(at, ..)| *at);
    let mut free = 0;
    let mut gap = 0;
    for (at, end, entry) in ranges {
        if at < free {
            return Err(overlap(entry));
        }
        if at - free > gap {
            return Err(hidden());
        }
        free = end;
        gap = if entry.flags & SIZES_FOLLOW == 0 { 0 } else { MAX_DESCRIPTOR_BYTES };
    }
    match directory.start.checked_sub(free) {
        None => Err(ArchiveError::damaged("an entry reaches into its directory")),
        Some(rest) if rest > gap => Err(hidden()),
        Some(_) => Ok(starts),
    }
}

/// Reads one header; gives where the content begins.
fn header(archive: &mut (impl Read + Seek), entry: &Entry) -> Result<u64, ArchiveError> {
    archive.seek(SeekFrom::Start(entry.at))?;
    let mut header = [0; HEADER_BYTES];
    archive.read_exact(&mut header)?;
    let mut bytes = Bytes(&header);
    if bytes.u32()? != SIGNATURE {
        return Err(differs(entry, "place"));
    }
    bytes.take(2)?;
    let flags = bytes.u16()?;
    if (flags ^ entry.flags) & (ENCRYPTED | SIZES_FOLLOW) != 0 {
        return Err(differs(entry, "flags"));
    }
    if Method::new(bytes.u16()?)? != entry.method {
        return Err(differs(entry, "compression"));
    }
    bytes.take(4)?;
    let checksum = bytes.u32()?;
    let (packed_size, size) = (bytes.u32()?, bytes.u32()?);
    let lengths = (bytes.u16()?, bytes.u16()?);
    let (mut name, mut extra) = (vec![0; usize::from(lengths.0)], vec![0; usize::from(lengths.1)]);
    archive.read_exact(&mut name)?;
    archive.read_exact(&mut extra)?;
    if name != entry.name {
        return Err(differs(entry, "name"));
    }
    let sizes = entry::large_sizes(&name, &extra, size, packed_size, None)?;
    let same =
        checksum == entry.checksum && sizes.size == entry.size && sizes.packed_size == entry.packed_size;
    let open = entry.flags & SIZES_FOLLOW != 0;
    let unknown = |number: u64| number == 0 || number == u64::from(u32::MAX);
    let left_out = open
        && (checksum == 0 || checksum == entry.checksum)
        && (unknown(sizes.size) || sizes.size == entry.size)
        && (unknown(sizes.packed_size) || sizes.packed_size == entry.packed_size);
    if !same && !left_out {
        return Err(differs(entry, "size or checksum"));
    }
    let length = HEADER_BYTES as u64 + u64::from(lengths.0) + u64::from(lengths.1);
    entry.at.checked_add(length).ok_or_else(|| overlap(entry))
}

fn differs(entry: &Entry, what: &str) -> ArchiveError {
    let name = shown(&entry.name);
    ArchiveError::Ambiguous(format!(
        "entry `{name}` has another {what} in its own header than in the directory"
    ))
}

fn overlap(entry: &Entry) -> ArchiveError {
    ArchiveError::Ambiguous(format!("entry `{}` overlaps another one", shown(&entry.name)))
}

fn hidden() -> ArchiveError {
    ArchiveError::Ambiguous("there is something between its entries that its directory does not name".into())
}
