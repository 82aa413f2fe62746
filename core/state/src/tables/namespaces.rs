//! Namespaces: `default` always exists, others when an operator makes them.

use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::{Index, Namespace};
use muster_model::NamespaceDetails;

use super::Tables;
use crate::change::Change;
use crate::command::Event;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::watch::WatchKey;

#[derive(Clone, Debug)]
pub(crate) struct NamespaceTable {
    pub(crate) rows: OrdMap<Namespace, Arc<NamespaceDetails>>,
}

impl Default for NamespaceTable {
    fn default() -> Self {
        let built_in = Arc::new(NamespaceDetails::built_in());
        Self { rows: OrdMap::unit(built_in.name.clone(), built_in) }
    }
}

impl NamespaceTable {
    /// The rows that are stored: what is built in and as it always was is not.
    pub(crate) fn stored(&self) -> impl Iterator<Item = &Arc<NamespaceDetails>> {
        self.rows.values().filter(|details| is_stored(details))
    }
}

fn is_stored(details: &NamespaceDetails) -> bool {
    details.modify_index != Index::ZERO
}

pub(crate) fn row_hash(details: &NamespaceDetails) -> u64 {
    if is_stored(details) { hash_row(RowKind::Namespace, details) } else { 0 }
}

impl Tables {
    /// Makes the namespace, or replaces what is said of it.
    pub(crate) fn put_namespace(&mut self, cx: &mut Change, mut details: NamespaceDetails) {
        let name = details.name.clone();
        details.modify_index = cx.index;
        let known = self.namespaces.rows.get(&name);
        details.create_index = known.map_or(cx.index, |known| known.create_index);
        let details = Arc::new(details);
        self.load_namespace(Arc::clone(&details));
        self.touch_namespace(cx, name);
        cx.events.push(Event::NamespaceUpserted(details));
    }

    pub(crate) fn load_namespace(&mut self, details: Arc<NamespaceDetails>) {
        let new = row_hash(&details);
        let old = self.namespaces.rows.insert(details.name.clone(), details);
        self.rehash(old.map_or(0, |old| row_hash(&old)), new);
    }

    pub(crate) fn remove_namespace(&mut self, cx: &mut Change, name: &Namespace) {
        let Some(old) = self.namespaces.rows.remove(name) else { return };
        self.rehash(row_hash(&old), 0);
        self.touch_namespace(cx, name.clone());
        cx.events.push(Event::NamespaceDeleted(old));
    }

    fn touch_namespace(&mut self, cx: &mut Change, name: Namespace) {
        self.meta.namespaces = cx.index;
        cx.changed.add(WatchKey::Namespace(name));
        cx.changed.add(WatchKey::Namespaces);
    }
}
