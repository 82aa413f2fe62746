//! Events as JSON: each once for all who are told of it, kept for as long as many are likely to ask.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use muster_api::views::{
    AclPolicyView, AclTokenStub, AllocView, DeploymentView, EvalView, EventPayload, EventView, NodeView,
};
use muster_ids::Index;
use muster_state::{Snapshot, StreamEntry, StreamRow};
use serde_json::Value;

use crate::http::routes::{acl, pools};
use crate::scoped::{Pool, role_links};

/// Bytes kept of what was encoded last; whoever reads older events makes them anew.
const KEPT_BYTES: usize = 16 << 20;

/// An event by its entry, and its place in it.
type Place = (Index, usize);

#[derive(Debug, Default)]
pub(crate) struct Encoder {
    recent: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    encoded: HashMap<Place, Bytes>,
    order: VecDeque<Place>,
    bytes: usize,
}

impl Recent {
    fn keep(&mut self, place: Place, bytes: &Bytes) {
        if self.encoded.insert(place, bytes.clone()).is_some() {
            return;
        }
        self.order.push_back(place);
        self.bytes += bytes.len();
        while self.bytes > KEPT_BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            let forgotten = self.encoded.remove(&oldest).map_or(0, |bytes| bytes.len());
            self.bytes = self.bytes.saturating_sub(forgotten);
        }
    }
}

impl Encoder {
    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One event of an entry. `now` is a state at least as new, for what a view shows besides the row.
    pub(crate) fn event(
        &self,
        entry: &StreamEntry,
        position: usize,
        now: &Snapshot,
    ) -> serde_json::Result<Bytes> {
        let place = (entry.index, position);
        if let Some(bytes) = self.recent().encoded.get(&place) {
            return Ok(bytes.clone());
        }
        let Some(event) = entry.events.get(position) else { return Ok(Bytes::new()) };
        let row = &event.row;
        let filter_keys = row.filter_keys();
        let view = EventView {
            topic: row.topic().as_str(),
            kind: event.kind,
            key: row.key(),
            namespace: row.namespace().map(ToString::to_string).unwrap_or_default(),
            filter_keys: (!filter_keys.is_empty()).then_some(filter_keys),
            index: entry.index.0,
            payload: payload(row, now),
        };
        let bytes = Bytes::from(serde_json::to_vec(&view)?);
        self.recent().keep(place, &bytes);
        Ok(bytes)
    }
}

fn payload(row: &StreamRow, now: &Snapshot) -> EventPayload {
    match row {
        StreamRow::Job { job, deleted } => EventPayload::Job(Box::new(muster_jobspec::view(job)), *deleted),
        StreamRow::Alloc(alloc) => {
            let node = now.node(alloc.node_id).map(|node| &**node);
            let view = AllocView::new(alloc, node, false);
            EventPayload::Alloc(Box::new(view.rescheduled(&muster_scheduler::rescheduling(alloc, now))))
        }
        StreamRow::Eval(eval) => EventPayload::Eval(Box::new(EvalView::from(&**eval))),
        StreamRow::Deployment(deployment) => {
            EventPayload::Deployment(Box::new(DeploymentView::from(&**deployment)))
        }
        StreamRow::Node(node) => EventPayload::Node(Box::new(NodeView::from(&**node))),
        StreamRow::NodePool(pool) => {
            let shown = Pool { name: &pool.name, created: pool.create_index, details: Some(pool) };
            EventPayload::NodePool(pools::view(shown))
        }
        StreamRow::AclToken(token) => {
            EventPayload::AclToken(AclTokenStub::new(token, role_links(now, token), acl::hash(token)))
        }
        StreamRow::AclPolicy(policy) => {
            let hash = acl::policies::hash(policy);
            EventPayload::AclPolicy(Box::new(AclPolicyView::new(policy, Value::Null, hash)))
        }
        StreamRow::AclRole(role) => EventPayload::AclRole(acl::roles::view(role)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_are_kept() {
        let mut recent = Recent::default();
        let piece = Bytes::from(vec![b'x'; KEPT_BYTES / 4]);
        for index in 0..6 {
            recent.keep((Index(index), 0), &piece);
            recent.keep((Index(index), 0), &piece);
        }
        assert_eq!((recent.encoded.len(), recent.order.len(), recent.bytes), (4, 4, KEPT_BYTES));
        assert!(!recent.encoded.contains_key(&(Index(1), 0)) && recent.encoded.contains_key(&(Index(2), 0)));
    }
}
