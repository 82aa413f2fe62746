//! The newest events of the log, for whoever follows them: filled while entries are applied, so that no reader can
//! make it miss one, and after a start refilled from the entries that the log keeps behind its snapshot.
//!
//! ```text
//!   log    ── older snapshot ────── newer snapshot ────── now
//!   ring        └──── refilled beside ────┘└─── applied ───┘
//! ```

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use muster_ids::Index;
use muster_state::{EventGap, EventRing, StreamEntry};
use tokio::sync::watch;

/// Cheap to clone.
#[derive(Clone)]
pub struct EventLog {
    inner: Arc<Inner>,
}

struct Inner {
    ring: Mutex<EventRing>,
    /// Index of the newest entry that had events.
    told: watch::Sender<Index>,
    /// Whether what the log keeps has been read back.
    refilled: watch::Sender<bool>,
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ring = self.ring();
        f.debug_struct("EventLog").field("floor", &ring.floor()).field("newest", &ring.newest()).finish()
    }
}

impl EventLog {
    /// Of a state that `at` was the last entry of; `limit` events are kept at least, none with 0.
    pub(crate) fn new(limit: usize, at: Index) -> Self {
        let (told, _) = watch::channel(at);
        let (refilled, _) = watch::channel(false);
        Self { inner: Arc::new(Inner { ring: Mutex::new(EventRing::new(limit, at)), told, refilled }) }
    }

    fn ring(&self) -> MutexGuard<'_, EventRing> {
        self.inner.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Events kept at least, once there were as many; 0 where events are not kept at all.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.ring().limit()
    }

    /// The last entry that was applied. The newest snapshot is at least as new.
    #[must_use]
    pub fn newest(&self) -> Index {
        self.ring().newest()
    }

    /// Entries with events from `from` on, at most so many; none when there are no newer ones yet.
    ///
    /// # Errors
    /// When some of them are not known (any more).
    pub fn read(&self, from: Index, most: usize) -> Result<Vec<Arc<StreamEntry>>, EventGap> {
        self.ring().read(from, most)
    }

    /// Changes whenever there are new events, or old ones were lost.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Index> {
        self.inner.told.subscribe()
    }

    /// Waits until what the log keeps has been read back.
    pub async fn refilled(&self) {
        // The sender lives as long as this.
        drop(self.inner.refilled.subscribe().wait_for(|refilled| *refilled).await);
    }

    /// Takes what a batch of entries up to `newest` tells, and gives back what is forgotten for it.
    pub(crate) fn push(&self, told: Vec<StreamEntry>, newest: Index) -> Vec<Arc<StreamEntry>> {
        let wake = !told.is_empty();
        let forgotten = self.ring().push(told, newest);
        if wake {
            self.inner.told.send_replace(newest);
        }
        forgotten
    }

    /// The state was replaced by one that `at` was the last entry of.
    pub(crate) fn reset(&self, at: Index) -> Vec<Arc<StreamEntry>> {
        let forgotten = self.ring().reset(at);
        self.inner.told.send_replace(at);
        forgotten
    }

    /// Puts what was read back before what was applied since the start, and lets those go on who wait for it.
    pub(crate) fn refill(&self, older: Option<EventRing>) {
        if let Some(older) = older {
            self.ring().prepend(older);
        }
        self.inner.refilled.send_replace(true);
    }
}
