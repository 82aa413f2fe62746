//! The records on disk. They are ours alone: neither rows of the model nor messages of the transport.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use muster_driver::TaskHandle;
use muster_ids::{AllocId, DeploymentId, EvalId, Index, NodeId, TaskName, Text, UnixNanos};
use muster_model::{
    Alloc, AllocDeployment, AllocMetric, AllocatedPort, Allotment, ClientStatus, DesiredStatus,
    DesiredTransition, Group, Job, Share,
};
use muster_runner::AllocMemory;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ClientError;

/// The newest encoding this release can read.
const VERSION: u16 = 1;

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    version: u16,
    body: T,
}

/// Why stored bytes are of no use.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("a record has version {found}, newer than {VERSION}; was this agent downgraded?")]
    Newer { found: u16 },
    #[error("a record cannot be read: {0}")]
    Unreadable(#[from] rmp_serde::decode::Error),
}

pub fn encode<T: Serialize>(body: &T) -> Result<Vec<u8>, ClientError> {
    let envelope = Envelope { version: VERSION, body };
    rmp_serde::to_vec_named(&envelope).map_err(|error| ClientError::StateWrite(error.to_string()))
}

pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, RecordError> {
    #[derive(Deserialize)]
    struct OnlyVersion {
        version: u16,
    }
    let OnlyVersion { version } = rmp_serde::from_slice(bytes)?;
    if version > VERSION {
        return Err(RecordError::Newer { found: version });
    }
    let envelope: Envelope<T> = rmp_serde::from_slice(bytes)?;
    Ok(envelope.body)
}

/// An assignment: what servers want of one allocation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedAlloc {
    pub id: AllocId,
    pub eval_id: EvalId,
    pub job: Arc<Job>,
    pub group: u16,
    pub name_index: u32,
    pub desired: DesiredStatus,
    #[serde(default)]
    pub transition: DesiredTransition,
    #[serde(default)]
    pub ports: Vec<AllocatedPort>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allotted: Option<Arc<Allotment>>,
    #[serde(default)]
    pub previous: Option<AllocId>,
    /// The rollout that waits to hear of its health.
    #[serde(default)]
    pub deployment: Option<DeploymentId>,
    pub alloc_modify_index: Index,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub create_time: UnixNanos,
    /// The servers do not know how it is doing.
    #[serde(default)]
    pub unknown: bool,
    /// Why it may not run here, found when the node first heard of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Text>,
}

impl SavedAlloc {
    /// What may stay of an erased allocation: that it was here, and whose it was. Nothing that the job said.
    #[must_use]
    pub fn husk(&self) -> Self {
        let mut job = Job::clone(&self.job);
        job.name = job.id.text();
        job.meta.clear();
        job.payload = None;
        job.constraints.clear();
        job.affinities.clear();
        job.spreads.clear();
        for group in &mut job.groups {
            group.meta.clear();
            group.constraints.clear();
            group.affinities.clear();
            group.spreads.clear();
            group.network = None;
            group.tasks.clear();
        }
        Self { job: Arc::new(job), ports: Vec::new(), allotted: None, ..self.clone() }
    }

    /// Whether it is one.
    #[must_use]
    pub fn is_husk(&self) -> bool {
        self.job.groups.iter().all(|group| group.tasks.is_empty())
    }

    /// What it takes of the node.
    #[must_use]
    pub fn share(&self) -> Share<'_> {
        let group = self.job.groups.get(usize::from(self.group));
        let ask = group.map(Group::ask).unwrap_or_default();
        Share::new(ask, &self.ports, self.allotted.as_deref())
    }

    /// The row that the runner and the task environment read. Fields only servers need are empty.
    #[must_use]
    pub fn to_row(&self, node_id: NodeId) -> Alloc {
        Alloc {
            id: self.id,
            eval_id: self.eval_id,
            node_id,
            job: Arc::clone(&self.job),
            group: self.group,
            name_index: self.name_index,
            desired: self.desired,
            client: ClientStatus::Pending,
            transition: self.transition,
            desired_description: None,
            client_description: None,
            ports: self.ports.iter().copied().collect(),
            allotted: self.allotted.clone(),
            previous: self.previous,
            next: None,
            preemption: None,
            states: Box::default(),
            tasks: Box::default(),
            metric: Arc::new(AllocMetric::default()),
            deployment: self
                .deployment
                .map(|id| Box::new(AllocDeployment { id: Some(id), ..AllocDeployment::default() })),
            create_index: self.create_index,
            modify_index: self.alloc_modify_index,
            alloc_modify_index: self.alloc_modify_index,
            create_time: self.create_time,
            modify_time: self.create_time,
        }
    }
}

/// How far an allocation got.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedRunner {
    pub memory: AllocMemory,
    /// By position of the task in its group.
    pub handles: BTreeMap<usize, SavedHandle>,
    /// When every task was dead; zero before.
    pub ended_at: UnixNanos,
    /// Logs (stderr when true) that are to be read before cleanup.
    pub unread: Option<BTreeSet<(TaskName, bool)>>,
    /// Its files are removed; only the servers still list it.
    pub collected: bool,
}

/// How to find a task's process again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedHandle {
    pub generation: u32,
    pub handle: TaskHandle,
}
