//! The allocations of this node: brings what runs in line with what servers push.
//!
//! ```text
//!   AllocPush --check--> SavedAlloc --save--> new: spawn a loop     known: Assign
//!                                             gone from a full push, or `removed`: Destroy and forget
//! ```
//!
//! Only a push takes anything away. A lost connection, a restarted server or a push older than what is known changes
//! nothing that runs.

mod push;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, Index, UnixNanos};
use muster_rpc::messages::AllocPush;
use tokio::sync::{Mutex, mpsc};

pub use push::PushError;

use crate::alloc_loop::{AllocHandle, AllocLoop, Farewell, Message};
use crate::context::Context;
use crate::state::{Remembered, SavedAlloc};
use crate::{QueryError, alloc_dir};

#[derive(Debug)]
pub struct Fleet {
    context: Arc<Context>,
    slots: Mutex<Slots>,
}

#[derive(Debug)]
struct Slots {
    /// The servers' state that the newest push was read from.
    index: Index,
    allocs: BTreeMap<AllocId, Slot>,
    swept: bool,
}

#[derive(Debug)]
struct Slot {
    saved: SavedAlloc,
    /// `None` once its files are removed.
    handle: Option<AllocHandle>,
}

/// An allocation as questions and garbage collection see it.
#[derive(Clone, Debug)]
pub struct Known {
    pub saved: SavedAlloc,
    pub ended_at: Option<UnixNanos>,
    pub collected: bool,
}

impl Fleet {
    /// Takes up everything that was remembered.
    pub fn resume(context: Arc<Context>, index: Index, remembered: Vec<Remembered>) -> Self {
        let mut allocs = BTreeMap::new();
        for Remembered { alloc: saved, runner } in remembered {
            let collected = runner.as_ref().is_some_and(|runner| runner.collected);
            let handle = if collected { None } else { AllocLoop::spawn(&context, saved.clone(), runner) };
            allocs.insert(saved.id, Slot { saved, handle });
        }
        Self { context, slots: Mutex::new(Slots { index, allocs, swept: false }) }
    }

    /// The newest state of the servers that this node has seen.
    pub async fn index(&self) -> Index {
        self.slots.lock().await.index
    }

    /// Does what servers want.
    ///
    /// # Errors
    /// When the push is damaged, older than what is known, or cannot be saved. Then nothing of it is done.
    pub async fn apply(&self, push: AllocPush) -> Result<(), PushError> {
        let mut slots = self.slots.lock().await;
        if push.index < slots.index {
            return Err(PushError::Old { index: push.index, known: slots.index });
        }
        let (index, full, removed) = (push.index, push.full, push.removed.clone());
        let mut assigned = push::check(push)?;
        let listed: std::collections::BTreeSet<AllocId> = assigned.iter().map(|saved| saved.id).collect();
        assigned.retain(|saved| slots.allocs.get(&saved.id).is_none_or(|slot| slot.saved != *saved));
        self.context.store.save_push(index, &assigned).await?;
        slots.index = index;
        for saved in assigned {
            self.assign(&mut slots, saved).await;
        }
        let unlisted = |id: &AllocId| full && !listed.contains(id);
        let gone: Vec<AllocId> = slots.allocs.keys().copied().filter(unlisted).chain(removed).collect();
        for id in gone {
            self.forget(&mut slots, id).await;
        }
        if full && !std::mem::replace(&mut slots.swept, true) {
            self.sweep(&slots).await;
        }
        Ok(())
    }

    async fn assign(&self, slots: &mut Slots, saved: SavedAlloc) {
        match slots.allocs.get_mut(&saved.id) {
            None => {
                let handle = AllocLoop::spawn(&self.context, saved.clone(), None);
                slots.allocs.insert(saved.id, Slot { saved, handle });
            }
            Some(slot) => {
                if let Some(handle) = &slot.handle {
                    // A loop that has ended wants nothing any more.
                    let _ended = handle.inbox().send(Message::Assign(Box::new(saved.clone()))).await;
                }
                slot.saved = saved;
            }
        }
    }

