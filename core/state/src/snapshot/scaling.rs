//! What there is to scale, and what was scaled.

use std::sync::Arc;

use muster_ids::ScalingPolicyId;
use muster_model::{Group, Job, JobKey};

use super::Snapshot;
use crate::derive::scaling_policy_id;
use crate::tables::scaling_events::ScalingEvents;

impl Snapshot {
    /// The scaling policies in force: the group of a job that each is about. In no particular order.
    pub fn scaling_policies(&self) -> impl Iterator<Item = (ScalingPolicyId, &Arc<Job>, &Group)> {
        let jobs = self.tables.jobs.scaled.iter().filter_map(|slot| self.tables.jobs.at(*slot)?.current());
        jobs.flat_map(|job| {
            let scaled = job.groups.iter().filter(|group| group.scaling.is_some());
            scaled
                .map(move |group| (scaling_policy_id(job.create_index, &job.key(), &group.name), job, group))
        })
    }

    /// What happened to the counts of a job's groups; `None` when nothing did.
    #[must_use]
    pub fn scaling_events(&self, key: &JobKey) -> Option<&Arc<ScalingEvents>> {
        self.tables.scaling_events.rows.get(key)
    }
}
