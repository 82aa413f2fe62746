//! A file under construction: invisible under its name until it is complete, gone when it is given up.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cap_std::fs::{Dir, File, OpenOptions};

use super::checksum::Hasher;
use super::destination::Target;
use crate::alloc_dir::{Owner, give};
use crate::entropy;

/// Removes itself, and the directories made for it, unless committed.
#[derive(Debug)]
pub struct Staged {
    dir: Dir,
    file: Option<File>,
    temporary: String,
    made: Made,
    pub hasher: Option<Hasher>,
    pub written: u64,
}

/// Directories that did not exist before, outermost first.
#[derive(Debug)]
struct Made {
    root: Dir,
    paths: Vec<PathBuf>,
}

impl Staged {
    /// Creates the directories on the way and an empty temporary file in the last one.
    pub fn create(target: &Target, hasher: Option<Hasher>) -> io::Result<Self> {
        let mut made = Made { root: target.dir.try_clone()?, paths: Vec::new() };
        let created = make_dirs(&target.dir, &target.parent, &mut made).and_then(|dir| {
            let suffix = entropy::id_bytes().map_err(io::Error::other)?;
            let temporary = format!(".muster-{:032x}", u128::from_be_bytes(suffix));
            let file = dir.open_with(&temporary, OpenOptions::new().write(true).create_new(true))?;
            allow_execution(&file)?;
            Ok((dir, file, temporary))
        });
        match created {
            Ok((dir, file, temporary)) => {
                Ok(Self { dir, file: Some(file), temporary, made, hasher, written: 0 })
            }
            Err(error) => {
                made.undo();
                Err(error)
            }
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        self.written = self.written.saturating_add(bytes.len() as u64);
        match &mut self.file {
            Some(file) => file.write_all(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Makes the file durable and gives it its name, replacing what was there.
    pub fn commit(mut self, name: &str, owner: Option<Owner>) -> io::Result<()> {
        if let Some(file) = &self.file {
            if let Some(owner) = owner {
                give(file, owner)?;
            }
            file.sync_all()?;
        }
        self.dir.rename(&self.temporary, &self.dir, name)?;
        self.file = None;
        self.made.paths.clear();
        Ok(())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            if let Err(error) = self.dir.remove_file(&self.temporary) {
                tracing::warn!(file = self.temporary, %error, "an unfinished artifact could not be removed");
            }
            self.made.undo();
        }
    }
}

impl Made {
    /// Removes what was made, as long as nobody put anything into it.
    fn undo(&mut self) {
        while let Some(path) = self.paths.pop() {
            if self.root.remove_dir(&path).is_err() {
                break;
            }
        }
    }
}

/// What is fetched may be what the task runs. Set on the open file, before it has a name that a task could swap.
#[cfg(unix)]
fn allow_execution(file: &File) -> io::Result<()> {
    use cap_std::fs::{Permissions, PermissionsExt};
    file.set_permissions(Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the other platform's signature")]
fn allow_execution(_file: &File) -> io::Result<()> {
    Ok(())
}

fn make_dirs(root: &Dir, parent: &Path, made: &mut Made) -> io::Result<Dir> {
    let mut path = PathBuf::new();
    for part in parent {
        path.push(part);
        match root.create_dir(&path) {
            Ok(()) => made.paths.push(path.clone()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    if path.as_os_str().is_empty() { root.try_clone() } else { root.open_dir(&path) }
}
