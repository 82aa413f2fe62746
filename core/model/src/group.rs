//! Tasks placed together.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{GroupName, Text};
use serde::{Deserialize, Serialize};

use crate::{
    Affinity, Cleanup, Constraint, Consul, Disconnect, GroupNetwork, Migrate, PortRequest, ReschedulePolicy,
    Resources, RestartPolicy, ScalingPolicy, Service, Spread, Task, UpdateStrategy, VolumeRequest,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub name: GroupName,
    /// Instances wanted; of system jobs at most 1, of sysbatch jobs as many, on every node.
    pub count: u32,
    pub constraints: Vec<Constraint>,
    pub affinities: Vec<Affinity>,
    pub spreads: Vec<Spread>,
    pub meta: BTreeMap<String, Text>,
    pub restart: RestartPolicy,
    /// `None` for system and sysbatch jobs, which never move.
    pub reschedule: Option<ReschedulePolicy>,
    pub ephemeral_disk: EphemeralDisk,
    pub network: Option<GroupNetwork>,
    pub shutdown_delay: Duration,
    /// `None` leaves what an ended allocation wrote to garbage collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cleanup: Option<Cleanup>,
    pub tasks: Vec<Task>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// By the name that mounts refer to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<String, VolumeRequest>,
    /// Service and system jobs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Box<UpdateStrategy>>,
    /// Service jobs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migrate: Option<Box<Migrate>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnect: Option<Box<Disconnect>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Box<ScalingPolicy>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consul: Option<Box<Consul>>,
    /// Batch and sysbatch jobs only: when an allocation that still runs is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_run_duration: Option<Duration>,
}

impl Group {
    /// What one allocation of this group takes from any node. What reserved cores add up to in MHz is the node's to
    /// say: see [`crate::Share`].
    #[must_use]
    pub fn ask(&self) -> Resources {
        let one =
            Resources { disk_mb: u64::from(self.ephemeral_disk.size_mb), allocs: 1, ..Resources::default() };
        self.tasks.iter().fold(one, |sum, task| {
            sum.plus(Resources {
                cpu_mhz: u64::from(task.resources.cpu_mhz),
                memory_mb: u64::from(task.resources.memory_mb),
                cores: u32::from(task.resources.cores),
                ..Resources::default()
            })
        })
    }

    /// The ports asked for, in the order in which allocations hold them.
    #[must_use]
    pub fn port_requests(&self) -> &[PortRequest] {
        self.network.as_ref().map_or(&[], |network| network.ports.as_slice())
    }

    /// Preferences for nodes: the group's own and those of its tasks, since an allocation is placed as a whole.
    pub fn all_affinities(&self) -> impl Iterator<Item = &Affinity> {
        self.affinities.iter().chain(self.tasks.iter().flat_map(|task| &task.affinities))
    }

    /// How its allocations are replaced by a newer version's; `None` when all may go at once, without a deployment.
    #[must_use]
    pub fn rollout(&self) -> Option<&UpdateStrategy> {
        self.update.as_deref().filter(|strategy| strategy.max_parallel > 0)
    }

    #[must_use]
    pub fn task(&self, name: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.name.as_str() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EphemeralDisk {
    pub size_mb: u32,
    pub sticky: bool,
    pub migrate: bool,
}
