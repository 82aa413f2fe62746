//! A client agent as the servers see it.

use std::collections::BTreeMap;

use muster_ids::{Datacenter, DriverName, Index, NodeClass, NodeId, NodePool, Text, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::{DrainStrategy, LastDrain, Resources};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    pub id: NodeId,
    pub name: Text,
    pub datacenter: Datacenter,
    pub pool: NodePool,
    pub class: Option<NodeClass>,
    /// `host:port` of the node's HTTP API.
    pub http_addr: Text,
    /// Fingerprinted facts, keyed as `${attr.…}` names them.
    pub attributes: BTreeMap<Text, Text>,
    /// Operator-given facts, keyed as `${meta.…}` names them.
    pub meta: BTreeMap<Text, Text>,
    pub capacity: NodeCapacity,
    pub reserved: Reserved,
    pub drivers: BTreeMap<DriverName, DriverInfo>,
    pub host_volumes: BTreeMap<Text, HostVolume>,
    /// Hash of everything but `unique.*`; nodes of one class are alike to every non-escaping constraint.
    pub computed_class: Text,

    // Kept by the servers.
    pub status: NodeStatus,
    pub status_description: Option<Text>,
    pub eligibility: Eligibility,
    pub status_updated_at: UnixNanos,
    /// The newest ten, oldest first.
    pub events: Vec<NodeEvent>,
    /// Set while it is being emptied; it is ineligible then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<Box<DrainStrategy>>,
    /// Its newest drain, over or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_drain: Option<Box<LastDrain>>,
    pub create_index: Index,
    pub modify_index: Index,
}

impl Node {
    pub const MAX_EVENTS: usize = 10;

    /// What allocations may take: capacity less what the operator reserved.
    #[must_use]
    pub fn allocatable(&self) -> Resources {
        self.capacity.total.minus(self.reserved.resources)
    }

    /// Whether new work may be placed here.
    #[must_use]
    pub fn accepts_work(&self) -> bool {
        self.status == NodeStatus::Ready && self.eligibility == Eligibility::Eligible
    }

    /// Appends, dropping the oldest event when full.
    pub fn push_event(&mut self, event: NodeEvent) {
        if self.events.len() >= Self::MAX_EVENTS {
            self.events.remove(0);
        }
        self.events.push(event);
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeCapacity {
    pub total: Resources,
    pub cores: u16,
    /// The address allocations of this node are reached at.
    pub ip: Text,
    pub network_device: Text,
    /// Inclusive range that dynamic ports are drawn from.
    pub min_dynamic_port: u16,
    pub max_dynamic_port: u16,
}

/// What the operator keeps for the system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reserved {
    pub resources: Resources,
    pub ports: Vec<u16>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DriverInfo {
    pub detected: bool,
    pub healthy: bool,
    pub description: Text,
    pub attributes: BTreeMap<Text, Text>,
    pub updated_at: UnixNanos,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostVolume {
    pub path: Text,
    pub read_only: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeEvent {
    pub time: UnixNanos,
    /// `Cluster`, `Drain`, `Driver`, `Heartbeat`.
    pub subsystem: Text,
    pub message: Text,
    /// What a program may want to know beside the message.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<Text, Text>,
    pub create_index: Index,
}

/// ```text
///   initializing -> ready <-> down
///                   ready <-> disconnected -> down
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeStatus {
    #[default]
    Initializing,
    Ready,
    Down,
    Disconnected,
}

impl NodeStatus {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initializing => "initializing",
            Self::Ready => "ready",
            Self::Down => "down",
            Self::Disconnected => "disconnected",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Eligibility {
    #[default]
    Eligible,
    Ineligible,
}

impl Eligibility {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eligible => "eligible",
            Self::Ineligible => "ineligible",
        }
    }
}
