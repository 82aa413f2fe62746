//! What lies in allocations' directories: how much it is, and moving it to a successor.

use std::io;
use std::path::{Path, PathBuf};

use cap_std::fs::Dir;
use muster_ids::{AllocId, TaskName};

use super::{AllocDirs, Owner, give, make};

/// Entries looked at when a directory is measured; what lies beyond is not counted.
const MAX_ENTRIES: usize = 200_000;

impl AllocDirs {
    /// Moves what a sticky disk keeps: the shared `data` and each task's `local`. What was moved before is left alone.
    /// `false` when the predecessor has no directory any more.
    ///
    /// # Errors
    /// When something could not be moved; the rest may have been.
    pub fn inherit(&self, from: AllocId, to: AllocId, tasks: &[TaskName]) -> io::Result<bool> {
        let old = match self.alloc(from) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            other => other?,
        };
        let new = make(self.root(), &to.to_string(), 0o755)?;
        make(&new, "alloc", 0o755)?;
        move_dir(&old, "alloc", &new, "data")?;
        for task in tasks {
            make(&new, task.as_str(), 0o1777)?;
            move_dir(&old, task.as_str(), &new, "local")?;
        }
        Ok(true)
    }

    /// Bytes that the allocation occupies on the disk. Links are not followed.
    ///
    /// # Errors
    /// When its directory cannot be read.
    pub fn used_bytes(&self, id: AllocId) -> io::Result<u64> {
        let alloc = self.alloc(id)?;
        let (mut used, mut seen) = (0_u64, 0_usize);
        let mut waiting = vec![PathBuf::from(".")];
        while let Some(path) = waiting.pop() {
            // Tasks add and remove while this looks.
            let Ok(entries) = alloc.read_dir(&path) else { continue };
            for entry in entries.flatten() {
                seen += 1;
                if seen > MAX_ENTRIES {
                    return Ok(used);
                }
                let Ok(metadata) = entry.metadata() else { continue };
                used = used.saturating_add(occupied(&metadata));
                if metadata.is_dir() {
                    waiting.push(path.join(entry.file_name()));
                }
            }
        }
        Ok(used)
    }

    /// Writes a file below a task's `local` directory, and the directories on the way. Replaces an earlier one.
    ///
    /// # Errors
    /// When the path leads out of the directory or the file cannot be written.
    pub fn write_local(
        &self,
        id: AllocId,
        task: &TaskName,
        file: &Path,
        content: &[u8],
        owner: Option<Owner>,
    ) -> io::Result<()> {
        let local = self.alloc(id)?.open_dir(task.as_str())?.open_dir("local")?;
        if let Some(parent) = file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            local.create_dir_all(parent)?;
        }
        match local.remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = cap_std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::mode(&mut options, 0o644);
        let mut out = local.open_with(file, &options)?;
        io::Write::write_all(&mut out, content)?;
        owner.map_or(Ok(()), |owner| give(&out, owner))
    }
}

/// `old/parent/name` becomes `new/parent/name`, which is not there yet or empty.
pub(super) fn move_dir(old: &Dir, parent: &str, new: &Dir, name: &str) -> io::Result<()> {
    let old = match old.open_dir(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    match old.symlink_metadata(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Ok(metadata) if !metadata.is_dir() => {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("`{parent}/{name}`")));
        }
        other => other?,
    };
    old.rename(name, &new.open_dir(parent)?, name)
}

#[cfg(unix)]
fn occupied(metadata: &cap_std::fs::Metadata) -> u64 {
    use cap_std::fs::MetadataExt;
    metadata.blocks().saturating_mul(512)
}

#[cfg(not(unix))]
fn occupied(metadata: &cap_std::fs::Metadata) -> u64 {
    metadata.len()
}
