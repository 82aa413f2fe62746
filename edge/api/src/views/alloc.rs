//! Allocations: the whole and the list stub.

use std::collections::BTreeMap;

use muster_ids::AllocId;
use muster_jobspec::JobInput;
use muster_model::{Alloc, AllocState, DesiredTransition, Node, RescheduleEvent, Rescheduling};
use serde::{Deserialize, Serialize};

use super::{AllocDeploymentView, AllocatedResources, MetricView, TaskStateView, rfc3339};

/// A change of what is known of an allocation.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AllocStateView {
    pub field: String,
    pub value: String,
    pub time: String,
}

impl From<&AllocState> for AllocStateView {
    fn from(state: &AllocState) -> Self {
        Self {
            field: "ClientStatus".to_owned(),
            value: state.status.as_str().to_owned(),
            time: rfc3339(state.time),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AllocView {
    #[serde(rename = "ID")]
    pub id: String,
    pub namespace: String,
    #[serde(rename = "EvalID")]
    pub eval_id: String,
    pub name: String,
    #[serde(rename = "NodeID")]
    pub node_id: String,
    pub node_name: String,
    #[serde(rename = "JobID")]
    pub job_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<Box<JobInput>>,
    pub task_group: String,
    pub allocated_resources: AllocatedResources,
    pub metrics: MetricView,
    pub desired_status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub desired_description: String,
    pub desired_transition: DesiredTransitionView,
    pub client_status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_description: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub task_states: BTreeMap<String, TaskStateView>,
    /// When its node lost contact and had it again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alloc_states: Vec<AllocStateView>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub previous_allocation: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next_allocation: String,
    /// Those whose place it took.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preempted_allocations: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub preempted_by_allocation: String,
    #[serde(rename = "DeploymentID", skip_serializing_if = "String::is_empty")]
    pub deployment_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_status: Option<AllocDeploymentView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reschedule_tracker: Option<RescheduleTrackerView>,
    #[serde(rename = "FollowupEvalID", skip_serializing_if = "String::is_empty")]
    pub followup_eval_id: String,
    pub create_index: u64,
    pub modify_index: u64,
    pub alloc_modify_index: u64,
    pub create_time: i64,
    pub modify_time: i64,
}

impl AllocView {
    /// `node` gives name and address; `None` once the node is forgotten. `with_job` embeds the job version.
    #[must_use]
    pub fn new(alloc: &Alloc, node: Option<&Node>, with_job: bool) -> Self {
        Self {
            id: alloc.id.to_string(),
            namespace: alloc.job.namespace.to_string(),
            eval_id: alloc.eval_id.to_string(),
            name: alloc.name(),
            node_id: alloc.node_id.to_string(),
            node_name: node_name(node),
            job_id: alloc.job.id.to_string(),
            job: with_job.then(|| Box::new(muster_jobspec::view(&alloc.job))),
            task_group: group_name(alloc),
            allocated_resources: AllocatedResources::new(alloc, node),
            metrics: (&*alloc.metric).into(),
            desired_status: alloc.desired.as_str().to_owned(),
            desired_description: alloc.desired_description.as_deref().unwrap_or_default().to_owned(),
            desired_transition: alloc.transition.into(),
            client_status: alloc.client.as_str().to_owned(),
            client_description: alloc.client_description.as_deref().unwrap_or_default().to_owned(),
            task_states: task_states(alloc),
            alloc_states: alloc.states.iter().map(Into::into).collect(),
            previous_allocation: id_text(alloc.previous),
            next_allocation: id_text(alloc.next),
            preempted_allocations: alloc.preempts().iter().map(ToString::to_string).collect(),
            preempted_by_allocation: id_text(alloc.preempted_by()),
            deployment_id: alloc.deployment_id().map(|id| id.to_string()).unwrap_or_default(),
            deployment_status: AllocDeploymentView::of(alloc.deployment.as_deref()),
            reschedule_tracker: None,
            followup_eval_id: String::new(),
            create_index: alloc.create_index.0,
            modify_index: alloc.modify_index.0,
            alloc_modify_index: alloc.alloc_modify_index.0,
            create_time: alloc.create_time.0,
            modify_time: alloc.modify_time.0,
        }
    }

    /// With what became of its failures.
    #[must_use]
    pub fn rescheduled(self, found: &Rescheduling) -> Self {
        Self {
            reschedule_tracker: RescheduleTrackerView::new(found),
            followup_eval_id: follow_up(found),
            ..self
        }
    }
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AllocListStub {
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(rename = "EvalID")]
    pub eval_id: String,
    pub name: String,
    pub namespace: String,
    #[serde(rename = "NodeID")]
    pub node_id: String,
    pub node_name: String,
    #[serde(rename = "JobID")]
    pub job_id: String,
    pub job_type: String,
    pub job_version: u64,
    pub task_group: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocated_resources: Option<AllocatedResources>,
    pub desired_status: String,
    pub desired_description: String,
    pub client_status: String,
    pub client_description: String,
    pub desired_transition: DesiredTransitionView,
    pub task_states: Option<BTreeMap<String, TaskStateView>>,
    pub deployment_status: Option<AllocDeploymentView>,
    #[serde(rename = "FollowupEvalID")]
    pub followup_eval_id: String,
    pub next_allocation: String,
    pub preempted_allocations: Option<Vec<String>>,
    pub preempted_by_allocation: String,
    pub reschedule_tracker: Option<RescheduleTrackerView>,
    pub create_index: u64,
    pub modify_index: u64,
    pub create_time: i64,
    pub modify_time: i64,
}

impl AllocListStub {
    #[must_use]
    pub fn new(alloc: &Alloc, node: Option<&Node>, with_resources: bool, with_task_states: bool) -> Self {
        Self {
            id: alloc.id.to_string(),
            eval_id: alloc.eval_id.to_string(),
            name: alloc.name(),
            namespace: alloc.job.namespace.to_string(),
            node_id: alloc.node_id.to_string(),
            node_name: node_name(node),
            job_id: alloc.job.id.to_string(),
            job_type: alloc.job.kind.to_string(),
            job_version: alloc.job.version,
            task_group: group_name(alloc),
            allocated_resources: with_resources.then(|| AllocatedResources::new(alloc, node)),
            desired_status: alloc.desired.as_str().to_owned(),
            desired_description: alloc.desired_description.as_deref().unwrap_or_default().to_owned(),
            client_status: alloc.client.as_str().to_owned(),
            client_description: alloc.client_description.as_deref().unwrap_or_default().to_owned(),
            desired_transition: alloc.transition.into(),
            task_states: with_task_states.then(|| task_states(alloc)).filter(|states| !states.is_empty()),
            deployment_status: AllocDeploymentView::of(alloc.deployment.as_deref()),
            followup_eval_id: String::new(),
            next_allocation: id_text(alloc.next),
            preempted_allocations: (!alloc.preempts().is_empty())
                .then(|| alloc.preempts().iter().map(ToString::to_string).collect()),
            preempted_by_allocation: id_text(alloc.preempted_by()),
            reschedule_tracker: None,
            create_index: alloc.create_index.0,
            modify_index: alloc.modify_index.0,
            create_time: alloc.create_time.0,
            modify_time: alloc.modify_time.0,
        }
    }

    /// With what became of its failures.
    #[must_use]
    pub fn rescheduled(self, found: &Rescheduling) -> Self {
        Self {
            reschedule_tracker: RescheduleTrackerView::new(found),
            followup_eval_id: follow_up(found),
            ..self
        }
    }
}

fn follow_up(found: &Rescheduling) -> String {
    found.follow_up.map(|id| id.to_string()).unwrap_or_default()
}

/// How often the work was moved after failures.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RescheduleTrackerView {
    pub events: Vec<RescheduleEventView>,
    /// `ok` or `no placement`
    pub last_reschedule: String,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RescheduleEventView {
    /// Unix nanoseconds.
    pub reschedule_time: i64,
    #[serde(rename = "PrevAllocID")]
    pub prev_alloc_id: String,
    #[serde(rename = "PrevNodeID")]
    pub prev_node_id: String,
    /// Nanoseconds.
    pub delay: u64,
}

impl RescheduleTrackerView {
    fn new(found: &Rescheduling) -> Option<Self> {
        let event = |event: &RescheduleEvent| RescheduleEventView {
            reschedule_time: event.time.0,
            prev_alloc_id: event.previous.to_string(),
            prev_node_id: event.previous_node.to_string(),
            delay: u64::try_from(event.delay.as_nanos()).unwrap_or(u64::MAX),
        };
        let last = if found.unplaced { "no placement" } else { "ok" };
        let told = found.unplaced || !found.events.is_empty();
        told.then(|| Self {
            events: found.events.iter().map(event).collect(),
            last_reschedule: last.to_owned(),
        })
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct AllocStopResponse {
    #[serde(rename = "EvalID")]
    pub eval_id: String,
    pub index: u64,
}

/// Marks for the next evaluation; an unset one is null.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DesiredTransitionView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migrate: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reschedule: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force_reschedule: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_shutdown_delay: Option<bool>,
}

impl From<DesiredTransition> for DesiredTransitionView {
    fn from(marks: DesiredTransition) -> Self {
        let set = |mark: bool| mark.then_some(true);
        Self {
            migrate: set(marks.migrate),
            reschedule: set(marks.reschedule),
            force_reschedule: set(marks.force_reschedule),
            no_shutdown_delay: set(marks.no_shutdown_delay),
        }
    }
}

fn task_states(alloc: &Alloc) -> BTreeMap<String, TaskStateView> {
    let tasks = alloc.group_spec().map(|group| group.tasks.as_slice()).unwrap_or_default();
    tasks.iter().zip(&alloc.tasks).map(|(task, state)| (task.name.to_string(), state.into())).collect()
}

fn group_name(alloc: &Alloc) -> String {
    alloc.group_spec().map(|group| group.name.to_string()).unwrap_or_default()
}

fn node_name(node: Option<&Node>) -> String {
    node.map(|node| node.name.to_string()).unwrap_or_default()
}

fn id_text(id: Option<AllocId>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
