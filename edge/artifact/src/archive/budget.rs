//! What unpacking may cost, counted before it is spent.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::{ArchiveError, Extracted};

/// The most entries of one archive, whatever the operator allows: their names are remembered.
const MAX_ENTRIES: u64 = 1_000_000;
/// The most bytes of names remembered.
const MAX_NAMES_BYTES: u64 = 64 << 20;
/// What may describe an entry, such as its long name, without counting as unpacked.
const DESCRIPTION_BYTES: u64 = 2 << 10;
/// What may be unpacked before ratios are looked at.
const RATIO_FREE_BYTES: u64 = 64 << 20;

/// Limits on one archive; zero is none, as the contract has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtractLimits {
    pub bytes: u64,
    /// Files, directories and links.
    pub files: u64,
    /// Unpacked bytes for each packed one.
    pub ratio: u64,
}

impl Default for ExtractLimits {
    /// The contract's 100 GB and 4096 files. The ratio is what deflate can just reach with nothing but zeros.
    fn default() -> Self {
        Self { bytes: 100_000_000_000, files: 4_096, ratio: 1_000 }
    }
}

/// What is left.
#[derive(Debug)]
pub struct Budget<'a> {
    limits: ExtractLimits,
    spent: Extracted,
    names: u64,
    descriptions: u64,
    /// Packed bytes read so far; shared with the reader that counts them.
    packed: Arc<AtomicU64>,
    stop: &'a AtomicBool,
}

impl<'a> Budget<'a> {
    pub fn new(limits: ExtractLimits, stop: &'a AtomicBool) -> Self {
        Self { limits, spent: Extracted::default(), names: 0, descriptions: 0, packed: Arc::default(), stop }
    }

    pub const fn spent(&self) -> Extracted {
        self.spent
    }

    /// The most entries there may be.
    pub const fn max_entries(&self) -> u64 {
        match self.limits.files {
            0 => MAX_ENTRIES,
            files if files < MAX_ENTRIES => files,
            _ => MAX_ENTRIES,
        }
    }

    /// Accounts for one more entry.
    pub fn entry(&mut self, name: &[u8]) -> Result<(), ArchiveError> {
        if self.spent.entries >= self.max_entries() || self.names > MAX_NAMES_BYTES {
            return Err(ArchiveError::TooManyFiles(self.max_entries()));
        }
        self.spent.entries += 1;
        self.names = self.names.saturating_add(name.len() as u64);
        Ok(())
    }

    /// Accounts for unpacked bytes, before they are written.
    pub fn bytes(&mut self, count: usize) -> Result<(), ArchiveError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(ArchiveError::Stopped);
        }
        self.spent.bytes = self.spent.bytes.saturating_add(count as u64);
        let ExtractLimits { bytes, ratio, .. } = self.limits;
        if bytes != 0 && self.spent.bytes > bytes {
            return Err(ArchiveError::TooLarge(bytes));
        }
        let packed = self.packed.load(Ordering::Relaxed).max(1);
        if ratio != 0 && self.spent.bytes > RATIO_FREE_BYTES && self.spent.bytes / packed > ratio {
            return Err(ArchiveError::Ratio(ratio));
        }
        Ok(())
    }

    /// Accounts for what describes entries or fills up the archive. It becomes no file: only more of it than the entries
    /// so far can need is taken from the limit.
    pub fn description(&mut self, count: usize) -> Result<(), ArchiveError> {
        self.descriptions = self.descriptions.saturating_add(count as u64);
        let needed = self.spent.entries.saturating_add(1).saturating_mul(DESCRIPTION_BYTES);
        self.bytes(if self.descriptions > needed { count } else { 0 })
    }

    /// The size of an archive that is not read from front to end.
    pub fn set_packed(&self, bytes: u64) {
        self.packed.store(bytes, Ordering::Relaxed);
    }

    /// A reader of packed bytes that tells the budget of them.
    pub fn count<R>(&self, inner: R) -> Counted<R> {
        Counted { inner, read: Arc::clone(&self.packed) }
    }
}

/// Counts what passes.
#[derive(Debug)]
pub struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
