//! The files of one log, reached through a handle on their directory.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, openat, unlinkat};
use rustix::io::{Errno, write};

#[derive(Debug)]
pub struct Files {
    path: PathBuf,
    /// `None` until the directory could be opened.
    dir: Option<OwnedFd>,
    stem: String,
    current: Option<OwnedFd>,
}

/// A fifo in the place of a log must not block us, a link not lead us elsewhere, a task not inherit the file.
const FLAGS: OFlags = OFlags::WRONLY
    .union(OFlags::APPEND)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

impl Files {
    pub fn new(dir: &Path, stem: &str) -> Self {
        let mut files = Self { path: dir.to_owned(), dir: None, stem: stem.to_owned(), current: None };
        files.open_dir();
        files
    }

    fn open_dir(&mut self) {
        if self.dir.is_none() {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            self.dir = openat(CWD, &self.path, flags, Mode::empty()).ok();
        }
    }

    fn name(&self, index: u64) -> String {
        format!("{}.{index}", self.stem)
    }

    /// Numbers of the files that exist.
    pub fn indexes(&self) -> Vec<u64> {
        let Some(dir) = self.dir.as_ref().and_then(|dir| Dir::read_from(dir).ok()) else { return Vec::new() };
        let index = |name: &[u8]| {
            let digits = name.strip_prefix(self.stem.as_bytes())?.strip_prefix(b".")?;
            let index = std::str::from_utf8(digits).ok()?.parse().ok()?;
            // `+1` and `01` parse too, but are not names that we give.
            (self.name(index).as_bytes() == name).then_some(index)
        };
        dir.flatten().filter_map(|entry| index(entry.file_name().to_bytes())).collect()
    }

    /// Opens an existing file for appending and returns its size; `None` when it is not there or not ours alone.
    pub fn reopen(&mut self, index: u64) -> Option<u64> {
        let file = openat(self.dir.as_ref()?, self.name(index), FLAGS, Mode::empty()).ok()?;
        let stat = fstat(&file).ok()?;
        let ours = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
            && stat.st_nlink == 1
            && stat.st_uid == rustix::process::geteuid().as_raw();
        if !ours {
            return None;
        }
        self.current = Some(file);
        u64::try_from(stat.st_size).ok()
    }

    /// Makes a new file, in place of whatever has its name.
    pub fn create(&mut self, index: u64) -> bool {
        self.current = None;
        self.open_dir();
        let Some(dir) = &self.dir else { return false };
        let make = || {
            openat(dir, self.name(index), FLAGS | OFlags::CREATE | OFlags::EXCL, Mode::from_raw_mode(0o644))
        };
        self.current = match make() {
            Err(Errno::EXIST) => {
                self.remove(index);
                make().ok()
            }
            made => made.ok(),
        };
        self.current.is_some()
    }

    /// Returns how many of the bytes were written.
    pub fn append(&mut self, bytes: &[u8]) -> u64 {
        let Some(file) = &self.current else { return 0 };
        let mut rest = bytes;
        while !rest.is_empty() {
            match write(file, rest) {
                Ok(0) => break,
                Ok(n) => rest = rest.get(n..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        (bytes.len() - rest.len()) as u64
    }

    pub fn remove(&self, index: u64) {
        if let Some(dir) = &self.dir {
            // Nothing to do about a failure: the file stays until the directory goes.
            let _ = unlinkat(dir, self.name(index), AtFlags::empty());
        }
    }
}

#[cfg(test)]
impl Files {
    pub(super) fn replace_current(&mut self, file: OwnedFd) {
        self.current = Some(file);
    }
}
