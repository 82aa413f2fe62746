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

use muster_ids::{AllocId, Index, Namespace, Text, UnixNanos};
use muster_model::{DesiredStatus, PoolBinding};
use muster_rpc::messages::AllocPush;
use tokio::sync::{Mutex, mpsc, watch};

pub use push::PushError;

use crate::alloc_loop::{AllocHandle, AllocLoop, Farewell, Message, Summary};
use crate::context::Context;
use crate::state::{Remembered, SavedAlloc, SavedRunner};
use crate::{QueryError, alloc_dir};

/// What a task gets to end well when its agent ends and leaves nothing: who interrupts an agent waits for it.
const LAST_GRACE: Duration = Duration::from_secs(2);
/// And what removing its files may take after that.
const REMOVAL_PATIENCE: Duration = Duration::from_secs(1);

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
    /// Its files are being removed.
    leaving: bool,
    /// Held by whoever reads its files as a whole; they are not collected meanwhile.
    readers: Arc<()>,
}

/// An allocation as questions and garbage collection see it.
#[derive(Clone, Debug)]
pub struct Known {
    pub saved: SavedAlloc,
    pub ended_at: Option<UnixNanos>,
    /// No log is left that somebody is to read before cleanup.
    pub read: bool,
    pub collected: bool,
}

