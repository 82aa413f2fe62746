//! Publishes what was applied: the newest state to readers, each batch to the subscriber.
//!
//! Readers never wait: they load a pointer that is replaced once per applied batch. The subscriber has a bounded
//! queue. When it is full, apply waits for it at most [`PATIENCE`] once; then batches are dropped, and the next one
//! that fits is marked [`AppliedBatch::missed`], whereupon the subscriber rebuilds from that batch's snapshot. A stuck
//! subscriber can therefore slow the log for a second, and never stop it.

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use arc_swap::ArcSwap;
use muster_ids::Index;
use muster_state::command::Event;
use muster_state::{Snapshot, StreamEntry, WatchKey};
use tokio::sync::{mpsc, watch};

use crate::event_log::EventLog;
use crate::raft::types::{LogId, StoredMembership};

/// How long apply waits for a subscriber that does not keep up.
const PATIENCE: Duration = Duration::from_secs(1);
/// Old states waiting to be freed; when it is full, the applying task frees them itself.
const REAPER_QUEUE: usize = 64;

/// What may be the last reference to something large.
type Old = Box<dyn Any + Send>;

/// What one round of apply did.
#[derive(Clone, Debug)]
pub struct AppliedBatch {
    /// The last entry of the batch.
    pub index: Index,
    /// In the order of the log.
    pub events: Vec<Event>,
    /// What readers may be waiting for. A key that several entries of the batch changed appears several times.
    pub changed: Vec<WatchKey>,
    /// The state after the batch.
    pub snapshot: Snapshot,
    /// Batches before this one were not delivered, or the whole state was replaced: take everything from
    /// `snapshot` and wake every watcher.
    pub missed: bool,
}

/// What a round of apply tells, and to whom.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub events: Vec<Event>,
    pub changed: Vec<WatchKey>,
    /// The same events as subscribers of the event stream are told them.
    pub stream: Vec<StreamEntry>,
    /// The whole state was replaced.
    pub replaced: bool,
}

/// The newest state and its place in the log.
#[derive(Debug)]
pub(crate) struct Published {
    pub snapshot: Snapshot,
    pub applied: Option<LogId>,
    pub members: StoredMembership,
}

impl Published {
    pub(crate) fn index(&self) -> Index {
        Index(self.applied.as_ref().map_or(0, |id| id.index))
    }
}

/// What readers hold.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    pub current: Arc<ArcSwap<Published>>,
    pub applied: watch::Receiver<Index>,
}

/// The applying side.
#[derive(Debug)]
pub(crate) struct Publisher {
    current: Arc<ArcSwap<Published>>,
    applied: watch::Sender<Index>,
    events: EventLog,
    /// `None` until start is over: the subscriber begins with the snapshot it finds then.
    batches: Option<mpsc::Sender<AppliedBatch>>,
    lagging: bool,
    reaper: Option<SyncSender<Old>>,
}

impl Publisher {
    pub(crate) fn new(first: Published, events: EventLog) -> (Self, Readers) {
        let (applied, watch) = watch::channel(first.index());
        let current = Arc::new(ArcSwap::from_pointee(first));
        let readers = Readers { current: Arc::clone(&current), applied: watch };
        let reaper = start_reaper();
        (Self { current, applied, events, batches: None, lagging: false, reaper }, readers)
    }

    /// From now on batches go to the returned subscriber.
    pub(crate) fn subscribe(&mut self, queue: usize) -> mpsc::Receiver<AppliedBatch> {
        let (batches, receiver) = mpsc::channel(queue.max(1));
        self.batches = Some(batches);
        receiver
    }

    pub(crate) async fn publish(&mut self, now: Published, told: Told) {
        let Told { events, changed, stream, replaced } = told;
        let index = now.index();
        let snapshot = now.snapshot.clone();
        let old = self.current.swap(Arc::new(now));
        self.applied.send_replace(index);
        self.free(Box::new(old));
        // After the state, so that whoever reads an event finds the state it is of.
        let forgotten = if replaced { self.events.reset(index) } else { self.events.push(stream, index) };
        if !forgotten.is_empty() {
            self.free(Box::new(forgotten));
        }
        self.deliver(AppliedBatch { index, events, changed, snapshot, missed: replaced }).await;
    }

    /// Freeing the last reference to a large state takes time that apply does not have.
    fn free(&self, old: Old) {
        if let Some(reaper) = &self.reaper {
            // A full queue hands it back, and it is freed here.
            drop(reaper.try_send(old));
        }
    }

    async fn deliver(&mut self, mut batch: AppliedBatch) {
        let Some(batches) = &self.batches else { return };
        batch.missed |= self.lagging;
        let permit = match batches.try_reserve() {
            Ok(permit) => Some(permit),
            Err(mpsc::error::TrySendError::Full(())) if !self.lagging => {
                tokio::time::timeout(PATIENCE, batches.reserve()).await.ok().and_then(Result::ok)
            }
            Err(_) => None,
        };
        if let Some(permit) = permit {
            permit.send(batch);
            self.lagging = false;
        } else {
            if !self.lagging && !batches.is_closed() {
                tracing::warn!(index = %batch.index, "the subscriber of applied batches does not keep up and misses some");
            }
            self.lagging = true;
        }
    }
}

fn start_reaper() -> Option<SyncSender<Old>> {
    let (sender, old) = sync_channel::<Old>(REAPER_QUEUE);
    let thread = std::thread::Builder::new().name("state-reaper".into());
    thread.spawn(move || old.into_iter().for_each(drop)).ok().map(|_| sender)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn at(index: u64) -> Published {
        let applied = Some(LogId::new(1.into(), index));
        Published { snapshot: Snapshot::default(), applied, members: StoredMembership::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stuck_subscriber_never_stops_apply_and_learns_that_it_missed_batches() {
        let (mut publisher, readers) = Publisher::new(at(0), EventLog::new(0, Index::ZERO));
        let mut batches = publisher.subscribe(2);
        let begin = tokio::time::Instant::now();
        for index in 1..=10 {
            publisher.publish(at(index), Told::default()).await;
        }
        assert_eq!(begin.elapsed(), PATIENCE, "apply waits once, not for every batch");
        assert_eq!(*readers.applied.borrow(), Index(10));

        let got = [batches.recv().await.unwrap(), batches.recv().await.unwrap()];
        assert_eq!(got.map(|b| (b.index, b.missed)), [(Index(1), false), (Index(2), false)]);
        publisher.publish(at(11), Told::default()).await;
        publisher.publish(at(12), Told::default()).await;
        let got = [batches.recv().await.unwrap(), batches.recv().await.unwrap()];
        assert_eq!(got.map(|b| (b.index, b.missed)), [(Index(11), true), (Index(12), false)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_subscriber_that_left_is_not_waited_for() {
        let (mut publisher, _readers) = Publisher::new(at(0), EventLog::new(0, Index::ZERO));
        drop(publisher.subscribe(1));
        let begin = tokio::time::Instant::now();
        publisher.publish(at(1), Told::default()).await;
        assert_eq!(begin.elapsed(), Duration::ZERO);
    }
}
