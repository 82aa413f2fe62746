//! Desired state, versioned.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use muster_ids::{Datacenter, Index, JobId, Namespace, NodePool, Region, Text, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::{
    Affinity, Constraint, Group, JobUi, JobUpdate, Multiregion, Parameterized, Payload, Periodic, Shared,
    Spread, VersionTag,
};

/// A job as it is stored: the specification and what the servers added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    pub id: JobId,
    pub name: Text,
    pub namespace: Namespace,
    pub region: Region,
    pub kind: JobType,
    /// 1..=32766; 50 unless given.
    pub priority: u16,
    pub all_at_once: bool,
    /// May hold globs; `*` means every datacenter.
    pub datacenters: Vec<Datacenter>,
    pub node_pool: NodePool,
    pub constraints: Vec<Constraint>,
    pub affinities: Vec<Affinity>,
    pub spreads: Vec<Spread>,
    pub meta: BTreeMap<String, Text>,
    pub groups: Shared<Vec<Group>>,
    /// Service and system jobs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<JobUpdate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub periodic: Option<Box<Periodic>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameterized: Option<Arc<Parameterized>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multiregion: Option<Box<Multiregion>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui: Option<Box<JobUi>>,

    // Kept by the servers; not part of what `same_spec` compares.
    /// What a dispatched job works on; `None` for any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Payload>,
    /// The periodic or parameterized job that made this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<JobId>,
    /// Made by a dispatch: its `parameterized` block says what it was made with, and it runs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dispatched: bool,
    /// Under which a dispatch asked to be done once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispatch_token: Option<Text>,
    pub status: JobStatus,
    pub stop: bool,
    pub version: u64,
    /// Its rollout succeeded, or an operator said so: what a failed rollout goes back to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version_tag: Option<Box<VersionTag>>,
    pub submit_time: UnixNanos,
    pub create_index: Index,
    pub modify_index: Index,
    /// Changes only with the specification; the index that check-and-set compares.
    pub job_modify_index: Index,
}

impl Job {
    #[must_use]
    pub fn key(&self) -> JobKey {
        JobKey { namespace: self.namespace.clone(), id: self.id.clone() }
    }

    #[must_use]
    pub fn group(&self, name: &str) -> Option<(u16, &Group)> {
        let position = self.groups.iter().position(|group| group.name.as_str() == name)?;
        Some((u16::try_from(position).ok()?, self.groups.get(position)?))
    }

    /// Runs only as its dispatched children.
    #[must_use]
    pub const fn is_parameterized(&self) -> bool {
        self.parameterized.is_some() && !self.dispatched
    }

    #[must_use]
    pub const fn is_periodic(&self) -> bool {
        self.periodic.is_some()
    }

    /// Whether children start at its times: not while it is stopped, disabled, or itself a template to dispatch.
    #[must_use]
    pub fn follows_schedule(&self) -> bool {
        self.periodic.as_ref().is_some_and(|periodic| periodic.enabled)
            && !self.stop
            && !self.is_parameterized()
    }

    /// Whether it runs as children only: nothing of it is ever placed.
    #[must_use]
    pub const fn makes_children(&self) -> bool {
        self.is_parameterized() || self.is_periodic()
    }

    /// The key of the job that made this one.
    #[must_use]
    pub fn parent_key(&self) -> Option<JobKey> {
        let id = self.parent_id.clone()?;
        Some(JobKey { namespace: self.namespace.clone(), id })
    }

    /// What `existing`, whose next version this becomes, was made with.
    pub fn stay_child_of(&mut self, existing: &Self) {
        self.payload.clone_from(&existing.payload);
        self.parent_id.clone_from(&existing.parent_id);
        self.dispatched = existing.dispatched;
        self.dispatch_token.clone_from(&existing.dispatch_token);
    }

    /// Whether `other` asks for the same thing, whatever the servers keep beside it.
    #[must_use]
    pub fn same_spec(&self, other: &Self) -> bool {
        let mut other = other.clone();
        other.stay_child_of(self);
        other.status = self.status;
        other.stop = self.stop;
        other.version = self.version;
        other.stable = self.stable;
        other.version_tag.clone_from(&self.version_tag);
        other.submit_time = self.submit_time;
        other.create_index = self.create_index;
        other.modify_index = self.modify_index;
        other.job_modify_index = self.job_modify_index;
        *self == other
    }
}

/// What identifies a job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobKey {
    pub namespace: Namespace,
    pub id: JobId,
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.id)
    }
}

/// How a job's allocations are placed and what their end means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum JobType {
    /// `count` instances, kept running.
    Service,
    /// `count` instances, run to completion.
    Batch,
    /// One instance on every feasible node, kept running.
    System,
    /// One instance on every feasible node, run to completion.
    Sysbatch,
}

impl JobType {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Batch => "batch",
            Self::System => "system",
            Self::Sysbatch => "sysbatch",
        }
    }

    /// Whether a task that ends with success is done rather than to be restarted.
    #[must_use]
    pub const fn runs_to_completion(self) -> bool {
        matches!(self, Self::Batch | Self::Sysbatch)
    }

    /// Whether one instance runs on each feasible node.
    #[must_use]
    pub const fn is_per_node(self) -> bool {
        matches!(self, Self::System | Self::Sysbatch)
    }
}

impl fmt::Display for JobType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no job type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown job type `{0}`; expected service, batch, system or sysbatch")]
pub struct JobTypeError(pub String);

impl FromStr for JobType {
    type Err = JobTypeError;

    fn from_str(text: &str) -> Result<Self, JobTypeError> {
        match text {
            "service" => Ok(Self::Service),
            "batch" => Ok(Self::Batch),
            "system" => Ok(Self::System),
            "sysbatch" => Ok(Self::Sysbatch),
            _ => Err(JobTypeError(text.to_owned())),
        }
    }
}

/// Derived from a job's allocations and evaluations:
///
/// ```text
///   pending --first live alloc--> running --no live alloc or eval--> dead
///      ^------------------- registered again ------------------------'
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobStatus {
    #[default]
    Pending,
    Running,
    Dead,
}

impl JobStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Dead => "dead",
        }
    }
}

/// The source text a job version was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSubmission {
    pub source: Text,
    pub format: SourceFormat,
    pub variable_flags: BTreeMap<String, Text>,
    pub variables: Text,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceFormat {
    Hcl2,
    Json,
}
