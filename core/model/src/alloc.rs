//! One instance of a group on one node: the row that is kept in memory, by the hundred thousand.
//!
//! What can be derived is not stored: name, namespace, group, and the resources taken all follow from `job` and
//! `group`; per-task maps are arrays parallel to the group's tasks. Goal: 600 bytes with every index (`dev/bench`).

use std::sync::Arc;

use muster_ids::{AllocId, DeploymentId, EvalId, Index, NodeId, Text, UnixNanos};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::{AllocDeployment, AllocMetric, Allotment, Disconnect, Group, Job, Resources, Share, TaskState};

/// ```text
///   desired:  run -> stop | evict                       (servers decide)
///   client:   pending -> running -> complete | failed   (the node reports)
///             pending | running -> lost | unknown       (servers, when the node is gone)
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Alloc {
    pub id: AllocId,
    pub eval_id: EvalId,
    pub node_id: NodeId,
    /// The job version it was placed for.
    pub job: Arc<Job>,
    /// Position in `job.groups`.
    pub group: u16,
    /// The `n` of `job.group[n]`.
    pub name_index: u32,
    pub desired: DesiredStatus,
    pub client: ClientStatus,
    pub transition: DesiredTransition,
    pub desired_description: Option<Text>,
    pub client_description: Option<Text>,
    /// Parallel to the group's `network.ports`.
    pub ports: SmallVec<[AllocatedPort; 2]>,
    /// What it was given by name; `None` for most.
    pub allotted: Option<Arc<Allotment>>,
    /// The allocation this one replaces.
    pub previous: Option<AllocId>,
    /// The allocation that replaced this one.
    pub next: Option<AllocId>,
    /// Whose place it took, or who took its own.
    pub preemption: Option<Box<Preemption>>,
    /// When its node lost contact and had it again, oldest first; the newest few.
    pub states: Box<[AllocState]>,
    /// Parallel to the group's tasks; empty until the node's first report.
    pub tasks: Box<[TaskState]>,
    pub metric: Arc<AllocMetric>,
    /// Its part in a rollout and its health; boxed, because most allocations have none.
    pub deployment: Option<Box<AllocDeployment>>,
    pub create_index: Index,
    pub modify_index: Index,
    /// Changes made by servers only: what tells a node that it has something to do.
    pub alloc_modify_index: Index,
    pub create_time: UnixNanos,
    pub modify_time: UnixNanos,
}

impl Alloc {
    /// How many changes of contact are kept.
    pub const MAX_STATES: usize = 8;

    /// The group it instantiates. `None` only for a corrupt row, which `apply` never makes.
    #[must_use]
    pub fn group_spec(&self) -> Option<&Group> {
        self.job.groups.get(usize::from(self.group))
    }

    /// `job.group[index]`, the name users see.
    #[must_use]
    pub fn name(&self) -> String {
        let group = self.group_spec().map_or("?", |group| group.name.as_str());
        format!("{}.{}[{}]", self.job.id, group, self.name_index)
    }

    /// What it takes from its node as long as it is not terminal.
    #[must_use]
    pub fn resources(&self) -> Resources {
        self.share().resources
    }

    /// The same, with what it holds by name.
    #[must_use]
    pub fn share(&self) -> Share<'_> {
        let ask = self.group_spec().map(Group::ask).unwrap_or_default();
        Share::new(ask, &self.ports, self.allotted.as_deref())
    }

    /// The deployment it is a part of.
    #[must_use]
    pub fn deployment_id(&self) -> Option<DeploymentId> {
        self.deployment.as_ref().and_then(|part| part.id)
    }

    /// Whether it is a canary that nobody has promoted.
    #[must_use]
    pub fn is_canary(&self) -> bool {
        self.deployment.as_ref().is_some_and(|part| part.canary)
    }

    /// What is known of its health.
    #[must_use]
    pub fn healthy(&self) -> Option<bool> {
        self.deployment.as_ref().and_then(|part| part.healthy)
    }

    /// The allocation that took this one's place.
    #[must_use]
    pub fn preempted_by(&self) -> Option<AllocId> {
        self.preemption.as_ref().and_then(|preemption| preemption.by)
    }

    /// The allocations whose place this one took.
    #[must_use]
    pub fn preempts(&self) -> &[AllocId] {
        self.preemption.as_ref().map_or(&[], |preemption| &preemption.of)
    }

    /// Whether the servers want it gone.
    #[must_use]
    pub const fn server_terminal(&self) -> bool {
        !matches!(self.desired, DesiredStatus::Run)
    }

    /// Whether the node has reported its end. Only then are its resources free.
    #[must_use]
    pub const fn client_terminal(&self) -> bool {
        self.client.is_terminal()
    }

    /// Whether it neither runs nor should.
    #[must_use]
    pub const fn terminal(&self) -> bool {
        self.server_terminal() || self.client_terminal()
    }

    /// What becomes of it when its node loses contact, as its own version of the job says.
    #[must_use]
    pub fn disconnect(&self) -> Option<&Disconnect> {
        self.group_spec()?.disconnect.as_deref()
    }

    /// Remembers that contact was lost (`unknown`) or is there again, and what the node says since.
    pub fn note_state(&mut self, status: ClientStatus, time: UnixNanos) {
        let skip = (self.states.len() + 1).saturating_sub(Self::MAX_STATES);
        let kept = self.states.iter().skip(skip).copied();
        self.states = kept.chain([AllocState { status, time }]).collect();
    }

    /// Since when nothing is known of it; what is not unknown has no such time.
    #[must_use]
    pub fn unknown_since(&self) -> UnixNanos {
        let last = self.states.last().filter(|state| state.status == ClientStatus::Unknown);
        last.map_or(self.modify_time, |state| state.time)
    }

    /// Whether its node had lost contact and speaks for it again.
    #[must_use]
    pub fn reconnected(&self) -> bool {
        self.client != ClientStatus::Unknown && !self.states.is_empty()
    }

    /// Ended as a batch job wants it: every main task dead without failure.
    #[must_use]
    pub const fn ran_successfully(&self) -> bool {
        matches!(self.client, ClientStatus::Complete)
    }
}

/// Who made room for whom. An allocation that waits for others to make room may itself have to make room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preemption {
    pub by: Option<AllocId>,
    pub of: Vec<AllocId>,
}

impl Preemption {
    /// `None` when there is nothing to say, so that most allocations carry nothing.
    #[must_use]
    pub fn of(by: Option<AllocId>, of: Vec<AllocId>) -> Option<Box<Self>> {
        (by.is_some() || !of.is_empty()).then(|| Box::new(Self { by, of }))
    }
}

/// A port of the node given to an allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocatedPort {
    pub value: u16,
    /// Port inside the allocation's network namespace; 0 when unmapped.
    pub to: u16,
}

/// A change of what is known of an allocation because its node lost contact or has it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocState {
    pub status: ClientStatus,
    pub time: UnixNanos,
}

/// What servers want of an allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DesiredStatus {
    #[default]
    Run,
    Stop,
    Evict,
}

impl DesiredStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Stop => "stop",
            Self::Evict => "evict",
        }
    }
}

/// What the node says of an allocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientStatus {
    #[default]
    Pending,
    Running,
    Complete,
    Failed,
    Lost,
    Unknown,
}

impl ClientStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
        }
    }

    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Complete | Self::Failed | Self::Lost)
    }
}

/// Marks left by operators and drains for the next evaluation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DesiredTransition {
    /// Replace it elsewhere.
    pub migrate: bool,
    pub reschedule: bool,
    pub force_reschedule: bool,
    pub no_shutdown_delay: bool,
}
