//! Rotated log files: `<stem>.0`, `<stem>.1` … in one directory, the highest number being written.
//!
//! A log must never hurt the task it belongs to: nothing here returns an error. What cannot be written (full disk,
//! missing directory, hostile entry) is dropped and counted, and the next write tries again. Files are opened
//! relative to the directory, never through a link, and never appended to when somebody else could hold them.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux::Files;

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(not(target_os = "linux"))]
use elsewhere::Files;

use std::path::Path;

/// How much of a stream is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLimits {
    /// At least 1; 0 counts as 1.
    pub max_files: u32,
    /// At least 1; 0 counts as 1.
    pub max_file_bytes: u64,
}

/// What became of the bytes given to a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogCounts {
    pub written: u64,
    pub dropped: u64,
}

/// One stream of one task.
#[derive(Debug)]
pub struct RotatedLog {
    files: Files,
    max_files: u64,
    max_file_bytes: u64,
    index: u64,
    /// Bytes in the current file.
    size: u64,
    /// Whether the current file is open.
    open: bool,
    counts: LogCounts,
}

impl RotatedLog {
    /// Goes on where an earlier start of the task left off.
    #[must_use]
    pub fn new(dir: &Path, stem: &str, limits: LogLimits) -> Self {
        let mut log = Self {
            files: Files::new(dir, stem),
            max_files: u64::from(limits.max_files.max(1)),
            max_file_bytes: limits.max_file_bytes.max(1),
            index: 0,
            size: 0,
            open: false,
            counts: LogCounts::default(),
        };
        log.resume();
        log
    }

    /// Writes all of it, into as many files as it takes. Cuts between lines where it can.
    pub fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = self.max_file_bytes.saturating_sub(self.size);
            let (now, later) = cut(bytes, room);
            if now.is_empty() {
                self.rotate();
                continue;
            }
            if !self.open && !self.open_current() {
                self.counts.dropped = self.counts.dropped.saturating_add(bytes.len() as u64);
                return;
            }
            self.append(now);
            if !later.is_empty() {
                self.rotate();
            }
            bytes = later;
        }
    }

    #[must_use]
    pub const fn counts(&self) -> LogCounts {
        self.counts
    }

    fn append(&mut self, bytes: &[u8]) {
        let written = self.files.append(bytes);
        self.size = self.size.saturating_add(written);
        self.counts.written = self.counts.written.saturating_add(written);
        self.counts.dropped =
            self.counts.dropped.saturating_add((bytes.len() as u64).saturating_sub(written));
    }

    fn resume(&mut self) {
        let mut indexes = self.files.indexes();
        indexes.sort_unstable();
        self.index = indexes.last().copied().unwrap_or(0);
        for old in indexes.iter().filter(|old| self.index - **old >= self.max_files) {
            self.files.remove(*old);
        }
        if let Some(size) = self.files.reopen(self.index) {
            self.size = size;
            self.open = true;
        } else {
            self.open = self.files.create(self.index);
        }
    }

    fn open_current(&mut self) -> bool {
        self.open = self.files.create(self.index);
        self.open
    }

    fn rotate(&mut self) {
        self.index = self.index.saturating_add(1);
        self.size = 0;
        self.open = false;
        if let Some(old) = self.index.checked_sub(self.max_files) {
            self.files.remove(old);
        }
    }
}

/// Splits off what fits into `room`: everything, or up to the last line end that fits, or exactly `room` bytes.
fn cut(bytes: &[u8], room: u64) -> (&[u8], &[u8]) {
    let room = usize::try_from(room).unwrap_or(usize::MAX);
    if bytes.len() <= room {
        return (bytes, &[]);
    }
    let (fits, _) = bytes.split_at(room);
    let at = fits.iter().rposition(|byte| *byte == b'\n').map_or(room, |newline| newline + 1);
    bytes.split_at(at)
}

#[cfg(all(test, target_os = "linux"))]
mod tests;
