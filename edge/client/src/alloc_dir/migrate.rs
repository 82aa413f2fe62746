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

    /// Puts what was unpacked in its place, instead of whatever an earlier attempt left there: no task has begun.
    /// Whatever else came with it is removed.
    ///
    /// # Errors
    /// When something could not be moved; the rest may have been, until [`Self::drop_incoming`].
    pub fn install_incoming(&self, to: AllocId, heirs: &[Heir]) -> io::Result<()> {
        let alloc = self.alloc(to)?;
        let incoming = alloc.open_dir(INCOMING)?;
        let places = places(heirs);
        for place in &places {
            place.give(&incoming)?;
        }
        for place in &places {
            place.remove(&alloc)?;
            place.put(&incoming, &alloc)?;
        }
        remove_incoming(&alloc)
    }

    /// Removes what came, and what was put in place of it if not all of it was.
    ///
    /// # Errors
    /// When something of it cannot be removed.
    pub fn drop_incoming(&self, to: AllocId, heirs: &[Heir]) -> io::Result<()> {
        let Some(alloc) = unless_missing(self.alloc(to))? else { return Ok(()) };
        // Installing removes it last.
        if unless_missing(alloc.symlink_metadata(INCOMING))?.is_none() {
            return Ok(());
        }
        for place in places(heirs) {
            place.remove(&alloc)?;
        }
        remove_incoming(&alloc)
    }
}

/// One directory that is taken over: `parent/name` in the allocation's own.
struct Place<'a> {
    parent: &'a str,
    parent_mode: u32,
    name: &'static str,
    owner: Option<Owner>,
}

fn places(heirs: &[Heir]) -> Vec<Place<'_>> {
    // Shared data is for all of them; the first that has an account of its own can use it as before.
    let owner = heirs.iter().find_map(|(_, owner)| *owner);
    let shared = Place { parent: "alloc", parent_mode: 0o755, name: "data", owner };
    std::iter::once(shared)
        .chain(heirs.iter().map(|(task, owner)| Place {
            parent: task.as_str(),
            parent_mode: 0o1777,
            name: "local",
            owner: *owner,
        }))
        .collect()
}

impl Place<'_> {
    /// Gives what came to its owner, where nothing sees it yet.
    fn give(&self, incoming: &Dir) -> io::Result<()> {
        let Some(Owner { uid, gid }) = self.owner else { return Ok(()) };
        let came = incoming.open_dir(self.parent).and_then(|parent| parent.open_dir(self.name));
        match unless_missing(came)? {
            Some(came) => give_tree(&came, muster_artifact::Owner { uid, gid }).map_err(io::Error::other),
            None => Ok(()),
        }
    }

    fn put(&self, incoming: &Dir, alloc: &Dir) -> io::Result<()> {
        make(alloc, self.parent, self.parent_mode)?;
        move_dir(incoming, self.parent, alloc, self.name)
    }

    fn remove(&self, alloc: &Dir) -> io::Result<()> {
        match unless_missing(alloc.open_dir(self.parent))? {
            Some(parent) => unless_missing(parent.remove_dir_all(self.name)).map(drop),
            None => Ok(()),
        }
    }
}

fn remove_incoming(alloc: &Dir) -> io::Result<()> {
    unless_missing(alloc.remove_dir_all(INCOMING)).map(drop)
}

fn unless_missing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}