impl Fleet {
    /// Takes up everything that was remembered.
    pub fn resume(context: Arc<Context>, index: Index, remembered: Vec<Remembered>) -> Self {
        let mut allocs = BTreeMap::new();
        for Remembered { alloc, runner } in &remembered {
            announce(&context, alloc.id, runner.as_ref());
        }
        for Remembered { alloc: saved, runner } in remembered {
            let collected = runner.as_ref().is_some_and(|runner| runner.collected);
            let handle = if collected { None } else { AllocLoop::spawn(&context, saved.clone(), runner) };
            allocs.insert(saved.id, Slot::new(saved, handle));
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
        let bindings = push.bindings.clone();
        let mut assigned = push::check(push)?;
        let listed: std::collections::BTreeSet<AllocId> = assigned.iter().map(|saved| saved.id).collect();
        for saved in &mut assigned {
            saved.refused = match slots.allocs.get(&saved.id) {
                Some(slot) => slot.saved.refused.clone(),
                None => self.refusal(saved, &bindings),
            };
        }
        // What was erased stays erased, whatever servers still say of it.
        assigned.retain(|saved| {
            slots.allocs.get(&saved.id).is_none_or(|slot| slot.saved != *saved && !slot.saved.is_husk())
        });
        self.context.store.save_push(index, &assigned).await?;
        slots.index = index;
        for saved in &assigned {
            self.context.ends.announce(saved.id);
        }
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

    /// Why an allocation that is new here may not run here: because of its namespace, as servers say, or of what this
    /// agent's operator says.
    fn refusal(&self, saved: &SavedAlloc, bindings: &BTreeMap<Namespace, PoolBinding>) -> Option<Text> {
        let (job, config) = (&saved.job, &self.context.config);
        let group = job.groups.get(usize::from(saved.group))?;
        let bound = bindings.get(&job.namespace).filter(|binding| !binding.allows_node(&config.node_pool));
        let why = match bound {
            Some(_) => format!(
                "refused by this agent: namespace \"{}\" may not run in its node pool \"{}\"",
                job.namespace, config.node_pool
            ),
            None => config.accept.refusal(job, group)?,
        };
        tracing::warn!(alloc = %saved.id, namespace = %job.namespace, job = %job.id, "{why}");
        Some(why.into())
    }

    async fn assign(&self, slots: &mut Slots, saved: SavedAlloc) {
        match slots.allocs.get_mut(&saved.id) {
            None => {
                let handle = AllocLoop::spawn(&self.context, saved.clone(), None);
                slots.allocs.insert(saved.id, Slot::new(saved, handle));
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
            self.context.ends.forget(id);
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

    /// Notices its end.
    ///
    /// # Errors
    /// When it is not on this node.
    pub async fn summary(&self, id: AllocId) -> Result<watch::Receiver<Summary>, QueryError> {
        let slots = self.slots.lock().await;
        let handle = slots.allocs.get(&id).and_then(|slot| slot.handle.as_ref());
        handle.map(AllocHandle::watch).ok_or(QueryError::UnknownAlloc(id))
    }

    /// # Errors
    /// When it is not on this node.
    pub async fn known(&self, id: AllocId) -> Result<Known, QueryError> {
        self.slots.lock().await.allocs.get(&id).map(Slot::known).ok_or(QueryError::UnknownAlloc(id))
    }

    pub async fn all(&self) -> Vec<Known> {
        self.slots.lock().await.allocs.values().map(Slot::known).collect()
    }

    /// What runs here and is wanted, but not for longer than this without contact with the servers.
    pub async fn patient(&self) -> Vec<(AllocId, Duration)> {
        let slots = self.slots.lock().await;
        slots.allocs.iter().filter_map(|(id, slot)| Some((*id, slot.patience()?))).collect()
    }

    /// Removes the files of an allocation that has ended and whose end the servers know, and every other trace where its
    /// group declares `cleanup`. Returns when they are gone.
    ///
    /// # Errors
    /// When it is not on this node, still runs, or its end has not been told yet.
    pub async fn collect(&self, id: AllocId) -> Result<(), QueryError> {
        let cleans = self.known(id).await.is_ok_and(|known| known.cleans_up());
        self.remove(id, if cleans { Farewell::Erase } else { Farewell::Keep }).await
    }

    async fn remove(&self, id: AllocId, farewell: Farewell) -> Result<(), QueryError> {
        let inbox = {
            let mut slots = self.slots.lock().await;
            let slot = slots.allocs.get_mut(&id).ok_or(QueryError::NotCollectable)?;
            let handle = slot.handle.as_ref().ok_or(QueryError::NotCollectable)?;
            let running = handle.summary().ended_at.is_none();
            if running || self.context.outbox.holds(id) || Arc::strong_count(&slot.readers) > 1 {
                return Err(QueryError::NotCollectable);
            }
            slot.leaving = true;
            handle.inbox()
        };
        inbox.send(Message::Destroy(farewell)).await.map_err(|_| QueryError::NotCollectable)?;
        // The loop drops its end last.
        inbox.closed().await;
        if let Some(slot) = self.slots.lock().await.allocs.get_mut(&id) {
            slot.handle = None;
            if farewell == Farewell::Erase {
                slot.saved = slot.saved.husk();
            }
        }
        Ok(())
    }

    /// Keeps the files of an allocation that has ended, for as long as what is returned lives.
    ///
    /// # Errors
    /// When it is not on this node, still runs, or its files are gone or going.
    pub async fn hold(&self, id: AllocId) -> Result<(SavedAlloc, Arc<()>), QueryError> {
        let slots = self.slots.lock().await;
        let slot = slots.allocs.get(&id).filter(|slot| !slot.leaving && !slot.saved.is_husk());
        let slot = slot.ok_or(QueryError::UnknownAlloc(id))?;
        let handle = slot.handle.as_ref().ok_or(QueryError::UnknownAlloc(id))?;
        match handle.summary().ended_at {
            Some(_) => Ok((slot.saved.clone(), Arc::clone(&slot.readers))),
            None => Err(QueryError::StillRuns(id)),
        }
    }

    /// Lets every loop end and leaves its tasks running.
    pub async fn leave(&self) {
        self.end_all(|| Message::Leave, Duration::from_secs(10)).await;
    }

    /// Stops every task, whatever time its job wants for that, and removes every directory.
    pub async fn destroy(&self) {
        self.end_all(|| Message::Abandon { grace: LAST_GRACE }, LAST_GRACE + REMOVAL_PATIENCE).await;
    }

    async fn end_all(&self, message: impl Fn() -> Message, patience: Duration) {
        let slots = std::mem::take(&mut self.slots.lock().await.allocs);
        let mut ends = Vec::new();
        for handle in slots.into_values().filter_map(|slot| slot.handle) {
            let inbox = handle.inbox();
            if inbox.send(message()).await.is_ok() {
                ends.push(inbox);
            }
        }
        let all = async {
            for end in ends {
                end.closed().await;
            }
        };
        if tokio::time::timeout(patience, all).await.is_err() {
            tracing::warn!(?patience, "some allocations did not end in time");
        }
    }
}

/// Makes an allocation known to those that wait for it; one without files has ended.
fn announce(context: &Context, id: AllocId, runner: Option<&SavedRunner>) {
    let end = context.ends.announce(id);
    if let Some(runner) = runner.filter(|runner| runner.collected) {
        end.send_replace(Summary { ended_at: Some(runner.ended_at), read: true });
    }
}

impl Known {
    /// Whether its group wants no trace of it left.
    #[must_use]
    pub fn cleans_up(&self) -> bool {
        let group = self.saved.job.groups.get(usize::from(self.saved.group));
        group.is_some_and(|group| group.cleanup.is_some())
    }
}

impl Slot {
    fn new(saved: SavedAlloc, handle: Option<AllocHandle>) -> Self {
        Self { saved, handle, leaving: false, readers: Arc::default() }
    }

    fn patience(&self) -> Option<Duration> {
        let after = self.saved.job.groups.get(usize::from(self.saved.group))?.disconnect.as_ref()?;
        let runs = self.handle.as_ref().is_some_and(|handle| handle.summary().ended_at.is_none());
        after.stop_on_client_after.filter(|_| runs && self.saved.desired == DesiredStatus::Run)
    }

    fn known(&self) -> Known {
        let Summary { ended_at, read } = self.handle.as_ref().map(AllocHandle::summary).unwrap_or_default();
        Known { saved: self.saved.clone(), ended_at, read, collected: self.handle.is_none() }
    }
}
