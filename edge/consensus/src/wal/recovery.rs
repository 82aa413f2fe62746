//! Opens the log: replays every segment into the view, cuts off what a crash left unfinished, refuses damage.

use std::sync::{Arc, Mutex};

use super::batch::{Facts, Op, SegmentHead};
use super::log::{Log, LogOptions};
use super::scan::{End, Scan, read_head};
use super::segment::{Segment, Spares, is_leftover, name, sequence};
use super::view::{At, View};
use crate::disk::{Disk, write_zeros};
use crate::error::StorageError;

/// What the segments read so far say.
struct Replay {
    view: View,
    facts: Facts,
    next_batch: Option<u64>,
}

impl Log {
    /// Opens the log in `disk`, or begins one.
    ///
    /// # Errors
    /// Damage, named with file, offset and what was expected; nothing is changed then.
    pub(crate) fn open(disk: Arc<dyn Disk>, options: LogOptions) -> Result<Self, StorageError> {
        let sequences = live_segments(&*disk)?;
        let mut spares = Spares::new(Arc::clone(&disk), options.segment_bytes, options.spare_ahead);
        let mut replay =
            Replay { view: View::new(options.cache_bytes), facts: Facts::default(), next_batch: None };
        let mut segments = Vec::new();
        for (position, number) in sequences.iter().enumerate() {
            let newest = position + 1 == sequences.len();
            segments.push(replay.segment(&*disk, *number, newest, &options)?);
        }
        replay.check(&*disk, sequences.first().copied())?;
        remove_leftovers(&*disk)?;
        let active = match segments.pop() {
            Some(segment) => segment,
            None => spares.enter(&first_head(&options), 0)?,
        };
        let mut view = replay.view;
        view.salts.insert(active.head.sequence, active.head.salt);
        let full = segments.iter().map(|segment| (segment.head.sequence, segment.last_index)).collect();
        let next_batch = replay.next_batch.unwrap_or(0);
        let view = Arc::new(Mutex::new(view));
        let mut log =
            Self { disk, options, view, spares, full, active, next_batch, facts: replay.facts, failed: None };
        log.unlink_purged()?;
        Ok(log)
    }
}

fn first_head(options: &LogOptions) -> SegmentHead {
    SegmentHead {
        version: 1,
        server: options.server,
        sequence: 1,
        salt: (options.salt)(),
        capacity: 0,
        next_batch: 0,
        facts: Facts::default(),
    }
}

/// Sequences of the segments, ascending and without a hole.
fn live_segments(disk: &dyn Disk) -> Result<Vec<u64>, StorageError> {
    let names = disk.list().map_err(StorageError::io("list the directory of", &disk.display("")))?;
    let mut found: Vec<u64> = names.iter().filter_map(|name| sequence(name)).collect();
    found.sort_unstable();
    for pair in found.windows(2) {
        if let [before, after] = pair
            && before + 1 != *after
        {
            let missing = disk.display(&name(before + 1));
            return Err(StorageError::corrupt(&missing, 0, "a segment file, found none"));
        }
    }
    Ok(found)
}

fn remove_leftovers(disk: &dyn Disk) -> Result<(), StorageError> {
    let names = disk.list().map_err(StorageError::io("list the directory of", &disk.display("")))?;
    for name in names.iter().filter(|name| is_leftover(name)) {
        disk.remove(name).map_err(StorageError::io("remove", &disk.display(name)))?;
    }
    Ok(())
}

impl Replay {
    fn segment(
        &mut self,
        disk: &dyn Disk,
        number: u64,
        newest: bool,
        options: &LogOptions,
    ) -> Result<Segment, StorageError> {
        let file_name = disk.display(&name(number));
        let file = disk.open(&name(number)).map_err(StorageError::io("open", &file_name))?;
        let head = read_head(&*file, &file_name)?;
        self.head(&head, number, &file_name, options)?;
        let mut last_index = None;
        let scan = Scan { file: &*file, name: &file_name, head: &head, newest };
        let end = scan.run(&mut |offset, batch| {
            last_index = last_index.max(last_entry(&batch.ops));
            self.next_batch = Some(batch.number + 1);
            self.batch(&batch.ops, At { segment: number, offset }, &file_name)
        })?;
        let segment = Segment { file, head, end: end.offset, last_index };
        if newest {
            settle(&segment, &end, &file_name)?;
        }
        Ok(segment)
    }

    fn head(
        &mut self,
        head: &SegmentHead,
        number: u64,
        file: &str,
        options: &LogOptions,
    ) -> Result<(), StorageError> {
        if head.server != options.server {
            let file = file.to_owned();
            return Err(StorageError::ForeignServer { file, found: head.server, expected: options.server });
        }
        if head.sequence != number {
            let expected = format!("segment {number}, found segment {}", head.sequence);
            return Err(StorageError::corrupt(file, 0, expected));
        }
        match self.next_batch {
            // The oldest segment left: what the removed ones said is in its head.
            None => {
                self.facts = head.facts;
                self.view.facts = head.facts;
            }
            Some(wanted) if wanted != head.next_batch => {
                let expected =
                    format!("batch {wanted} next, but the segment begins with batch {}", head.next_batch);
                return Err(StorageError::corrupt(file, 0, expected));
            }
            Some(_) => {}
        }
        self.next_batch = Some(head.next_batch);
        self.view.salts.insert(number, head.salt);
        Ok(())
    }

    fn batch(&mut self, ops: &[Op], at: At, file: &str) -> Result<(), StorageError> {
        for op in ops {
            self.facts.learn(op);
            self.view.apply(op).map_err(|gap| StorageError::corrupt(file, at.offset, gap.to_string()))?;
        }
        self.view.locate(ops, at);
        Ok(())
    }

    /// The first entry follows what was purged.
    fn check(&self, disk: &dyn Disk, first: Option<u64>) -> Result<(), StorageError> {
        let range = self.view.range();
        let wanted = self.facts.purged.map_or(0, |position| position.index + 1);
        if range.is_empty() || range.start == wanted {
            return Ok(());
        }
        let file = disk.display(&name(first.unwrap_or(1)));
        Err(StorageError::corrupt(&file, 0, format!("entry {wanted} first, found entry {}", range.start)))
    }
}

fn last_entry(ops: &[Op]) -> Option<u64> {
    let last = |op: &Op| match op {
        Op::Entries(records) => records.last().map(|record| record.index),
        _ => None,
    };
    ops.iter().filter_map(last).max()
}

/// Makes what was read from the newest segment true on the disk itself: bytes of a killed process may so far be in
/// the page cache only, and remains of a torn frame must not be taken for later frames.
fn settle(segment: &Segment, end: &End, file: &str) -> Result<(), StorageError> {
    if end.torn {
        tracing::warn!(
            file,
            offset = end.offset,
            "the log ends in an unfinished write, as after a crash; it was never acknowledged and is cut off"
        );
        let rest = segment.head.capacity - end.offset;
        return write_zeros(&*segment.file, end.offset, rest).map_err(StorageError::io("cut off", file));
    }
    segment.file.sync().map_err(StorageError::io("sync", file))
}
