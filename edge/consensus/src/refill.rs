//! Reads the events between the two kept snapshots back, by applying what the log kept of them to the older one.
//!
//! Beside everything else, and of no consequence for it: where it fails, subscribers are told from where on events are
//! known.

use std::io;
use std::sync::Arc;

use muster_ids::Index;
use muster_state::{EventRing, StreamEntry, stream_events};

use crate::event_log::EventLog;
use crate::snapshot::SnapshotStore;
use crate::wal::{Payload, Reader};

/// Bytes of entries in memory at a time.
const READ_BYTES: usize = 8 << 20;

pub(crate) struct Refill {
    pub log: Reader,
    pub store: Arc<SnapshotStore>,
    /// The entry of the snapshot that the server began with.
    pub begun_with: u64,
}

impl Refill {
    /// Blocks.
    pub(crate) fn run(self, events: &EventLog) {
        let older = match self.read_back(events.limit()) {
            Ok(older) => older,
            Err(error) => {
                tracing::info!(%error, "events from before the newest snapshot are not known");
                None
            }
        };
        events.refill(older);
    }

    fn read_back(&self, limit: usize) -> io::Result<Option<EventRing>> {
        let Some(older) = self.store.before(self.begun_with)?.filter(|_| limit > 0) else { return Ok(None) };
        let (meta, mut state) = self.store.read(older)?;
        let mut ring = EventRing::new(limit, Index(meta.last.index));
        let mut next = meta.last.index + 1;
        while next <= self.begun_with {
            let records = self.log.read(next..self.begun_with + 1, READ_BYTES)?;
            if records.is_empty() {
                return Err(io::Error::other(format!("entry {next} is not in the log any more")));
            }
            for record in records {
                let index = Index(record.index);
                if record.index != next {
                    return Err(io::Error::other(format!("entry {next} is not in the log, but {index} is")));
                }
                let mut told = Vec::new();
                if let Payload::Commands(body) = &record.payload {
                    let entry = body.take_entry().map_err(io::Error::other)?;
                    let applied = state.apply(index, &entry);
                    let events = stream_events(&entry.commands, &applied);
                    told.extend((!events.is_empty()).then_some(StreamEntry { index, events }));
                }
                ring.push(told, index);
                next += 1;
            }
        }
        Ok(Some(ring))
    }
}
