//! The last look at a directory that another program filled, before it is put in place: nothing but files, directories
//! and links that stay inside; no bits that give powers; the right owner.

use std::io;

use cap_std::fs::{Dir, Metadata};

use crate::archive::link_stays_inside;
use crate::{Owner, Reason, walk};

const MAX_DEPTH: usize = 128;
#[cfg(unix)]
const POWERS: u32 = 0o7000;

#[derive(Clone, Copy, Debug)]
pub struct Settle {
    pub owner: Option<Owner>,
    /// Links may lead anywhere.
    pub trust_links: bool,
}

/// Gives everything in a directory to an account, but not the directory itself.
///
/// # Errors
/// When something in it cannot be given away.
pub fn give_tree(dir: &Dir, owner: Owner) -> Result<(), Reason> {
    Settle { owner: Some(owner), trust_links: true }.tree(dir)
}

impl Settle {
    /// Everything in a directory, but not the directory itself.
    pub fn tree(&self, dir: &Dir) -> Result<(), Reason> {
        self.below(dir, &mut Vec::new())
    }

    /// One entry, with everything below it.
    pub fn entry(&self, dir: &Dir, name: &str) -> Result<(), Reason> {
        self.one(dir, name, &mut Vec::new())
    }

    fn below(&self, dir: &Dir, path: &mut Vec<String>) -> Result<(), Reason> {
        let reading = |error| Reason::Read { path: path.join("/"), error };
        let entries: Vec<_> =
            dir.entries().and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(reading)?;
        for entry in entries {
            let name = entry.file_name().into_string();
            let name =
                name.map_err(|name| unsafe_entry(path, &name.to_string_lossy(), "is not UTF-8 text"))?;
            self.one(dir, &name, path)?;
        }
        Ok(())
    }

    fn one(&self, dir: &Dir, name: &str, path: &mut Vec<String>) -> Result<(), Reason> {
        let failed = |error| Reason::Write {
            path: path.iter().map(|part| format!("{part}/")).collect::<String>() + name,
            error,
        };
        let metadata = dir.symlink_metadata(name).map_err(failed)?;
        if metadata.is_symlink() {
            self.link(dir, name, path)?;
        } else if metadata.is_dir() {
            let inner = walk::enter(dir, name).map_err(failed)?;
            strip_directory(&inner, &metadata).map_err(failed)?;
            if path.len() == MAX_DEPTH {
                return Err(unsafe_entry(path, name, "lies too deep"));
            }
            path.push(name.to_owned());
            self.below(&inner, path)?;
            path.pop();
        } else if metadata.is_file() {
            strip_file(dir, name, &metadata).map_err(failed)?;
        } else {
            return Err(unsafe_entry(path, name, "is neither file, directory nor link"));
        }
        match self.owner {
            Some(owner) => {
                give(dir, name, owner).map_err(|error| Reason::Write { path: name.to_owned(), error })
            }
            None => Ok(()),
        }
    }

    fn link(&self, dir: &Dir, name: &str, path: &[String]) -> Result<(), Reason> {
        if self.trust_links {
            return Ok(());
        }
        let target = dir.read_link_contents(name);
        let target = target.map_err(|error| Reason::Read { path: name.to_owned(), error })?;
        if target.to_str().is_some_and(|target| link_stays_inside(target, path.len())) {
            return Ok(());
        }
        Err(unsafe_entry(path, name, "is a link that leads out of what was fetched"))
    }
}

fn unsafe_entry(path: &[String], name: &str, problem: &'static str) -> Reason {
    let path: String = path.iter().map(|part| format!("{part}/")).collect::<String>() + name;
    Reason::Unsafe { path: path.escape_debug().to_string(), problem }
}

/// Changes the owner of an open directory, whatever has its name by now.
#[cfg(unix)]
pub fn give_directory(dir: &Dir, owner: Owner) -> io::Result<()> {
    use rustix::fs::{Gid, Uid, fchown};
    Ok(fchown(dir, Some(Uid::from_raw(owner.uid)), Some(Gid::from_raw(owner.gid)))?)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix twin can fail")]
pub fn give_directory(_dir: &Dir, _owner: Owner) -> io::Result<()> {
    Ok(())
}

/// Changes the owner of one entry of a staging directory, where nobody swaps; of a link itself, if it is one.
#[cfg(unix)]
fn give(dir: &Dir, name: &str, owner: Owner) -> io::Result<()> {
    use rustix::fs::{AtFlags, Gid, Uid, chownat};
    let (uid, gid) = (Uid::from_raw(owner.uid), Gid::from_raw(owner.gid));
    Ok(chownat(dir, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix twin can fail")]
fn give(_dir: &Dir, _name: &str, _owner: Owner) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn strip_directory(dir: &Dir, metadata: &Metadata) -> io::Result<()> {
    let mode = cap_std::fs::MetadataExt::mode(metadata) & 0o7777;
    let wanted = mode & !POWERS | 0o700;
    if wanted == mode { Ok(()) } else { walk::set_mode(dir, wanted) }
}

#[cfg(unix)]
fn strip_file(dir: &Dir, name: &str, metadata: &Metadata) -> io::Result<()> {
    use rustix::fs::{Mode, OFlags, fchmod, openat};
    let mode = cap_std::fs::MetadataExt::mode(metadata) & 0o7777;
    if mode & POWERS == 0 {
        return Ok(());
    }
    let file = openat(dir, name, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    Ok(fchmod(file, Mode::from_raw_mode(mode & !POWERS))?)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix twin can fail")]
fn strip_directory(_dir: &Dir, _metadata: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix twin can fail")]
fn strip_file(_dir: &Dir, _name: &str, _metadata: &Metadata) -> io::Result<()> {
    Ok(())
}
