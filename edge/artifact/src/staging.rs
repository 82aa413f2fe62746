//! Where an artifact lies until it is complete: a directory of the allocation that tasks cannot enter.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cap_std::fs::{Dir, File, OpenOptions};

use crate::walk;

const PREFIX: &str = ".artifacts-";
/// A single file, as it comes.
pub const DOWNLOAD: &str = "download";
/// A directory: unpacked, cloned or listed.
pub const TREE: &str = "tree";

/// What a source gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// [`DOWNLOAD`].
    File,
    /// [`TREE`].
    Tree,
}

/// Removes itself with everything in it when the last one who works in it is done.
#[derive(Debug)]
pub struct Staging {
    alloc: Dir,
    name: String,
    pub dir: Dir,
    /// Nobody waits for the artifact any more.
    pub stop: AtomicBool,
}

impl Staging {
    /// Makes an empty one, and removes what an agent that was killed left of the same task.
    pub fn create(alloc: &Dir, task: &str) -> io::Result<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        remove_leftovers(alloc, task)?;
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{:x}.{number:x}-{task}", std::process::id());
        alloc.create_dir(&name)?;
        let dir = walk::enter(alloc, &name)?;
        walk::set_mode(&dir, 0o700)?;
        Ok(Self { alloc: alloc.try_clone()?, name, dir, stop: AtomicBool::new(false) })
    }

    /// The directory's name in the allocation's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Removes what an attempt left.
    pub fn clear(&self) -> io::Result<()> {
        for entry in self.dir.entries()? {
            remove_any(&self.dir, &entry?.file_name().to_string_lossy())?;
        }
        Ok(())
    }

    /// The file that a download is written to.
    pub fn new_file(&self) -> io::Result<File> {
        self.dir.open_with(DOWNLOAD, OpenOptions::new().write(true).create_new(true))
    }

    /// The directory that is filled with many files.
    pub fn new_tree(&self) -> io::Result<Dir> {
        self.dir.create_dir(TREE)?;
        let tree = walk::enter(&self.dir, TREE)?;
        walk::set_mode(&tree, 0o755)?;
        Ok(tree)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        match self.alloc.remove_dir_all(&self.name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(directory = self.name, %error, "an unfinished artifact stays until the allocation goes");
            }
            _ => {}
        }
    }
}

/// Stops whatever still works in a staging directory when the one who waits goes away.
#[derive(Debug)]
pub struct StopOnDrop(pub Arc<Staging>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Relaxed);
    }
}

fn remove_leftovers(alloc: &Dir, task: &str) -> io::Result<()> {
    for entry in alloc.entries()? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let of_task = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
        if of_task.is_some_and(|(_, of)| of == task) {
            remove_any(alloc, &name)?;
        }
    }
    Ok(())
}

fn remove_any(dir: &Dir, name: &str) -> io::Result<()> {
    let is_dir = match dir.symlink_metadata(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?.is_dir(),
    };
    let removed = if is_dir { dir.remove_dir_all(name) } else { dir.remove_file(name) };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Runs file work off the async threads.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
}
