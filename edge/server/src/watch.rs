//! Wakes those who wait for a change of exactly what they read.
//!
//! Keys hash to shards; a waiter registers, looks once more at the newest snapshot, and only then sleeps, so no
//! change between its read and its registration is lost. A key nobody waits for costs one look-up.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

use muster_ids::Index;
use muster_state::{Snapshot, WatchKey};
use tokio::sync::Notify;
use tokio::time::Instant;

const SHARDS: usize = 64;

type Shard = Mutex<HashMap<WatchKey, Waiters>>;

/// Those who wait for one key.
#[derive(Debug, Default)]
struct Waiters {
    notify: Arc<Notify>,
    /// Registrations; the key goes with the last of them.
    count: usize,
}

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
        // Pairs with the fence of a registration: either this sees the waiter, or the waiter sees the new state.
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return;
        }
        for key in changed {
            let notify = self.with_shard(key, |shard| shard.get(key).map(|w| Arc::clone(&w.notify)));
            if let Some(notify) = notify.flatten() {
                notify.notify_waiters();
            }
        }
    }

    /// Wakes everyone, after changes whose keys are not known.
    pub(crate) fn wake_all(&self) {
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.values().for_each(|waiters| waiters.notify.notify_waiters());
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
        self.until(keys, deadline, newest, |snapshot| newest_index(snapshot, keys) > seen).await
    }

    /// Waits until the newest state is news, looking again whenever one of `keys` changed; `false` when the deadline
    /// came first.
    pub(crate) async fn until(
        &self,
        keys: &[WatchKey],
        deadline: Instant,
        newest: impl Fn() -> Snapshot,
        is_news: impl Fn(&Snapshot) -> bool,
    ) -> bool {
        let registration = Registration::new(self, keys);
        loop {
            // All are listened to anew before the look, so that whatever is not heard has been seen.
            let mut woken: Vec<_> = registration
                .notifies
                .iter()
                .map(|notify| Box::pin(Arc::clone(notify).notified_owned()))
                .collect();
            for one in &mut woken {
                one.as_mut().enable();
            }
            if is_news(&newest()) {
                return true;
            }
            // Without keys nothing ever changes.
            let any = async {
                match woken.is_empty() {
                    true => std::future::pending().await,
                    false => drop(futures::future::select_all(woken).await),
                }
            };
            if tokio::time::timeout_at(deadline, any).await.is_err() {
                return false;
            }
        }
    }

    /// How many keys somebody waits for.
    #[cfg(test)]
    fn keys(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// How many waiters are registered.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    fn with_shard<T>(
        &self,
        key: &WatchKey,
        run: impl FnOnce(&mut HashMap<WatchKey, Waiters>) -> T,
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
            watches.with_shard(key, |shard| {
                let waiters = shard.entry(key.clone()).or_default();
                waiters.count += 1;
                Arc::clone(&waiters.notify)
            })
        };
        let notifies = keys.iter().filter_map(register).collect();
        fence(Ordering::SeqCst);
        Self { watches, keys: keys.to_vec(), notifies }
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        for key in &self.keys {
            self.watches.with_shard(key, |shard| {
                let Some(waiters) = shard.get_mut(key) else { return };
                waiters.count = waiters.count.saturating_sub(1);
                if waiters.count == 0 {
                    shard.remove(key);
                }
            });
        }
        self.watches.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
