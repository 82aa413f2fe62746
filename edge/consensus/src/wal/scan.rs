//! Reads one segment from its start and says how it ends: cleanly, torn by a crash, or damaged.
//!
//! Torn is only what a crash can leave behind a synced log: the newest segment's last frame, with sectors missing
//! (still zero) and no frame after it. Everything else that does not decode is corruption. In doubt this refuses:
//! an operator can decide to lose a frame, this code cannot.

use super::batch::{Batch, SegmentHead};
use crate::disk::DiskFile;
use crate::error::StorageError;
use crate::frame::{self, Context, FrameError, HEADER_LEN, Header};

/// Every frame starts on one of these, so that no write touches a block that was acknowledged.
pub(super) const BLOCK: u64 = 4096;
const BLOCK_LEN: usize = 4096;
/// The unit in which a disk loses or keeps what was in flight.
const SECTOR: usize = 512;
/// So many zeros at the end of a sector count as "was never written". Fewer may be part of what was: a disk that tears a
/// sector, which none should, and loses less of it is taken for damaged.
const UNWRITTEN: usize = 16;

/// Where the frames of a segment end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End {
    pub offset: u64,
    /// Remains of an unfinished frame follow.
    pub torn: bool,
}

/// An open segment whose head was read.
#[derive(Debug)]
pub(super) struct Scan<'a> {
    pub file: &'a dyn DiskFile,
    pub name: &'a str,
    pub head: &'a SegmentHead,
    /// No segment follows.
    pub newest: bool,
}

/// Length of a frame with the padding to the next block.
pub(super) fn padded(len: usize) -> u64 {
    (len as u64).next_multiple_of(BLOCK)
}

pub(super) fn read_head(file: &dyn DiskFile, name: &str) -> Result<SegmentHead, StorageError> {
    let mut block = vec![0; BLOCK_LEN];
    file.read_at(&mut block, 0).map_err(StorageError::io("read", name))?;
    let (body, _) = frame::decode(&block, Context::HEAD).map_err(|error| named(error, name, 0))?;
    let head: SegmentHead = rmp_serde::from_slice(body).map_err(|error| unreadable(name, 0, &error))?;
    if head.version > 1 {
        return Err(unreadable(name, 0, &format!("version {} is newer", head.version)));
    }
    let len = file.len().map_err(StorageError::io("measure", name))?;
    if len < head.capacity {
        return Err(StorageError::corrupt(name, len, format!("a file of {} bytes", head.capacity)));
    }
    Ok(head)
}

