//! What happened to the counts of a job's groups, the newest first. Goes with its job.

use std::collections::BTreeMap;
use std::sync::Arc;

use imbl::OrdMap;
use muster_ids::GroupName;
use muster_model::{JobKey, KEPT_SCALING_EVENTS, ScalingEvent};
use serde::{Deserialize, Serialize};

use super::Tables;
use crate::change::Change;
use crate::hash::hash_row;
use crate::rows::RowKind;

#[derive(Clone, Debug, Default)]
pub(crate) struct ScalingEventTable {
    pub(crate) rows: OrdMap<JobKey, Arc<ScalingEvents>>,
}

/// One job's events, in memory and on disk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalingEvents {
    pub key: JobKey,
    /// Newest first, at most [`KEPT_SCALING_EVENTS`] a group. Groups that the job has no more are kept.
    pub groups: BTreeMap<GroupName, Vec<ScalingEvent>>,
}

impl ScalingEvents {
    pub(crate) fn row_hash(&self) -> u64 {
        hash_row(RowKind::ScalingEvents, self)
    }
}

impl Tables {
    /// Readers of the job are told.
    pub(crate) fn add_scaling_event(
        &mut self,
        cx: &mut Change,
        slot: u32,
        key: &JobKey,
        group: &GroupName,
        event: ScalingEvent,
    ) {
        let old = self.scaling_events.rows.get(key);
        let old_hash = old.map_or(0, |old| old.row_hash());
        let mut events = old.map_or_else(
            || ScalingEvents { key: key.clone(), groups: BTreeMap::new() },
            |old| ScalingEvents::clone(old),
        );
        let of_group = events.groups.entry(group.clone()).or_default();
        of_group.insert(0, event);
        of_group.truncate(KEPT_SCALING_EVENTS);
        self.rehash(old_hash, events.row_hash());
        self.scaling_events.rows.insert(key.clone(), Arc::new(events));
        self.touch_job(cx, slot);
    }

    pub(crate) fn load_scaling_events(&mut self, events: Arc<ScalingEvents>) {
        self.rehash(0, events.row_hash());
        self.scaling_events.rows.insert(events.key.clone(), events);
    }

    pub(crate) fn remove_scaling_events(&mut self, key: &JobKey) {
        if let Some(old) = self.scaling_events.rows.remove(key) {
            self.rehash(old.row_hash(), 0);
        }
    }
}
