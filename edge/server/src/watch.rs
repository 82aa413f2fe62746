//! Wakes those who wait for a change of exactly what they read.
//!
//! Keys hash to shards; a waiter registers, looks once more at the newest snapshot, and only then sleeps, so no
//! change between its read and its registration is lost. A key nobody waits for costs one look-up.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use muster_ids::Index;
use muster_state::{Snapshot, WatchKey};
use tokio::sync::Notify;
use tokio::time::Instant;

const SHARDS: usize = 64;

type Shard = Mutex<HashMap<WatchKey, Arc<Notify>>>;

/// All waiters of one server.
#[derive(Debug)]
pub(crate) struct Watches {
    shards: Vec<Shard>,
    hasher: RandomState,
    waiting: AtomicUsize,
}

impl Watches {
    pub(crate) fn new() -> Self {
        let shards = (0..SHARDS).map(|_| Shard::default()).collect();
        Self { shards, hasher: RandomState::new(), waiting: AtomicUsize::new(0) }
    }

    /// Wakes everyone who waits for one of `changed`. Called once per applied batch, after it was published.
    pub(crate) fn wake(&self, changed: &[WatchKey]) {
        if self.waiting.load(Ordering::SeqCst) == 0 {
            return;
        }
        for key in changed {
            let waiters = self.with_shard(key, |shard| shard.get(key).cloned());
            if let Some(notify) = waiters.flatten() {
                notify.notify_waiters();
            }
        }
    }

    /// Wakes everyone, after changes whose keys are not known.
    pub(crate) fn wake_all(&self) {
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.values().for_each(|notify| notify.notify_waiters());
        }
    }

    /// Waits until one of `keys` changed after `seen`; `false` when the deadline came first.
    pub(crate) async fn changed(
        &self,
        keys: &[WatchKey],
        seen: Index,
        deadline: Instant,
        newest: impl Fn() -> Snapshot,
    ) -> bool {
        let registration = Registration::new(self, keys);
        let mut notified: Vec<_> = registration
            .notifies
            .iter()
            .map(|notify| Box::pin(Arc::clone(notify).notified_owned()))
            .collect();
        loop {
            for waiter in &mut notified {
                waiter.as_mut().enable();
            }
            let index = newest_index(&newest(), keys);
            if index > seen {
                return true;
            }
            let any = futures::future::select_all(notified);
            match tokio::time::timeout_at(deadline, any).await {
                Err(_elapsed) => return false,
                Ok(((), position, mut rest)) => {
                    if let Some(notify) = registration.notifies.get(position) {
                        rest.insert(position.min(rest.len()), Box::pin(Arc::clone(notify).notified_owned()));
                    }
                    notified = rest;
                }
            }
        }
    }

    fn with_shard<T>(
        &self,
        key: &WatchKey,
        run: impl FnOnce(&mut HashMap<WatchKey, Arc<Notify>>) -> T,
    ) -> Option<T> {
        let position = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).ok()?;
        let mut shard = self.shards.get(position)?.lock().unwrap_or_else(PoisonError::into_inner);
        Some(run(&mut shard))
    }
}

fn newest_index(snapshot: &Snapshot, keys: &[WatchKey]) -> Index {
    keys.iter().map(|key| snapshot.watch_index(key)).max().unwrap_or_default()
}

/// Keeps a waiter's keys in their shards until it is done, however it ends.
struct Registration<'a> {
    watches: &'a Watches,
    keys: Vec<WatchKey>,
    notifies: Vec<Arc<Notify>>,
}

impl<'a> Registration<'a> {
    fn new(watches: &'a Watches, keys: &[WatchKey]) -> Self {
        watches.waiting.fetch_add(1, Ordering::SeqCst);
        let register = |key: &WatchKey| {
            watches.with_shard(key, |shard| Arc::clone(shard.entry(key.clone()).or_default()))
        };
        let notifies = keys.iter().filter_map(register).collect();
        Self { watches, keys: keys.to_vec(), notifies }
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.notifies.clear();
        for key in &self.keys {
            self.watches.with_shard(key, |shard| {
                // Registration clones under the shard's lock, so one reference means that nobody else waits.
                if shard.get(key).is_some_and(|notify| Arc::strong_count(notify) == 1) {
                    shard.remove(key);
                }
            });
        }
        self.watches.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