impl Scan<'_> {
    /// Hands every batch and its offset to `visit`, in order.
    pub(super) fn run(
        &self,
        visit: &mut dyn FnMut(u64, Batch) -> Result<(), StorageError>,
    ) -> Result<End, StorageError> {
        let mut offset = BLOCK;
        let mut number = self.head.next_batch;
        let mut bytes = Vec::new();
        while offset < self.head.capacity {
            let body = match self.frame(offset, &mut bytes)? {
                Ok(body) => body,
                Err(error) => return self.end(offset, error, &bytes),
            };
            let batch: Batch =
                rmp_serde::from_slice(body).map_err(|error| unreadable(self.name, offset, &error))?;
            if batch.number != number {
                let expected = format!("batch {number}, found batch {}", batch.number);
                return Err(StorageError::corrupt(self.name, offset, expected));
            }
            visit(offset, batch)?;
            number += 1;
            offset += padded(bytes.len());
        }
        Ok(End { offset, torn: false })
    }

    fn context(&self, offset: u64) -> Context {
        Context { salt: self.head.salt, offset }
    }

    /// The body of the frame at `offset`; `bytes` holds the whole frame when its header is valid.
    fn frame<'b>(
        &self,
        offset: u64,
        bytes: &'b mut Vec<u8>,
    ) -> Result<Result<&'b [u8], FrameError>, StorageError> {
        self.read(bytes, offset, HEADER_LEN)?;
        let header = match frame::header(bytes, self.context(offset)) {
            Ok(header) => header,
            Err(error) => return Ok(Err(error)),
        };
        if offset + padded(header.frame_len()) > self.head.capacity {
            return Err(StorageError::corrupt(self.name, offset, "a frame within the segment"));
        }
        self.read(bytes, offset, header.frame_len())?;
        Ok(frame::decode(bytes, self.context(offset)).map(|(body, _)| body))
    }

    /// Judges the first thing that is not a frame.
    fn end(&self, offset: u64, error: FrameError, bytes: &[u8]) -> Result<End, StorageError> {
        let clean = error == FrameError::Blank && self.zero_from(offset)?;
        if clean {
            return Ok(End { offset, torn: false });
        }
        let unfinished = match error {
            FrameError::Blank => true,
            FrameError::Header => self.header_torn(offset)?,
            FrameError::Body => sectors_missing(bytes),
            _ => return Err(named(error, self.name, offset)),
        };
        if !unfinished || !self.newest || self.frame_after(offset)? {
            return Err(named(error, self.name, offset));
        }
        Ok(End { offset, torn: true })
    }

    /// Whether the sector stops before the header does.
    fn header_torn(&self, offset: u64) -> Result<bool, StorageError> {
        let mut sector = Vec::new();
        self.read(&mut sector, offset, SECTOR)?;
        Ok(sector.get(HEADER_LEN - 1..).is_some_and(all_zero))
    }

    fn zero_from(&self, offset: u64) -> Result<bool, StorageError> {
        self.blocks(offset, &mut |_, block| !all_zero(block)).map(|found| !found)
    }

    fn frame_after(&self, offset: u64) -> Result<bool, StorageError> {
        let is_frame = |at, block: &[u8]| matches!(frame::header(block, self.context(at)), Ok(Header { .. }));
        self.blocks(offset + BLOCK, &mut |at, block| is_frame(at, block))
    }

    /// Whether any block from `offset` on satisfies `wanted`.
    fn blocks(&self, offset: u64, wanted: &mut dyn FnMut(u64, &[u8]) -> bool) -> Result<bool, StorageError> {
        const PIECE: usize = 256 * BLOCK_LEN;
        let mut bytes = Vec::new();
        let mut at = offset;
        while at < self.head.capacity {
            let len = usize::try_from(self.head.capacity - at).map_or(PIECE, |rest| rest.min(PIECE));
            self.read(&mut bytes, at, len)?;
            let mut place = at;
            for block in bytes.chunks(BLOCK_LEN) {
                if wanted(place, block) {
                    return Ok(true);
                }
                place += BLOCK;
            }
            at += len as u64;
        }
        Ok(false)
    }

    fn read(&self, bytes: &mut Vec<u8>, offset: u64, len: usize) -> Result<(), StorageError> {
        bytes.resize(len, 0);
        self.file.read_at(bytes, offset).map_err(StorageError::io("read", self.name))
    }
}

/// Frames start on sectors, so sectors of the frame are sectors of the disk.
fn sectors_missing(frame: &[u8]) -> bool {
    frame
        .chunks(SECTOR)
        .any(|sector| all_zero(sector.get(sector.len().saturating_sub(UNWRITTEN)..).unwrap_or(sector)))
}

fn all_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| b == 0)
}

fn unreadable(name: &str, offset: u64, error: &dyn std::fmt::Display) -> StorageError {
    let expected = format!("a record this version understands ({error})");
    StorageError::Unreadable { file: name.to_owned(), offset, expected }
}

fn named(error: FrameError, name: &str, offset: u64) -> StorageError {
    match error {
        FrameError::UnknownFormat(_) | FrameError::UnknownKey(_) => {
            StorageError::Unreadable { file: name.to_owned(), offset, expected: error.to_string() }
        }
        _ => StorageError::corrupt(name, offset, error.to_string()),
    }
}
