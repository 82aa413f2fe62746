//! The directory of snapshots: writes new ones safely, keeps two, finds the newest intact one at start.

use std::sync::{Arc, Mutex, PoisonError};

use muster_ids::ServerId;
use muster_state::{Snapshot, State};

use super::file::{Reader, SnapshotMeta, Writer};
use crate::disk::Disk;
use crate::error::StorageError;
use crate::wal::Position;

const SUFFIX: &str = ".snap";
const UNFINISHED: &str = ".tmp";
const DAMAGED: &str = ".damaged";
const KEPT: usize = 2;

/// What there is to start from.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The newest intact snapshot.
    pub intact: Option<(SnapshotMeta, State)>,
    /// Newer files that are damaged; see [`SnapshotStore::set_aside`].
    pub damaged: Vec<String>,
    /// What is wrong with the newest of them.
    pub fault: Option<StorageError>,
}

#[derive(Debug)]
pub(crate) struct SnapshotStore {
    disk: Arc<dyn Disk>,
    server: ServerId,
    salt: fn() -> u64,
    latest: Mutex<Option<SnapshotMeta>>,
    /// Two builders at once would take each other's temporary file.
    writing: Mutex<()>,
}

fn name(at: Position) -> String {
    format!("{:020}-{:020}{SUFFIX}", at.index, at.term)
}

fn position(name: &str) -> Option<Position> {
    let (index, term) = name.strip_suffix(SUFFIX)?.split_once('-')?;
    Some(Position { index: index.parse().ok()?, term: term.parse().ok()? })
}

impl SnapshotStore {
    pub(crate) fn new(disk: Arc<dyn Disk>, server: ServerId, salt: fn() -> u64) -> Self {
        Self { disk, server, salt, latest: Mutex::new(None), writing: Mutex::new(()) }
    }

    /// The newest snapshot that was written or loaded.
    pub(crate) fn latest(&self) -> Option<SnapshotMeta> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The log must keep entries after this index: what the older of the kept snapshots covers. Nothing may be
    /// purged while there is only one.
    pub(crate) fn purge_floor(&self) -> Result<Option<u64>, StorageError> {
        Ok(self.list()?.get(KEPT - 1).map(|(at, _)| at.index))
    }

    /// The newest one older than that of the entry at `index`.
    pub(crate) fn before(&self, index: u64) -> Result<Option<Position>, StorageError> {
        Ok(self.list()?.into_iter().map(|(at, _)| at).find(|at| at.index < index))
    }

    /// Writes a snapshot and forgets all but the newest two. Blocks.
    pub(crate) fn write(&self, meta: &SnapshotMeta, snapshot: &Snapshot) -> Result<(), StorageError> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let name = name(meta.last);
        let unfinished = format!("{name}{UNFINISHED}");
        let shown = self.disk.display(&unfinished);
        let file = self.disk.create(&unfinished).map_err(StorageError::io("create", &shown))?;
        let mut writer = Writer::begin(&*file, &shown, self.server, (self.salt)(), meta)?;
        snapshot.encode(&mut |row| writer.push(row))?;
        writer.finish()?;
        self.disk.rename(&unfinished, &name).map_err(StorageError::io("rename", &shown))?;
        self.sync_dir()?;
        self.set_latest(meta);
        self.remove_old()
    }

    /// Reads the snapshot at `at`. Blocks.
    pub(crate) fn read(&self, at: Position) -> Result<(SnapshotMeta, State), StorageError> {
        let name = name(at);
        let shown = self.disk.display(&name);
        let file = self.disk.open(&name).map_err(StorageError::io("open", &shown))?;
        let mut reader = Reader::open(&*file, &shown)?;
        if reader.server != self.server {
            return Err(StorageError::ForeignServer {
                file: shown.clone(),
                found: reader.server,
                expected: self.server,
            });
        }
        let restored = State::restore(reader.by_ref());
        if let Some(fault) = reader.fault.take() {
            return Err(fault);
        }
        let offset = reader.offset();
        let state = restored
            .map_err(|error| StorageError::corrupt(&shown, offset, format!("a whole state: {error}")))?;
        // A restore that was content early must not hide a missing end.
        if let Some(row) = reader.next() {
            let fault = reader.fault.take().unwrap_or_else(|| {
                StorageError::corrupt(&shown, offset, format!("the end of the rows, found {row:?}"))
            });
            return Err(fault);
        }
        let meta = reader.meta.clone();
        if meta.last != at {
            let expected = format!("a snapshot of entry {}, found entry {}", at.index, meta.last.index);
            return Err(StorageError::corrupt(&shown, 0, expected));
        }
        match state.hash() {
            found if found == meta.state_hash => Ok((meta, state)),
            found => Err(StorageError::StateHash { file: shown, expected: meta.state_hash, found }),
        }
    }

    /// Loads the newest intact snapshot. Changes nothing. Blocks.
    ///
    /// # Errors
    /// When one cannot be read at all, is of another server or of a newer version.
    pub(crate) fn load(&self) -> Result<Loaded, StorageError> {
        let mut loaded = Loaded::default();
        for (at, name) in self.list()? {
            match self.read(at) {
                Ok((meta, state)) => {
                    self.set_latest(&meta);
                    loaded.intact = Some((meta, state));
                    break;
                }
                Err(fault @ (StorageError::Corrupt { .. } | StorageError::StateHash { .. })) => {
                    tracing::error!(%fault, "a snapshot is damaged; trying the one before");
                    loaded.damaged.push(name);
                    loaded.fault.get_or_insert(fault);
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(loaded)
    }

    /// Renames damaged files so that later starts need not stumble over them; an operator may still study them.
    pub(crate) fn set_aside(&self, damaged: &[String]) -> Result<(), StorageError> {
        for name in damaged {
            let shown = self.disk.display(name);
            self.disk
                .rename(name, &format!("{name}{DAMAGED}"))
                .map_err(StorageError::io("rename", &shown))?;
        }
        if damaged.is_empty() { Ok(()) } else { self.sync_dir() }
    }

    /// Removes what a crash left half written.
    pub(crate) fn remove_unfinished(&self) -> Result<(), StorageError> {
        for name in self.names()?.iter().filter(|name| name.ends_with(UNFINISHED)) {
            self.disk.remove(name).map_err(StorageError::io("remove", &self.disk.display(name)))?;
        }
        Ok(())
    }

    fn remove_old(&self) -> Result<(), StorageError> {
        for (_, name) in self.list()?.iter().skip(KEPT) {
            self.disk.remove(name).map_err(StorageError::io("remove", &self.disk.display(name)))?;
        }
        self.sync_dir()
    }

    fn set_latest(&self, meta: &SnapshotMeta) {
        *self.latest.lock().unwrap_or_else(PoisonError::into_inner) = Some(meta.clone());
    }

    /// Newest first.
    fn list(&self) -> Result<Vec<(Position, String)>, StorageError> {
        let names = self.names()?.into_iter();
        let mut found: Vec<_> = names.filter_map(|name| position(&name).map(|at| (at, name))).collect();
        found.sort_by_key(|(at, _)| std::cmp::Reverse((at.index, at.term)));
        Ok(found)
    }

    fn names(&self) -> Result<Vec<String>, StorageError> {
        self.disk.list().map_err(StorageError::io("list the directory of", &self.disk.display("")))
    }

    fn sync_dir(&self) -> Result<(), StorageError> {
        self.disk.sync_dir().map_err(StorageError::io("sync the directory of", &self.disk.display("")))
    }
}
