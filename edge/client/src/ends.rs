//! Who has ended: lets one allocation wait for another.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use muster_ids::AllocId;
use tokio::sync::watch;

use crate::alloc_loop::Summary;

/// Every allocation that the servers list for this node. Announced before any of them runs, so that the order in
/// which they begin does not matter.
#[derive(Debug, Default)]
pub struct Ends(Mutex<BTreeMap<AllocId, watch::Sender<Summary>>>);

impl Ends {
    /// Makes it known; what it became is told through the sender.
    pub fn announce(&self, id: AllocId) -> watch::Sender<Summary> {
        self.all().entry(id).or_default().clone()
    }

    /// `None` when it never was on this node, or is forgotten.
    pub fn watch(&self, id: AllocId) -> Option<watch::Receiver<Summary>> {
        self.all().get(&id).map(watch::Sender::subscribe)
    }

    pub fn forget(&self, id: AllocId) {
        self.all().remove(&id);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<AllocId, watch::Sender<Summary>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
