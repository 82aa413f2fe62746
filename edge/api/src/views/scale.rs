//! How many instances of a job's groups there are, who changed that, and the bounds.

use std::collections::BTreeMap;

use muster_model::{Alloc, AllocDeployment, ClientStatus, Job, ScalingEvent};
use muster_state::ScalingEvents;
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
    /// As their nodes found them: during deployments, and of groups with a `migrate` block.
    pub healthy: u32,
    pub unhealthy: u32,
    /// Scalings of the past; null without any.
    pub events: Option<Vec<ScalingEventView>>,
}

impl JobScaleStatusView {
    /// `allocs` are those of this job, ended ones too; `events` what is kept of its scalings.
    #[must_use]
    pub fn new<'a>(
        job: &Job,
        allocs: impl Iterator<Item = &'a Alloc>,
        events: Option<&ScalingEvents>,
    ) -> Self {
        let group = |group: &muster_model::Group| {
            let events = events.and_then(|events| events.groups.get(&group.name));
            let events = events.map(|events| events.iter().map(Into::into).collect());
            let view = GroupScaleView { desired: group.count, events, ..GroupScaleView::default() };
            (group.name.to_string(), view)
        };
        let mut task_groups: BTreeMap<String, GroupScaleView> = job.groups.iter().map(group).collect();
        for alloc in allocs.filter(|alloc| !alloc.terminal()) {
            let name = alloc.group_spec().map(|group| group.name.as_str()).unwrap_or_default();
            if let Some(counts) = task_groups.get_mut(name) {
                counts.placed += 1;
                counts.running += u32::from(alloc.client == ClientStatus::Running);
                let part = alloc.deployment.as_deref();
                counts.healthy += u32::from(part.is_some_and(AllocDeployment::is_healthy));
                counts.unhealthy += u32::from(part.is_some_and(AllocDeployment::is_unhealthy));
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

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ScalingEventView {
    /// Unix nanoseconds.
    pub time: i64,
    /// Null for an event that only tells something.
    pub count: Option<u32>,
    pub previous_count: u32,
    pub message: String,
    pub error: bool,
    pub meta: Option<BTreeMap<String, Value>>,
    #[serde(rename = "EvalID")]
    pub eval_id: Option<String>,
    pub create_index: u64,
}

impl From<&ScalingEvent> for ScalingEventView {
    fn from(event: &ScalingEvent) -> Self {
        let meta = || event.meta.iter().map(|(key, value)| (key.clone(), muster_jobspec::json(value)));
        Self {
            time: event.time.0,
            count: event.count,
            previous_count: event.previous_count,
            message: event.message.to_string(),
            error: event.error,
            meta: (!event.meta.is_empty()).then(|| meta().collect()),
            eval_id: event.eval_id.map(|id| id.to_string()),
            create_index: event.create_index.0,
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ScalingRequest {
    /// Null tells something and changes nothing.
    pub count: Option<i64>,
    /// `Group`; `Job` and `Namespace` may repeat what the path says.
    pub target: BTreeMap<String, String>,
    pub message: String,
    pub error: bool,
    pub meta: Option<BTreeMap<String, Value>>,
    pub policy_override: bool,
    /// Demands that the job has this modify index, unless it is zero.
    pub job_modify_index: u64,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ScalingPolicyStub {
    #[serde(rename = "ID")]
    pub id: String,
    pub enabled: bool,
    #[serde(rename = "Type")]
    pub kind: String,
    pub target: BTreeMap<String, String>,
    pub create_index: u64,
    pub modify_index: u64,
}
