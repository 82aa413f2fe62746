//! Where allocations live on disk.
//!
//! ```text
//!   <alloc_dir>/<id>/                    0755
//!     alloc/                             0755  shared by the tasks
//!       data/  tmp/                      1777
//!       logs/                            0755  written by supervisors; tasks read, but cannot replace them
//!     <task>/                            1777  working directory; what the agent made in it stays the agent's
//!       local/                           0777
//!       secrets/                         0700  the task's account only
//!       tmp/                             1777
//!       private/                         0700  the agent's; no task, and no user of the API, sees into it
//!   <state_dir>/control/<id>/            0700  sockets and exit status of supervisors
//! ```
//!
//! Everything below `<alloc_dir>` is opened relative to a handle of the directory it must stay in, because tasks may
//! put links there at any time. Blocking: async callers go through [`blocking`].

mod contents;
mod migrate;

use std::io;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use muster_ids::{AllocId, TaskName};

use crate::ClientError;
pub use migrate::Heir;

/// Runs file work off the async threads.
///
/// # Errors
/// What `work` returns, or that it panicked.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

/// The directories of all allocations.
#[derive(Debug)]
pub struct AllocDirs {
    root: Dir,
    path: PathBuf,
    control: PathBuf,
}

/// Absolute paths of one task, for its environment and driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskPaths {
    pub alloc: PathBuf,
    pub shared: PathBuf,
    pub task: PathBuf,
    pub local: PathBuf,
    pub secrets: PathBuf,
    pub tmp: PathBuf,
    pub logs: PathBuf,
    pub control: PathBuf,
}

/// Account that a task's own directories belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

impl AllocDirs {
    /// # Errors
    /// When a directory cannot be made or opened.
    pub fn open(alloc_dir: &Path, state_dir: &Path) -> Result<Self, ClientError> {
        let control = state_dir.join("control");
        std::fs::create_dir_all(&control).map_err(ClientError::file("create", &control))?;
        std::fs::create_dir_all(alloc_dir).map_err(ClientError::file("create", alloc_dir))?;
        let path = std::path::absolute(alloc_dir).map_err(ClientError::file("find", alloc_dir))?;
        let control = std::path::absolute(&control).map_err(ClientError::file("find", &control))?;
        let open = |path: &Path, mode| {
            let dir =
                Dir::open_ambient_dir(path, ambient_authority()).map_err(ClientError::file("open", path))?;
            set_mode(&dir, mode).map_err(ClientError::file("protect", path))?;
            Ok(dir)
        };
        open(&control, 0o700)?;
        Ok(Self { root: open(&path, 0o711)?, path, control })
    }

    const fn root(&self) -> &Dir {
        &self.root
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    #[must_use]
    pub fn task_paths(&self, id: AllocId, task: &TaskName) -> TaskPaths {
        let alloc = self.path.join(id.to_string());
        let (shared, task_dir) = (alloc.join("alloc"), alloc.join(task.as_str()));
        TaskPaths {
            local: task_dir.join("local"),
            secrets: task_dir.join("secrets"),
            tmp: task_dir.join("tmp"),
            logs: shared.join("logs"),
            control: self.control.join(id.to_string()),
            alloc,
            shared,
            task: task_dir,
        }
    }

    /// A handle of one allocation's directory, from which no path leads out.
    ///
    /// # Errors
    /// When the allocation has no directory here.
    pub fn alloc(&self, id: AllocId) -> io::Result<Dir> {
        self.root.open_dir(id.to_string())
    }

    /// Makes the directories of one task, and those it shares. May be called again.
    ///
    /// # Errors
    /// When a directory cannot be made, or something else is in its place.
    pub fn build_task(&self, id: AllocId, task: &TaskName, owner: Option<Owner>) -> io::Result<()> {
        let alloc = make(&self.root, &id.to_string(), 0o755)?;
        let shared = make(&alloc, "alloc", 0o755)?;
        make(&shared, "logs", 0o755)?;
        make(&shared, "data", 0o1777)?;
        make(&shared, "tmp", 0o1777)?;
        let task_dir = make(&alloc, task.as_str(), 0o1777)?;
        make(&task_dir, "local", 0o777)?;
        make(&task_dir, "tmp", 0o1777)?;
        make(&task_dir, "private", 0o700)?;
        let secrets = make(&task_dir, "secrets", 0o700)?;
        if let Some(owner) = owner {
            give_dir(&secrets, owner)?;
        }
        let control = Dir::open_ambient_dir(&self.control, ambient_authority())?;
        make(&control, &id.to_string(), 0o700)?;
        Ok(())
    }

    /// Removes everything of one allocation. Links are removed, never followed. Nothing there is success.
    ///
    /// # Errors
    /// When something could not be removed.
    pub fn remove(&self, id: AllocId) -> io::Result<()> {
        let control = Dir::open_ambient_dir(&self.control, ambient_authority())?;
        for dir in [&self.root, &control] {
            match dir.remove_dir_all(id.to_string()) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
        }
        Ok(())
    }

    /// Allocations that have a directory, whether or not anybody remembers them.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn list(&self) -> io::Result<Vec<AllocId>> {
        let mut ids = Vec::new();
        for entry in self.root.entries()? {
            ids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<AllocId>().ok()));
        }
        Ok(ids)
    }
}

/// Makes a directory with exactly this mode, or takes up the one that is there.
pub(crate) fn make(parent: &Dir, name: &str, mode: u32) -> io::Result<Dir> {
    match parent.create_dir(name) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if !parent.symlink_metadata(name)?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("`{name}` is not a directory")));
    }
    let dir = parent.open_dir(name)?;
    set_mode(&dir, mode)?;
    Ok(dir)
}

#[cfg(unix)]
fn set_mode(dir: &Dir, mode: u32) -> io::Result<()> {
    Ok(rustix::fs::fchmod(readable(dir)?, rustix::fs::Mode::from_raw_mode(mode))?)
}

/// The same directory, opened so that its mode and owner can be changed: handles are made to walk from only.
#[cfg(unix)]
fn readable(dir: &Dir) -> io::Result<std::os::fd::OwnedFd> {
    use rustix::fs::{Mode, OFlags, openat};
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(dir, ".", flags, Mode::empty())?)
}

#[cfg(unix)]
fn give_dir(dir: &Dir, owner: Owner) -> io::Result<()> {
    give(&readable(dir)?, owner)
}

#[cfg(not(unix))]
fn give_dir(dir: &Dir, owner: Owner) -> io::Result<()> {
    give(dir, owner)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix twin can fail")]
fn set_mode(_dir: &Dir, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// Changes the owner of an open file.
#[cfg(unix)]
pub(crate) fn give(file: &impl std::os::fd::AsFd, owner: Owner) -> io::Result<()> {
    let (uid, gid) = (rustix::fs::Uid::from_raw(owner.uid), rustix::fs::Gid::from_raw(owner.gid));
    Ok(rustix::fs::fchown(file.as_fd(), Some(uid), Some(gid))?)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the unix twin can fail")]
pub(crate) fn give<F>(_file: &F, _owner: Owner) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests;
