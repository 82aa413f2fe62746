//! Makes segment files: zeroed ahead of need, given a head, then renamed into the log.
//!
//! A segment is in the log exactly when it has its final name, and by then its head is durable. Leftovers under the
//! temporary name are removed at start.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use super::batch::SegmentHead;
use super::scan::BLOCK;
use crate::disk::{Disk, DiskFile, write_zeros};
use crate::error::StorageError;
use crate::frame::{self, Context};

/// A file of zeros that is not in the log yet.
const SPARE: &str = "spare.tmp";
const SUFFIX: &str = ".wal";

pub(super) fn name(sequence: u64) -> String {
    format!("{sequence:020}{SUFFIX}")
}

pub(super) fn sequence(name: &str) -> Option<u64> {
    name.strip_suffix(SUFFIX).filter(|digits| digits.len() == 20)?.parse().ok()
}

pub(super) fn is_leftover(name: &str) -> bool {
    name == SPARE
}

type Made = io::Result<Box<dyn DiskFile>>;

/// Where the next segment comes from.
#[derive(Debug)]
pub(super) struct Spares {
    disk: Arc<dyn Disk>,
    capacity: u64,
    /// Zero the next file on a thread, ahead of need.
    ahead: bool,
    pending: Option<JoinHandle<Made>>,
}

impl Spares {
    pub(super) fn new(disk: Arc<dyn Disk>, capacity: u64, ahead: bool) -> Self {
        Self { disk, capacity: capacity.next_multiple_of(BLOCK), ahead, pending: None }
    }

    /// Puts a new segment into the log: file, head and name are durable when this returns.
    ///
    /// `room` is what the first frame needs; a segment is longer than usual when that is.
    pub(super) fn enter(&mut self, head: &SegmentHead, room: u64) -> Result<Segment, StorageError> {
        let capacity = self.capacity.max(BLOCK + room);
        let name = name(head.sequence);
        let file = self.take(capacity).map_err(StorageError::io("preallocate", &self.disk.display(SPARE)))?;
        let head = SegmentHead { capacity, ..head.clone() };
        self.finish(&*file, &head, &name).map_err(StorageError::io("create", &self.disk.display(&name)))?;
        self.prepare();
        Ok(Segment { file, head, end: BLOCK, last_index: None })
    }

    fn finish(&self, file: &dyn DiskFile, head: &SegmentHead, name: &str) -> io::Result<()> {
        let body = rmp_serde::to_vec_named(head).map_err(io::Error::other)?;
        let mut bytes = Vec::new();
        frame::encode(&mut bytes, Context::HEAD, &body).map_err(io::Error::other)?;
        file.write_at(&bytes, 0)?;
        file.sync()?;
        self.disk.rename(SPARE, name)?;
        self.disk.sync_dir()
    }

    fn take(&mut self, capacity: u64) -> Made {
        if let Some(pending) = self.pending.take() {
            // When it failed there may be room by now; making the file here says so or names the fault.
            if let Ok(Ok(made)) = pending.join()
                && capacity <= self.capacity
            {
                return Ok(made);
            }
        }
        make(&*self.disk, capacity)
    }

    fn prepare(&mut self) {
        if self.ahead {
            let (disk, capacity) = (Arc::clone(&self.disk), self.capacity);
            let thread = std::thread::Builder::new().name("wal-spare".into());
            // Without a thread the next segment is simply made when it is needed.
            self.pending = thread.spawn(move || make(&*disk, capacity)).ok();
        }
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        if let Some(pending) = self.pending.take() {
            let _unused = pending.join();
        }
    }
}

fn make(disk: &dyn Disk, capacity: u64) -> Made {
    let file = disk.create(SPARE)?;
    write_zeros(&*file, 0, capacity)?;
    Ok(file)
}

/// A segment of the log with its file open.
#[derive(Debug)]
pub(super) struct Segment {
    pub file: Box<dyn DiskFile>,
    pub head: SegmentHead,
    /// Where the next frame goes.
    pub end: u64,
    /// The highest entry index in it.
    pub last_index: Option<u64>,
}
