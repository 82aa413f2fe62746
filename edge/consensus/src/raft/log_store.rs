//! The write-ahead log as openraft's log storage.

use std::fmt::Debug;
use std::io;
use std::ops::{Bound, Range, RangeBounds};
use std::sync::Arc;

use openraft::storage::{IOFlushed, LogState, RaftLogReader, RaftLogStorage};
use openraft::{OptionalSend, RaftTypeConfig};

use super::convert::{entry, log_id, position, record, vote, vote_record};
use super::types::{Entry, LogId, TypeConfig, Vote};
use crate::snapshot::SnapshotStore;
use crate::wal::{Op, Position, Wal};

/// Entries handed to a follower at a time stop at about so many bytes.
const REPLICATE_BYTES: usize = 4 << 20;

#[derive(Clone, Debug)]
pub(crate) struct LogStore {
    wal: Wal,
    snapshots: Arc<SnapshotStore>,
}

impl LogStore {
    pub(crate) const fn new(wal: Wal, snapshots: Arc<SnapshotStore>) -> Self {
        Self { wal, snapshots }
    }

    async fn read(&self, range: Range<u64>, limit: usize) -> io::Result<Vec<Entry>> {
        let reader = self.wal.reader().clone();
        let records = if reader.view(|view| view.is_cached(&range)) {
            reader.read(range, limit)?
        } else {
            tokio::task::spawn_blocking(move || reader.read(range, limit))
                .await
                .map_err(io::Error::other)??
        };
        records.into_iter().map(entry).collect()
    }

    /// Keeps entries that follow the older of the two snapshots, unless they are too old to be of use anyway.
    fn purge_point(&self, wanted: Position) -> io::Result<Option<Position>> {
        let floor = self.snapshots.purge_floor()?;
        Ok(self.wal.reader().view(|view| {
            let beyond = view.last().is_none_or(|last| wanted.index > last.index);
            if beyond || floor >= Some(wanted.index) {
                return Some(wanted);
            }
            let index = floor?;
            view.term(index).map(|term| Position { term, index })
        }))
    }
}

fn bounds(range: &impl RangeBounds<u64>) -> Range<u64> {
    let start = match range.start_bound() {
        Bound::Included(&index) => index,
        Bound::Excluded(&index) => index + 1,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(&index) => index + 1,
        Bound::Excluded(&index) => index,
        Bound::Unbounded => u64::MAX,
    };
    start..end
}

impl RaftLogReader<TypeConfig> for LogStore {
    async fn try_get_log_entries<R>(&mut self, range: R) -> io::Result<Vec<Entry>>
    where
        R: RangeBounds<u64> + Clone + Debug + OptionalSend,
    {
        self.read(bounds(&range), usize::MAX).await
    }

    async fn limited_get_log_entries(&mut self, start: u64, end: u64) -> io::Result<Vec<Entry>> {
        self.read(start..end, REPLICATE_BYTES).await
    }

    async fn read_vote(&mut self) -> io::Result<Option<Vote>> {
        Ok(self.wal.reader().view(|view| view.facts().vote).map(vote))
    }
}

impl RaftLogStorage<TypeConfig> for LogStore {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> io::Result<LogState<TypeConfig>> {
        let (purged, last) = self.wal.reader().view(|view| (view.facts().purged, view.last()));
        Ok(LogState { last_purged_log_id: purged.map(log_id), last_log_id: last.map(log_id) })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        self.wal.persist(Op::Vote(vote_record(vote))).await
    }

    /// Called before every apply, so it costs no fsync: the position travels with the next batch, and after a crash
    /// the new leader's first commit covers what was not saved.
    async fn save_committed(&mut self, committed: Option<LogId>) -> io::Result<()> {
        if let Some(id) = committed {
            self.wal.committed(position(&id));
        }
        Ok(())
    }

    async fn read_committed(&mut self) -> io::Result<Option<LogId>> {
        Ok(self.wal.reader().view(|view| view.facts().committed).map(log_id))
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<TypeConfig>) -> io::Result<()>
    where
        I: IntoIterator<Item = <TypeConfig as RaftTypeConfig>::Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        let records = entries.into_iter().map(record).collect::<io::Result<_>>()?;
        self.wal.submit(Op::Entries(records), Box::new(|result| callback.io_completed(result))).await
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> io::Result<()> {
        self.wal.persist(Op::Truncate { after: last.map(|id| id.index) }).await
    }

    async fn purge(&mut self, upto: LogId) -> io::Result<()> {
        match self.purge_point(position(&upto))? {
            Some(point) => self.wal.persist(Op::Purged(point)).await,
            None => Ok(()),
        }
    }
}
