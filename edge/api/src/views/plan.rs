//! A dry run of a job: what would change, and what would become of its allocations.

use std::collections::BTreeMap;

use muster_jobspec::JobInput;
use muster_jobspec::diff::JobDiff;
use muster_model::{DesiredUpdates, PlanAnnotations};
use serde::{Deserialize, Serialize};

use super::{AllocListStub, MetricView};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobPlanRequest {
    pub job: Option<JobInput>,
    /// Whether to compare with the job as it is.
    pub diff: bool,
    pub policy_override: bool,
    pub namespace: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobPlanResponse {
    pub annotations: PlanAnnotationsView,
    /// Groups that would not find a place for everything.
    #[serde(rename = "FailedTGAllocs")]
    pub failed_groups: BTreeMap<String, MetricView>,
    /// For check-and-set; 0 when there is no such job.
    pub job_modify_index: u64,
    pub created_evals: Option<Vec<serde_json::Value>>,
    pub diff: Option<JobDiff>,
    /// RFC 3339; the zero time when the job is not periodic.
    pub next_periodic_launch: String,
    pub warnings: String,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
    pub next_token: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PlanAnnotationsView {
    #[serde(rename = "DesiredTGUpdates")]
    pub groups: BTreeMap<String, DesiredUpdatesView>,
    pub preempted_allocs: Option<Vec<AllocListStub>>,
}

/// How many allocations of a group go which way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DesiredUpdatesView {
    pub ignore: u64,
    pub place: u64,
    pub migrate: u64,
    pub stop: u64,
    pub in_place_update: u64,
    pub destructive_update: u64,
    pub canary: u64,
    pub preemptions: u64,
    pub disconnect: u64,
    pub reconnect: u64,
    pub reschedule_now: u64,
    pub reschedule_later: u64,
}

impl From<&PlanAnnotations> for PlanAnnotationsView {
    /// Without those that made room: which of them may be shown is the reader's affair.
    fn from(annotations: &PlanAnnotations) -> Self {
        let groups = annotations.groups.iter();
        Self {
            groups: groups.map(|(group, updates)| (group.to_string(), (*updates).into())).collect(),
            preempted_allocs: None,
        }
    }
}

impl From<DesiredUpdates> for DesiredUpdatesView {
    fn from(updates: DesiredUpdates) -> Self {
        Self {
            ignore: updates.ignore.into(),
            place: updates.place.into(),
            migrate: updates.migrate.into(),
            stop: updates.stop.into(),
            in_place_update: updates.in_place.into(),
            destructive_update: updates.destructive.into(),
            canary: updates.canary.into(),
            preemptions: updates.preemptions.into(),
            disconnect: updates.disconnect.into(),
            reconnect: updates.reconnect.into(),
            reschedule_now: updates.reschedule_now.into(),
            reschedule_later: updates.reschedule_later.into(),
        }
    }
}
