//! Up to when the schedule of each periodic job has been followed.
//!
//! A job that follows a schedule has a record from its registration on; no other job has one. Whatever was scheduled
//! until then has started its child, or has been left out on purpose.

use imbl::OrdMap;
use muster_ids::{Index, UnixNanos};
use muster_model::JobKey;
use serde::{Deserialize, Serialize};

use super::Tables;
use crate::change::Change;
use crate::hash::hash_row;
use crate::rows::RowKind;
use crate::tables::jobs::JobRow;

#[derive(Clone, Debug, Default)]
pub(crate) struct PeriodicLaunchTable {
    pub(crate) rows: OrdMap<JobKey, PeriodicLaunchRecord>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PeriodicLaunchRecord {
    pub(crate) key: JobKey,
    /// The newest instant that was launched or left out, or when the job began to follow its schedule.
    pub(crate) until: UnixNanos,
    pub(crate) modify_index: Index,
}

impl PeriodicLaunchRecord {
    pub(crate) fn row_hash(&self) -> u64 {
        hash_row(RowKind::PeriodicLaunch, self)
    }
}

impl Tables {
    pub(crate) fn put_periodic_launch(&mut self, record: PeriodicLaunchRecord) {
        let new = record.row_hash();
        let old = self.periodic_launches.rows.insert(record.key.clone(), record);
        self.rehash(old.map_or(0, |old| old.row_hash()), new);
    }

    /// A new version begins its schedule now: what an earlier one missed is not made up for.
    pub(crate) fn follow_schedule(&mut self, cx: &Change, slot: u32) {
        let Some(job) = self.jobs.at(slot).and_then(JobRow::current) else { return };
        if !job.is_periodic() {
            return;
        }
        let (key, follows) = (job.key(), job.follows_schedule());
        if follows {
            self.put_periodic_launch(PeriodicLaunchRecord { key, until: cx.now, modify_index: cx.index });
        } else {
            self.forget_launches(&key);
        }
    }

    pub(crate) fn forget_launches(&mut self, key: &JobKey) {
        let old = self.periodic_launches.rows.remove(key);
        self.rehash(old.map_or(0, |old| old.row_hash()), 0);
    }
}
