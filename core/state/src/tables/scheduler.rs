//! How the cluster schedules: one row, absent until somebody stored it.

use std::sync::Arc;

use muster_model::SchedulerConfig;

use super::Tables;
use crate::change::Change;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::watch::WatchKey;

#[derive(Clone, Debug, Default)]
pub(crate) struct SchedulerTable {
    pub(crate) config: Option<Arc<SchedulerConfig>>,
}

pub(crate) fn row_hash(config: &SchedulerConfig) -> u64 {
    hash_row(RowKind::SchedulerConfig, config)
}

impl Tables {
    pub(crate) fn put_scheduler_config(&mut self, cx: &mut Change, config: Arc<SchedulerConfig>) {
        self.load_scheduler_config(config);
        cx.changed.add(WatchKey::SchedulerConfig);
    }

    pub(crate) fn load_scheduler_config(&mut self, config: Arc<SchedulerConfig>) {
        let new = row_hash(&config);
        let old = self.scheduler.config.replace(config);
        self.rehash(old.map_or(0, |old| row_hash(&old)), new);
    }
}
