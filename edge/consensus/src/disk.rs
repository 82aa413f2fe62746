//! The file operations the log and the snapshots need, and nothing else, so that a test disk can lose unsynced
//! writes, tear sectors and flip bits between any two of them.
//!
//! One [`Disk`] is one flat directory. Durability is explicit: file bytes count after [`DiskFile::sync`], names
//! (create, rename, remove) after [`Disk::sync_dir`].

#[cfg(test)]
pub(crate) mod faulty;
mod memory;
mod real;

use std::fmt;
use std::io;

pub(crate) use memory::MemoryDisk;
pub(crate) use real::RealDisk;

/// A flat directory.
pub(crate) trait Disk: fmt::Debug + Send + Sync + 'static {
    /// Names in the directory, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Makes an empty file, or empties an existing one.
    fn create(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    fn open(&self, name: &str) -> io::Result<Box<dyn DiskFile>>;
    /// Replaces `to` when it exists.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    fn remove(&self, name: &str) -> io::Result<()>;
    fn sync_dir(&self) -> io::Result<()>;
    /// How operators know the file, for errors.
    fn display(&self, name: &str) -> String;
}

/// An open file, read and written at offsets.
pub(crate) trait DiskFile: fmt::Debug + Send + Sync + 'static {
    fn len(&self) -> io::Result<u64>;
    /// Fills `buf` from `offset`; bytes past the end of the file are zero.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()>;
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Makes everything written so far durable (fdatasync).
    fn sync(&self) -> io::Result<()>;
}

/// Writes `len` zeros from `offset`, in pieces that do not hold up other writers for long.
///
/// Writing (rather than only reserving) turns the extents into initialised ones, so that a later fdatasync of data
/// in them has no file system metadata to flush.
pub(crate) fn write_zeros(file: &dyn DiskFile, offset: u64, len: u64) -> io::Result<()> {
    const PIECE: usize = 1 << 20;
    const PIECES_PER_SYNC: u64 = 8;
    let zeros = vec![0_u8; PIECE.min(usize::try_from(len).unwrap_or(PIECE))];
    let (mut done, mut pieces) = (0, 0);
    while done < len {
        let take = (len - done).min(zeros.len() as u64);
        let piece = zeros.get(..usize::try_from(take).unwrap_or(0)).unwrap_or_default();
        file.write_at(piece, offset + done)?;
        done += take;
        pieces += 1;
        if pieces % PIECES_PER_SYNC == 0 {
            file.sync()?;
        }
    }
    file.sync()
}
