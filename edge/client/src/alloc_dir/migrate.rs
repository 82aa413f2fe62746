//! Carrying what a migrating disk keeps to another node, and taking it in there.
//!
//! What comes is unpacked beside everything else and put in place only once all of it is there: an agent that is
//! killed meanwhile, or a connection that breaks, leaves nothing half done.

use std::io::{self, Read, Write};

use cap_std::fs::Dir;
use muster_artifact::archive::{ArchiveError, ExtractLimits, Packer, unpack_plain};
use muster_artifact::give_tree;
use muster_ids::{AllocId, TaskName};

use super::contents::move_dir;
use super::{AllocDirs, Owner, make};

/// Where data from another node is unpacked, in the allocation's own directory; no task begins before it is gone.
const INCOMING: &str = ".incoming";

/// A task that takes over its `local` directory, and whom that belongs to there.
pub type Heir = (TaskName, Option<Owner>);

impl AllocDirs {
    /// Writes `alloc/data` and each task's `local` as a tar archive; says how many entries cannot be carried.
    ///
    /// # Errors
    /// When it cannot be read or written, or holds more than `max_bytes`.
    pub fn pack(
        &self,
        from: AllocId,
        tasks: &[TaskName],
        out: impl Write,
        max_bytes: u64,
    ) -> Result<u64, ArchiveError> {
        let alloc = self.alloc(from).map_err(ArchiveError::Io)?;
        let mut packer = Packer::new(out, max_bytes);
        packer.directory(&alloc, "alloc/data")?;
        for task in tasks {
            packer.directory(&alloc, &format!("{task}/local"))?;
        }
        packer.finish()
    }

    /// Unpacks what [`Self::pack`] wrote. Nothing of it is believed, and nothing is in its place yet.
    ///
    /// # Errors
    /// When it is damaged or more than `max_bytes`.
    pub fn unpack_incoming(
        &self,
        to: AllocId,
        archive: impl Read,
        max_bytes: u64,
    ) -> Result<(), ArchiveError> {
        let alloc = make(self.root(), &to.to_string(), 0o755).map_err(ArchiveError::Io)?;
        remove_incoming(&alloc).map_err(ArchiveError::Io)?;
        let incoming = make(&alloc, INCOMING, 0o700).map_err(ArchiveError::Io)?;
        let limits = ExtractLimits { bytes: max_bytes, files: 0, ratio: 0 };
        unpack_plain(archive, &incoming, &limits).map(drop)
    }

    /// Puts what was unpacked in its place; whatever else came with it is removed.
    ///
    /// # Errors
    /// When something could not be moved; the rest may have been.
    pub fn install_incoming(&self, to: AllocId, heirs: &[Heir]) -> io::Result<()> {
        let alloc = self.alloc(to)?;
        let incoming = alloc.open_dir(INCOMING)?;
        // Shared data is for all of them; the first that has an account of its own can use it as before.
        let shared = heirs.iter().find_map(|(_, owner)| *owner);
        place(&incoming, &alloc, "alloc", "data", 0o755, shared)?;
        for (task, owner) in heirs {
            place(&incoming, &alloc, task.as_str(), "local", 0o1777, *owner)?;
        }
        remove_incoming(&alloc)
    }

    /// # Errors
    /// When what was unpacked cannot be removed.
    pub fn drop_incoming(&self, to: AllocId) -> io::Result<()> {
        remove_incoming(&self.alloc(to)?)
    }
}

fn place(
    incoming: &Dir,
    alloc: &Dir,
    parent: &str,
    name: &str,
    mode: u32,
    owner: Option<Owner>,
) -> io::Result<()> {
    let came = incoming.open_dir(parent).and_then(|parent| parent.open_dir(name));
    let came = match came {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    if let Some(Owner { uid, gid }) = owner {
        give_tree(&came, muster_artifact::Owner { uid, gid }).map_err(io::Error::other)?;
    }
    make(alloc, parent, mode)?;
    move_dir(incoming, parent, alloc, name)
}

fn remove_incoming(alloc: &Dir) -> io::Result<()> {
    match alloc.remove_dir_all(INCOMING) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
