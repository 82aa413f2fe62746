//! Reads entries: recent ones from memory, older ones from their segments.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::batch::{Batch, Op, Position, Record};
use super::log::lock;
use super::segment::name;
use super::view::{At, Found, View};
use crate::disk::Disk;
use crate::error::StorageError;
use crate::frame::{self, Context, HEADER_LEN};

/// A reading end of the log; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    view: Arc<Mutex<View>>,
    disk: Arc<dyn Disk>,
}

impl Reader {
    pub(crate) const fn new(view: Arc<Mutex<View>>, disk: Arc<dyn Disk>) -> Self {
        Self { view, disk }
    }

    /// Looks at the log without reading the disk.
    pub(crate) fn view<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&lock(&self.view))
    }

    /// The entries of `range` that exist, in order, up to about `limit` bytes but at least one.
    ///
    /// # Errors
    /// When a segment cannot be read or is damaged.
    pub(crate) fn read(&self, range: Range<u64>, limit: usize) -> Result<Vec<Record>, StorageError> {
        let found = lock(&self.view).find(range);
        let mut batch = VecDeque::new();
        let mut records = Vec::with_capacity(found.len());
        let mut bytes = 0;
        for found in found {
            let record = match found {
                Found::Here(record) => record,
                Found::There { position, at } => self.take(&mut batch, position, at)?,
            };
            bytes += record.size();
            records.push(record);
            if bytes >= limit {
                break;
            }
        }
        Ok(records)
    }

    /// Finds an entry in the batch read last, or reads its batch.
    fn take(&self, batch: &mut VecDeque<Record>, wanted: Position, at: At) -> Result<Record, StorageError> {
        if !batch.iter().any(|record| record.position() == wanted) {
            *batch = self.load(at)?.into();
        }
        while let Some(record) = batch.pop_front() {
            if record.position() == wanted {
                return Ok(record);
            }
        }
        let file = self.disk.display(&name(at.segment));
        Err(StorageError::corrupt(
            &file,
            at.offset,
            format!("entry {} of term {}", wanted.index, wanted.term),
        ))
    }

    fn load(&self, at: At) -> Result<Vec<Record>, StorageError> {
        let file = self.disk.display(&name(at.segment));
        let body = self.frame(at, &file)?;
        let batch: Batch = rmp_serde::from_slice(&body)
            .map_err(|error| StorageError::corrupt(&file, at.offset, format!("a batch ({error})")))?;
        let entries = |op| match op {
            Op::Entries(records) => records,
            _ => Vec::new(),
        };
        Ok(batch.ops.into_iter().flat_map(entries).collect())
    }

    fn frame(&self, at: At, file: &str) -> Result<Vec<u8>, StorageError> {
        let gone = || io::Error::new(io::ErrorKind::NotFound, "the segment was purged");
        let salt = lock(&self.view).salts.get(&at.segment).copied();
        let salt = salt.ok_or_else(gone).map_err(StorageError::io("read", file))?;
        let context = Context { salt, offset: at.offset };
        let open = self.disk.open(&name(at.segment)).map_err(StorageError::io("open", file))?;
        let mut bytes = vec![0; HEADER_LEN];
        open.read_at(&mut bytes, at.offset).map_err(StorageError::io("read", file))?;
        let damaged = |error: frame::FrameError| StorageError::corrupt(file, at.offset, error.to_string());
        let header = frame::header(&bytes, context).map_err(damaged)?;
        bytes.resize(header.frame_len(), 0);
        open.read_at(&mut bytes, at.offset).map_err(StorageError::io("read", file))?;
        frame::decode(&bytes, context).map(|(body, _)| body.to_vec()).map_err(damaged)
    }
}
