//! How the cluster schedules, as an operator wants it from now on.

use std::sync::Arc;

use muster_ids::Index;
use muster_model::SchedulerConfig;

use crate::change::Change;
use crate::command::{Event, Reply, SchedulerConfigUpdate};
use crate::tables::Tables;

/// A failed check-and-set is an answer, not a refusal: the caller reads the configuration and decides anew.
pub(super) fn apply(tables: &mut Tables, cx: &mut Change, command: &SchedulerConfigUpdate) -> Reply {
    let stored = tables.scheduler.config.as_ref();
    let modified = stored.map_or(Index::ZERO, |config| config.modify_index);
    if command.cas.is_some_and(|expected| expected != modified) {
        return Reply::SchedulerConfigStored { updated: false };
    }
    let create_index = stored.map_or(cx.index, |config| config.create_index);
    let config = SchedulerConfig { create_index, modify_index: cx.index, ..command.config.clone() };
    let config = Arc::new(config);
    tables.put_scheduler_config(cx, Arc::clone(&config));
    cx.events.push(Event::SchedulerConfigUpdated(config));
    Reply::SchedulerConfigStored { updated: true }
}
