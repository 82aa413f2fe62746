//! Reads zip. The format describes every entry twice, in a directory at the end and in front of its content; readers
//! disagree about which one counts, so both must say the same, entries may not overlap, and nothing may hide between.

mod bytes;
mod directory;
mod entry;
mod local;

use std::io::{BufReader, Read, Seek, SeekFrom};

use super::budget::Budget;
use super::error::{ArchiveError, EntryProblem, shown};
use super::tree::{Attributes, Tree};
use entry::{Entry, Kind, Method};

/// The longest target of a link.
const MAX_LINK_BYTES: u64 = 4_096;

pub fn extract(
    archive: impl Read + Seek,
    tree: &mut Tree<'_>,
    budget: &mut Budget<'_>,
) -> Result<(), ArchiveError> {
    let mut archive = BufReader::new(archive);
    budget.set_packed(archive.seek(SeekFrom::End(0))?);
    let directory = directory::read(&mut archive, budget)?;
    let starts = local::check(&mut archive, &directory)?;
    for (entry, start) in directory.entries.iter().zip(starts) {
        archive.seek(SeekFrom::Start(start))?;
        unpack(&mut archive, entry, tree, budget)?;
    }
    Ok(())
}

fn unpack(
    archive: &mut impl Read,
    entry: &Entry,
    tree: &mut Tree<'_>,
    budget: &mut Budget<'_>,
) -> Result<(), ArchiveError> {
    match entry.kind {
        Kind::Directory => tree.directory(&entry.name, entry.mode, budget),
        Kind::Other(what) => Err(ArchiveError::entry(&entry.name, EntryProblem::Special(what))),
        Kind::Link if entry.size > MAX_LINK_BYTES => {
            Err(ArchiveError::entry(&entry.name, EntryProblem::TooLong))
        }
        Kind::Link => {
            let mut target = Vec::new();
            let mut content = Content::new(archive, entry);
            content.by_ref().take(MAX_LINK_BYTES + 1).read_to_end(&mut target)?;
            content.check(entry)?;
            tree.symlink(&entry.name, &target, budget)
        }
        Kind::File => {
            let attributes = Attributes { mode: entry.mode, modified_s: None };
            let mut content = Content::new(archive, entry);
            tree.file(&entry.name, attributes, &mut content, budget)?;
            content.check(entry)
        }
    }
}

/// An entry's content, unpacked, counted and hashed.
struct Content<'a, R: Read> {
    inner: Inner<'a, R>,
    checksum: crc32fast::Hasher,
    size: u64,
}

enum Inner<'a, R: Read> {
    Stored(std::io::Take<&'a mut R>),
    Deflated(Box<flate2::read::DeflateDecoder<std::io::Take<&'a mut R>>>),
}

impl<'a, R: Read> Content<'a, R> {
    fn new(archive: &'a mut R, entry: &Entry) -> Self {
        let packed = archive.take(entry.packed_size);
        let inner = match entry.method {
            Method::Stored => Inner::Stored(packed),
            Method::Deflated => Inner::Deflated(Box::new(flate2::read::DeflateDecoder::new(packed))),
        };
        Self { inner, checksum: crc32fast::Hasher::new(), size: 0 }
    }

    /// Everything was read, and it is what the directory says.
    fn check(self, entry: &Entry) -> Result<(), ArchiveError> {
        let packed = match &self.inner {
            Inner::Stored(_) => self.size,
            Inner::Deflated(decoder) => decoder.total_in(),
        };
        let right = self.size == entry.size
            && packed == entry.packed_size
            && self.checksum.finalize() == entry.checksum;
        if right {
            return Ok(());
        }
        let name = shown(&entry.name);
        Err(ArchiveError::damaged(format!(
            "entry `{name}` does not have the size or checksum that is written"
        )))
    }
}

impl<R: Read> Read for Content<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = match &mut self.inner {
            Inner::Stored(packed) => packed.read(buffer)?,
            Inner::Deflated(decoder) => decoder.read(buffer)?,
        };
        self.checksum.update(buffer.get(..read).unwrap_or_default());
        self.size = self.size.saturating_add(read as u64);
        Ok(read)
    }
}
