//! A job as the jobs page of a user interface shows it.

use muster_ids::EvalId;
use muster_model::{Alloc, Deployment, Job};
use serde::{Deserialize, Serialize};

/// Which jobs; all of the namespace when left out.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobStatusesRequest {
    pub jobs: Option<Vec<JobRef>>,
    pub include_children: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobRef {
    #[serde(rename = "ID")]
    pub id: String,
    pub namespace: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobStatusView {
    #[serde(rename = "ID")]
    pub id: String,
    pub namespace: String,
    pub name: String,
    #[serde(rename = "Type")]
    pub kind: String,
    pub node_pool: String,
    pub datacenters: Vec<String>,
    pub priority: u16,
    pub version: u64,
    pub submit_time: i64,
    pub modify_index: u64,
    pub allocs: Vec<JobStatusAllocView>,
    pub group_count_sum: u32,
    pub child_statuses: Option<Vec<String>>,
    #[serde(rename = "ParentID")]
    pub parent_id: String,
    pub latest_deployment: Option<JobStatusDeploymentView>,
    pub stop: bool,
    pub is_pack: bool,
    pub status: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobStatusAllocView {
    #[serde(rename = "ID")]
    pub id: String,
    pub group: String,
    pub client_status: String,
    #[serde(rename = "NodeID")]
    pub node_id: String,
    pub deployment_status: DeploymentHealthView,
    pub job_version: u64,
    #[serde(rename = "FollowupEvalID")]
    pub followup_eval_id: String,
    pub has_paused_task: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DeploymentHealthView {
    pub canary: bool,
    pub healthy: Option<bool>,
}

/// A rollout in short.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobStatusDeploymentView {
    #[serde(rename = "ID")]
    pub id: String,
    pub is_active: bool,
    pub job_version: u64,
    pub status: String,
    pub status_description: String,
    pub all_auto_promote: bool,
    pub requires_promotion: bool,
}

impl From<&Deployment> for JobStatusDeploymentView {
    fn from(deployment: &Deployment) -> Self {
        Self {
            id: deployment.id.to_string(),
            is_active: deployment.status.is_active(),
            job_version: deployment.job_version,
            status: deployment.status.as_str().to_owned(),
            status_description: deployment.status_description.to_string(),
            all_auto_promote: deployment.groups.values().all(|group| group.auto_promote),
            requires_promotion: deployment.status.is_active() && deployment.awaits_promotion(),
        }
    }
}

impl JobStatusView {
    /// `follow_up` gives the evaluation that will replace a failed allocation.
    #[must_use]
    pub fn new<'a>(
        job: &Job,
        allocs: impl Iterator<Item = &'a Alloc>,
        latest_deployment: Option<&Deployment>,
        follow_up: impl Fn(&Alloc) -> Option<EvalId>,
        children: impl Iterator<Item = &'a Job>,
    ) -> Self {
        let mut allocs: Vec<&Alloc> = allocs.collect();
        allocs.sort_unstable_by_key(|alloc| alloc.id);
        let statuses = children.map(|child| child.status.as_str().to_owned()).collect();
        Self {
            id: job.id.to_string(),
            namespace: job.namespace.to_string(),
            name: job.name.to_string(),
            kind: job.kind.to_string(),
            node_pool: job.node_pool.to_string(),
            datacenters: job.datacenters.iter().map(ToString::to_string).collect(),
            priority: job.priority,
            version: job.version,
            submit_time: job.submit_time.0,
            modify_index: job.modify_index.0,
            allocs: allocs
                .into_iter()
                .map(|alloc| JobStatusAllocView {
                    followup_eval_id: follow_up(alloc).map(|id| id.to_string()).unwrap_or_default(),
                    ..alloc.into()
                })
                .collect(),
            group_count_sum: job.groups.iter().map(|group| group.count).fold(0, u32::saturating_add),
            child_statuses: job.makes_children().then_some(statuses),
            parent_id: job.parent_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            latest_deployment: latest_deployment.map(Into::into),
            stop: job.stop,
            is_pack: job.meta.contains_key("pack.name"),
            status: job.status.as_str().to_owned(),
        }
    }
}

impl From<&Alloc> for JobStatusAllocView {
    fn from(alloc: &Alloc) -> Self {
        Self {
            id: alloc.id.to_string(),
            group: alloc.group_spec().map(|group| group.name.to_string()).unwrap_or_default(),
            client_status: alloc.client.as_str().to_owned(),
            node_id: alloc.node_id.to_string(),
            deployment_status: DeploymentHealthView { canary: alloc.is_canary(), healthy: alloc.healthy() },
            job_version: alloc.job.version,
            ..Self::default()
        }
    }
}
