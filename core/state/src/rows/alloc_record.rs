//! An allocation's row as its record ([`AllocRecord`]), borrowed for writing and hashing, owned for reading.

use std::sync::Arc;

use muster_ids::{AllocId, EvalId, Index, JobId, Namespace, NodeId, Text, UnixNanos};
use muster_model::{
    Alloc, AllocDeployment, AllocMetric, AllocState, AllocatedPort, Allotment, ClientStatus, DesiredStatus,
    DesiredTransition, Job, JobKey, Preemption, TaskState,
};
use serde::Serialize;

use crate::command::AllocRecord;

/// Serialises exactly as [`AllocRecord`] does, without cloning what it names.
#[derive(Debug, Serialize)]
#[serde(rename = "AllocRecord")]
pub(crate) struct AllocRecordRef<'a> {
    id: AllocId,
    eval_id: EvalId,
    node_id: NodeId,
    namespace: &'a Namespace,
    job_id: &'a JobId,
    job_version: u64,
    job_create_index: Index,
    group: u16,
    name_index: u32,
    desired: DesiredStatus,
    client: ClientStatus,
    transition: DesiredTransition,
    desired_description: Option<&'a Text>,
    client_description: Option<&'a Text>,
    ports: &'a [AllocatedPort],
    #[serde(skip_serializing_if = "Option::is_none")]
    allotted: Option<&'a Allotment>,
    previous: Option<AllocId>,
    next: Option<AllocId>,
    #[serde(skip_serializing_if = "<[AllocState]>::is_empty")]
    states: &'a [AllocState],
    tasks: &'a [TaskState],
    metric: &'a AllocMetric,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment: Option<&'a AllocDeployment>,
    create_index: Index,
    modify_index: Index,
    alloc_modify_index: Index,
    create_time: UnixNanos,
    modify_time: UnixNanos,
    #[serde(skip_serializing_if = "Option::is_none")]
    preempted_by: Option<AllocId>,
    #[serde(skip_serializing_if = "<[AllocId]>::is_empty")]
    preempts: &'a [AllocId],
}

impl<'a> From<&'a Alloc> for AllocRecordRef<'a> {
    fn from(alloc: &'a Alloc) -> Self {
        Self {
            id: alloc.id,
            eval_id: alloc.eval_id,
            node_id: alloc.node_id,
            namespace: &alloc.job.namespace,
            job_id: &alloc.job.id,
            job_version: alloc.job.version,
            job_create_index: alloc.job.create_index,
            group: alloc.group,
            name_index: alloc.name_index,
            desired: alloc.desired,
            client: alloc.client,
            transition: alloc.transition,
            desired_description: alloc.desired_description.as_ref(),
            client_description: alloc.client_description.as_ref(),
            ports: &alloc.ports,
            allotted: alloc.allotted.as_deref(),
            previous: alloc.previous,
            next: alloc.next,
            states: &alloc.states,
            tasks: &alloc.tasks,
            metric: &alloc.metric,
            deployment: alloc.deployment.as_deref(),
            create_index: alloc.create_index,
            modify_index: alloc.modify_index,
            alloc_modify_index: alloc.alloc_modify_index,
            create_time: alloc.create_time,
            modify_time: alloc.modify_time,
            preempted_by: alloc.preempted_by(),
            preempts: alloc.preempts(),
        }
    }
}

impl From<&Alloc> for AllocRecord {
    fn from(alloc: &Alloc) -> Self {
        Self {
            id: alloc.id,
            eval_id: alloc.eval_id,
            node_id: alloc.node_id,
            namespace: alloc.job.namespace.clone(),
            job_id: alloc.job.id.clone(),
            job_version: alloc.job.version,
            job_create_index: alloc.job.create_index,
            group: alloc.group,
            name_index: alloc.name_index,
            desired: alloc.desired,
            client: alloc.client,
            transition: alloc.transition,
            desired_description: alloc.desired_description.clone(),
            client_description: alloc.client_description.clone(),
            ports: alloc.ports.to_vec(),
            allotted: alloc.allotted.clone(),
            previous: alloc.previous,
            next: alloc.next,
            states: alloc.states.to_vec(),
            tasks: alloc.tasks.to_vec(),
            metric: Arc::clone(&alloc.metric),
            deployment: alloc.deployment.clone(),
            create_index: alloc.create_index,
            modify_index: alloc.modify_index,
            alloc_modify_index: alloc.alloc_modify_index,
            create_time: alloc.create_time,
            modify_time: alloc.modify_time,
            preempted_by: alloc.preempted_by(),
            preempts: alloc.preempts().to_vec(),
        }
    }
}

impl AllocRecord {
    #[must_use]
    pub fn job_key(&self) -> JobKey {
        JobKey { namespace: self.namespace.clone(), id: self.job_id.clone() }
    }

    /// The row, given the job version that the record names.
    #[must_use]
    pub fn into_alloc(self, job: Arc<Job>) -> Alloc {
        Alloc {
            id: self.id,
            eval_id: self.eval_id,
            node_id: self.node_id,
            job,
            group: self.group,
            name_index: self.name_index,
            desired: self.desired,
            client: self.client,
            transition: self.transition,
            desired_description: self.desired_description,
            client_description: self.client_description,
            ports: self.ports.into(),
            allotted: self.allotted,
            previous: self.previous,
            next: self.next,
            states: self.states.into(),
            tasks: self.tasks.into(),
            metric: self.metric,
            deployment: self.deployment,
            create_index: self.create_index,
            modify_index: self.modify_index,
            alloc_modify_index: self.alloc_modify_index,
            create_time: self.create_time,
            modify_time: self.modify_time,
            preemption: Preemption::of(self.preempted_by, self.preempts),
        }
    }
}
