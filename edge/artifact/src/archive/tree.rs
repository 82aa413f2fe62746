//! Makes what an archive describes below one directory handle: one name at a time, never through a link, never over
//! anything that is there.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime};

use cap_std::fs::{Dir, File, OpenOptions};

use super::budget::Budget;
use super::error::{ArchiveError, EntryProblem};
use super::names::{self, link_stays_inside};
use crate::walk;

/// A file's mode may allow its owner, group and others; never more than that. The owner can always read and write.
const FILE_MODE: u32 = 0o777;
const FILE_LEAST: u32 = 0o600;
const DIR_LEAST: u32 = 0o700;

/// What an archive says of an entry besides its content.
#[derive(Clone, Copy, Debug)]
pub struct Attributes {
    pub mode: u32,
    /// Seconds since 1970; `None` leaves the time of unpacking.
    pub modified_s: Option<u64>,
}

#[derive(Debug)]
pub struct Tree<'a> {
    root: &'a Dir,
    /// Paths made, as written, by what they are without case.
    known: BTreeMap<String, String>,
    /// The directory that was last written to, and its path.
    last: Option<(String, Dir)>,
}

impl<'a> Tree<'a> {
    pub fn new(root: &'a Dir) -> Result<Self, ArchiveError> {
        Ok(Self { root, known: BTreeMap::new(), last: None })
    }

    /// A directory, and those on the way to it. One that was there already stays as it is.
    pub fn directory(&mut self, name: &[u8], mode: u32, budget: &mut Budget<'_>) -> Result<(), ArchiveError> {
        budget.entry(name)?;
        let parts = names::parts(name)?;
        if parts.is_empty() {
            return Ok(());
        }
        let dir = self.enter(name, &parts)?;
        walk::set_mode(&dir, mode & FILE_MODE | DIR_LEAST).map_err(ArchiveError::Io)
    }

    /// A file with all that `content` gives; says how much that was.
    pub fn file(
        &mut self,
        name: &[u8],
        attributes: Attributes,
        content: &mut impl Read,
        budget: &mut Budget<'_>,
    ) -> Result<u64, ArchiveError> {
        let (dir, last) = self.place(name, budget)?;
        let created = dir.open_with(&last, OpenOptions::new().write(true).create_new(true));
        let mut file = created.map_err(|error| in_the_way(name, error))?;
        let written = copy(content, &mut file, budget)?;
        walk::set_file_mode(&file, attributes.mode & FILE_MODE | FILE_LEAST).map_err(ArchiveError::Io)?;
        set_modified(file, attributes.modified_s);
        Ok(written)
    }

    /// The only file of a compressed stream.
    pub fn whole_file(
        &mut self,
        name: &str,
        content: &mut impl Read,
        budget: &mut Budget<'_>,
    ) -> Result<u64, ArchiveError> {
        self.file(name.as_bytes(), Attributes { mode: 0o755, modified_s: None }, content, budget)
    }

    /// A link that stays inside.
    pub fn symlink(
        &mut self,
        name: &[u8],
        target: &[u8],
        budget: &mut Budget<'_>,
    ) -> Result<(), ArchiveError> {
        let depth = names::parts(name)?.len().saturating_sub(1);
        let text = std::str::from_utf8(target).ok().filter(|target| link_stays_inside(target, depth));
        let outside = || EntryProblem::LinkOutside(super::error::shown(target));
        let text = text.ok_or_else(|| ArchiveError::entry(name, outside()))?;
        let (dir, last) = self.place(name, budget)?;
        make_symlink(&dir, text, &last).map_err(|error| in_the_way(name, error))
    }

    /// A second name of a file that was unpacked before.
    pub fn hard_link(
        &mut self,
        name: &[u8],
        target: &[u8],
        budget: &mut Budget<'_>,
    ) -> Result<(), ArchiveError> {
        let nothing = || ArchiveError::entry(name, EntryProblem::LinkToNothing(super::error::shown(target)));
        let parts = names::parts(target).map_err(|_| nothing())?;
        let path = parts.join("/");
        if self.known.get(&fold(&path)) != Some(&path) {
            return Err(nothing());
        }
        let (file, above) = parts.split_last().ok_or_else(nothing)?;
        let mut from = self.root.try_clone().map_err(ArchiveError::Io)?;
        for part in above {
            from = walk::enter(&from, part).map_err(|_| nothing())?;
        }
        if !from.symlink_metadata(file).map_err(|_| nothing())?.is_file() {
            return Err(nothing());
        }
        let (dir, last) = self.place(name, budget)?;
        make_hard_link(&from, file, &dir, &last).map_err(|error| in_the_way(name, error))
    }

