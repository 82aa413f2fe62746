//! The log on disk, without threads: writes one batch at a time and forgets what was purged.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use muster_ids::ServerId;

use super::batch::{Batch, Facts, Op, Position, SegmentHead};
use super::scan::padded;
use super::segment::{Segment, Spares, name};
use super::view::{At, View};
use crate::disk::Disk;
use crate::error::StorageError;
use crate::frame::{self, Context};

/// How the log uses its directory.
#[derive(Clone, Debug)]
pub(crate) struct LogOptions {
    pub server: ServerId,
    pub segment_bytes: u64,
    /// Bytes of the newest entries kept in memory.
    pub cache_bytes: usize,
    /// Zero the next segment on a thread of its own.
    pub spare_ahead: bool,
    /// Draws the salt of a new segment.
    pub salt: fn() -> u64,
}

/// The writing end of the log. Not shared: whoever holds it is the only writer.
#[derive(Debug)]
pub(crate) struct Log {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) options: LogOptions,
    pub(super) view: Arc<Mutex<View>>,
    pub(super) spares: Spares,
    /// Sequence and highest entry index of full segments, oldest first.
    pub(super) full: Vec<(u64, Option<u64>)>,
    pub(super) active: Segment,
    pub(super) next_batch: u64,
    /// What is durable, as opposed to what the view already shows.
    pub(super) facts: Facts,
    pub(super) failed: Option<String>,
}

pub(crate) fn lock(view: &Mutex<View>) -> MutexGuard<'_, View> {
    view.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Log {
    pub(crate) fn view(&self) -> Arc<Mutex<View>> {
        Arc::clone(&self.view)
    }

    pub(crate) fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }

    pub(crate) const fn purged(&self) -> Option<Position> {
        self.facts.purged
    }

    pub(super) const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Makes `ops` durable: one frame, one fdatasync. The view must show them already.
    ///
    /// # Errors
    /// Any error is final: every later write is refused with [`StorageError::Stopped`].
    pub(crate) fn write(&mut self, ops: Vec<Op>) -> Result<(), StorageError> {
        self.healthy()?;
        let result = self.write_batch(ops);
        if let Err(error) = &result {
            self.failed = Some(error.to_string());
        }
        result
    }

    /// # Errors
    /// [`StorageError::Stopped`] after any failed write.
    pub(super) fn healthy(&self) -> Result<(), StorageError> {
        self.failed.as_ref().map_or(Ok(()), |reason| Err(StorageError::Stopped(reason.clone())))
    }

    fn write_batch(&mut self, ops: Vec<Op>) -> Result<(), StorageError> {
        let batch = Batch { number: self.next_batch, ops };
        let bytes =
            rmp_serde::to_vec_named(&batch).map_err(|error| self.io("encode", io::Error::other(error)))?;
        let room = padded(frame::HEADER_LEN + bytes.len() + frame::TAG_LEN);
        if self.active.end + room > self.active.head.capacity {
            self.roll(room)?;
        }
        let at = self.append(&bytes, room)?;
        self.next_batch += 1;
        self.note(&batch.ops, at);
        self.unlink_purged()
    }

    /// Writes whole blocks, so that the padding is what a later scan expects.
    fn append(&mut self, body: &[u8], room: u64) -> Result<At, StorageError> {
        let segment = &self.active;
        let at = At { segment: segment.head.sequence, offset: segment.end };
        let context = Context { salt: segment.head.salt, offset: at.offset };
        let mut bytes = Vec::with_capacity(usize::try_from(room).unwrap_or(0));
        frame::encode(&mut bytes, context, body)
            .map_err(|error| self.io("encode", io::Error::other(error)))?;
        bytes.resize(usize::try_from(room).unwrap_or(bytes.len()), 0);
        segment.file.write_at(&bytes, at.offset).map_err(|error| self.io("write", error))?;
        segment.file.sync().map_err(|error| self.io("sync", error))?;
        self.active.end += room;
        Ok(at)
    }

    fn note(&mut self, ops: &[Op], at: At) {
        for op in ops {
            self.facts.learn(op);
            if let Op::Entries(records) = op {
                let last = records.last().map(|record| record.index);
                self.active.last_index = self.active.last_index.max(last);
            }
        }
        lock(&self.view).locate(ops, at);
    }

    fn roll(&mut self, room: u64) -> Result<(), StorageError> {
        let head = SegmentHead {
            version: 1,
            server: self.options.server,
            sequence: self.active.head.sequence + 1,
            salt: (self.options.salt)(),
            capacity: 0,
            next_batch: self.next_batch,
            facts: self.facts,
        };
        let next = self.spares.enter(&head, room)?;
        lock(&self.view).salts.insert(next.head.sequence, next.head.salt);
        let full = std::mem::replace(&mut self.active, next);
        self.full.push((full.head.sequence, full.last_index));
        Ok(())
    }

    /// Unlinks the oldest segments that hold only purged entries. Their other facts are in the heads that follow.
    pub(super) fn unlink_purged(&mut self) -> Result<(), StorageError> {
        let purged = self.facts.purged.map(|position| position.index);
        let gone = self.full.iter().take_while(|(_, last)| *last <= purged).count();
        if gone == 0 {
            return Ok(());
        }
        for (sequence, _) in self.full.drain(..gone) {
            let file = name(sequence);
            self.disk.remove(&file).map_err(StorageError::io("remove", &self.disk.display(&file)))?;
            lock(&self.view).salts.remove(&sequence);
        }
        self.disk.sync_dir().map_err(|error| self.io("sync the directory of", error))
    }

    pub(super) fn io(&self, action: &'static str, source: io::Error) -> StorageError {
        StorageError::Io { action, file: self.disk.display(&name(self.active.head.sequence)), source }
    }
}
