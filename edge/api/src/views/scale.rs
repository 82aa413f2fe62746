//! How many instances of a job's groups there are.

use std::collections::BTreeMap;

use muster_model::{Alloc, ClientStatus, Job};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobScaleStatusView {
    #[serde(rename = "JobID")]
    pub job_id: String,
    pub namespace: String,
    pub job_create_index: u64,
    pub job_modify_index: u64,
    pub job_stopped: bool,
    pub task_groups: BTreeMap<String, GroupScaleView>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct GroupScaleView {
    pub desired: u32,
    pub placed: u32,
    pub running: u32,
    /// Health is reported of deployments; without one there is none.
    pub healthy: u32,
    pub unhealthy: u32,
    /// Scalings of the past; null without any.
    pub events: Option<Vec<Value>>,
}

impl JobScaleStatusView {
    /// `allocs` are those of this job, ended ones too.
    #[must_use]
    pub fn new<'a>(job: &Job, allocs: impl Iterator<Item = &'a Alloc>) -> Self {
        let group = |group: &muster_model::Group| {
            (group.name.to_string(), GroupScaleView { desired: group.count, ..GroupScaleView::default() })
        };
        let mut task_groups: BTreeMap<String, GroupScaleView> = job.groups.iter().map(group).collect();
        for alloc in allocs.filter(|alloc| !alloc.terminal()) {
            let name = alloc.group_spec().map(|group| group.name.as_str()).unwrap_or_default();
            if let Some(counts) = task_groups.get_mut(name) {
                counts.placed += 1;
                counts.running += u32::from(alloc.client == ClientStatus::Running);
            }
        }
        Self {
            job_id: job.id.to_string(),
            namespace: job.namespace.to_string(),
            job_create_index: job.create_index.0,
            job_modify_index: job.job_modify_index.0,
            job_stopped: job.stop,
            task_groups,
        }
    }
}
