//! Revocations by what they are about.

use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::{NodeId, UnixNanos};
use muster_model::{Revocation, RevokedSubject};

use super::Tables;
use crate::hash::hash_row;
use crate::rows::RowKind;

/// Dropped at once at most: no single command pays for all.
const DROPPED_AT_ONCE: usize = 64;

#[derive(Clone, Debug, Default)]
pub(crate) struct RevocationTable {
    pub(crate) rows: OrdMap<RevokedSubject, Arc<Revocation>>,
}

pub(crate) fn row_hash(revocation: &Revocation) -> u64 {
    hash_row(RowKind::Revocation, revocation)
}

impl Tables {
    /// Adds the revocation or replaces the one of its subject.
    pub(crate) fn put_revocation(&mut self, revocation: Revocation) {
        let new = row_hash(&revocation);
        let old = self.revocations.rows.insert(revocation.subject.clone(), Arc::new(revocation));
        self.rehash(old.map_or(0, |old| row_hash(&old)), new);
    }

    pub(crate) fn remove_revocation(&mut self, subject: &RevokedSubject) -> bool {
        let Some(old) = self.revocations.rows.remove(subject) else { return false };
        self.rehash(row_hash(&old), 0);
        true
    }

    /// Why the node is banned, if it is.
    pub(crate) fn node_ban(&self, node: NodeId, now: UnixNanos) -> Option<&Arc<Revocation>> {
        let found = self.revocations.rows.get(&RevokedSubject::Node(node));
        found.filter(|revocation| revocation.in_force(now))
    }

    pub(crate) fn drop_old_revocations(&mut self, now: UnixNanos) {
        let rows = self.revocations.rows.iter();
        let over: Vec<_> = rows
            .filter(|(_, row)| !row.in_force(now))
            .map(|(subject, _)| subject.clone())
            .take(DROPPED_AT_ONCE)
            .collect();
        for subject in over {
            self.remove_revocation(&subject);
        }
    }
}