    /// The servers have forgotten it; so does the node, once nothing of it runs.
    async fn forget(&self, slots: &mut Slots, id: AllocId) {
        let Some(slot) = slots.allocs.remove(&id) else { return };
        let sent = match slot.handle.filter(|handle| !handle.is_gone()) {
            Some(handle) => handle.inbox().send(Message::Destroy(Farewell::Forget)).await.is_ok(),
            None => false,
        };
        if !sent {
            self.context.outbox.discard(id);
            if let Err(error) = self.context.store.forget(id).await {
                tracing::warn!(alloc = %id, %error, "could not be forgotten; it is forgotten at the next start");
            }
        }
    }

    /// Removes directories that belong to no allocation, left by a crash in the middle of a removal.
    async fn sweep(&self, slots: &Slots) {
        let live = |id: &AllocId| slots.allocs.get(id).is_some_and(|slot| slot.handle.is_some());
        let known: std::collections::BTreeSet<AllocId> = slots.allocs.keys().copied().filter(live).collect();
        let dirs = Arc::clone(&self.context.dirs);
        let swept = alloc_dir::blocking(move || {
            for id in dirs.list()? {
                if !known.contains(&id) {
                    dirs.remove(id)?;
                }
            }
            Ok(())
        });
        if let Err(error) = swept.await {
            tracing::warn!(%error, "directories of forgotten allocations could not be removed");
        }
    }

    /// How to reach one allocation that still has files.
    ///
    /// # Errors
    /// When it is not on this node.
    pub async fn inbox(&self, id: AllocId) -> Result<mpsc::Sender<Message>, QueryError> {
        let slots = self.slots.lock().await;
        let handle = slots.allocs.get(&id).and_then(|slot| slot.handle.as_ref());
        handle.map(AllocHandle::inbox).ok_or(QueryError::UnknownAlloc(id))
    }

    /// # Errors
    /// When it is not on this node.
    pub async fn known(&self, id: AllocId) -> Result<Known, QueryError> {
        self.slots.lock().await.allocs.get(&id).map(Slot::known).ok_or(QueryError::UnknownAlloc(id))
    }

    pub async fn all(&self) -> Vec<Known> {
        self.slots.lock().await.allocs.values().map(Slot::known).collect()
    }

    /// Removes the files of an allocation that has ended and whose end the servers know. Returns when they are gone.
    ///
    /// # Errors
    /// When it is not on this node, still runs, or its end has not been told yet.
    pub async fn collect(&self, id: AllocId) -> Result<(), QueryError> {
        let (inbox, mut watch) = {
            let slots = self.slots.lock().await;
            let slot = slots.allocs.get(&id).ok_or(QueryError::NotCollectable)?;
            let handle = slot.handle.as_ref().ok_or(QueryError::NotCollectable)?;
            if handle.summary().ended_at.is_none() || self.context.outbox.holds(id) {
                return Err(QueryError::NotCollectable);
            }
            (handle.inbox(), handle.watch())
        };
        inbox.send(Message::Destroy(Farewell::Keep)).await.map_err(|_| QueryError::NotCollectable)?;
        while watch.changed().await.is_ok() {}
        if let Some(slot) = self.slots.lock().await.allocs.get_mut(&id) {
            slot.handle = None;
        }
        Ok(())
    }

    /// Lets every loop end and leaves its tasks running.
    pub async fn leave(&self) {
        self.end_all(|| Message::Leave, Duration::from_secs(10)).await;
    }

    /// Stops every task and removes every directory.
    pub async fn destroy(&self) {
        let patience = self.context.config.max_kill_timeout + Duration::from_secs(10);
        self.end_all(|| Message::Destroy(Farewell::Forget), patience).await;
    }

    async fn end_all(&self, message: impl Fn() -> Message, patience: Duration) {
        let slots = std::mem::take(&mut self.slots.lock().await.allocs);
        let mut ends = Vec::new();
        for handle in slots.into_values().filter_map(|slot| slot.handle) {
            if handle.inbox().send(message()).await.is_ok() {
                ends.push(handle.watch());
            }
        }
        let all = async {
            for mut end in ends {
                while end.changed().await.is_ok() {}
            }
        };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!(?patience, "some allocations did not end in time");
        }
    }
}

impl Slot {
    fn known(&self) -> Known {
        let ended_at = self.handle.as_ref().and_then(|handle| handle.summary().ended_at);
        Known { saved: self.saved.clone(), ended_at, collected: self.handle.is_none() }
    }
}