    /// The directory that an entry belongs into, and its own name there, which nothing had before.
    fn place(&mut self, name: &[u8], budget: &mut Budget<'_>) -> Result<(Dir, String), ArchiveError> {
        budget.entry(name)?;
        let parts = names::parts(name)?;
        let Some((last, above)) = parts.split_last() else {
            return Err(ArchiveError::entry(name, EntryProblem::NoName));
        };
        let dir = self.enter(name, above)?;
        let path = parts.join("/");
        if !self.note(name, &path)? {
            return Err(ArchiveError::entry(name, EntryProblem::Duplicate));
        }
        Ok((dir, (*last).to_owned()))
    }

    /// Enters directories, making those that are not there.
    fn enter(&mut self, name: &[u8], parts: &[&str]) -> Result<Dir, ArchiveError> {
        let path = parts.join("/");
        if let Some((_, dir)) = self.last.as_ref().filter(|(last, _)| *last == path) {
            return dir.try_clone().map_err(ArchiveError::Io);
        }
        let mut dir = self.root.try_clone().map_err(ArchiveError::Io)?;
        let mut so_far = String::new();
        for part in parts {
            if !so_far.is_empty() {
                so_far.push('/');
            }
            so_far.push_str(part);
            self.note(name, &so_far)?;
            let entered = walk::enter_or_make(&dir, part);
            dir = entered.map_err(|error| below_no_directory(name, error))?.0;
        }
        let kept = dir.try_clone().map_err(ArchiveError::Io)?;
        self.last = Some((path, kept));
        Ok(dir)
    }

    /// Remembers a path; says whether it is new. Another one that differs in case only is refused everywhere, because
    /// on some file systems it is the same.
    fn note(&mut self, name: &[u8], path: &str) -> Result<bool, ArchiveError> {
        match self.known.get(&fold(path)) {
            None => {
                self.known.insert(fold(path), path.to_owned());
                Ok(true)
            }
            Some(known) if known == path => Ok(false),
            Some(known) => {
                let known = super::error::shown(known.as_bytes());
                Err(ArchiveError::entry(name, EntryProblem::Case(known)))
            }
        }
    }
}

fn fold(path: &str) -> String {
    path.to_lowercase()
}

fn in_the_way(name: &[u8], error: io::Error) -> ArchiveError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => ArchiveError::entry(name, EntryProblem::Duplicate),
        _ => ArchiveError::Io(error),
    }
}

fn below_no_directory(name: &[u8], error: io::Error) -> ArchiveError {
    // A link in a directory's place answers as a loop or as no directory, depending on the system.
    let link = cfg!(unix) && matches!(error.raw_os_error(), Some(20 | 40));
    match error.kind() {
        _ if link => ArchiveError::entry(name, EntryProblem::NotBelowDirectory),
        io::ErrorKind::NotADirectory => ArchiveError::entry(name, EntryProblem::NotBelowDirectory),
        _ => ArchiveError::Io(error),
    }
}

/// Copies in blocks, each accounted for before it is written.
fn copy(from: &mut impl Read, to: &mut File, budget: &mut Budget<'_>) -> Result<u64, ArchiveError> {
    let mut block = vec![0; 64 << 10];
    let mut written = 0_u64;
    loop {
        let read = match from.read(&mut block) {
            Ok(0) => return Ok(written),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        budget.bytes(read)?;
        to.write_all(block.get(..read).unwrap_or_default()).map_err(ArchiveError::Io)?;
        written = written.saturating_add(read as u64);
    }
}

/// Builds look at times; that one cannot be set fails nothing.
fn set_modified(file: File, modified_s: Option<u64>) {
    let time =
        modified_s.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    if let Some(time) = time
        && let Err(error) = file.into_std().set_modified(time)
    {
        tracing::debug!(%error, "the time of an unpacked file could not be set");
    }
}

#[cfg(unix)]
fn make_symlink(dir: &Dir, target: &str, name: &str) -> io::Result<()> {
    Ok(rustix::fs::symlinkat(target, dir, name)?)
}

#[cfg(not(unix))]
fn make_symlink(_dir: &Dir, _target: &str, _name: &str) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "links are not unpacked on this system"))
}

#[cfg(unix)]
fn make_hard_link(from: &Dir, file: &str, dir: &Dir, name: &str) -> io::Result<()> {
    Ok(rustix::fs::linkat(from, file, dir, name, rustix::fs::AtFlags::empty())?)
}

#[cfg(not(unix))]
fn make_hard_link(from: &Dir, file: &str, dir: &Dir, name: &str) -> io::Result<()> {
    from.hard_link(file, dir, name)
}
