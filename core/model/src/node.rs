//! A client agent as the servers see it.

use std::collections::BTreeMap;

use muster_ids::{
    Datacenter, DriverName, Index, Namespace, NodeClass, NodeId, NodePool, RootKeyId, Text, UnixNanos,
};
use serde::{Deserialize, Serialize};

use crate::glob::glob_matches;
use crate::{DeviceGroup, DrainStrategy, LastDrain, Resources};

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
    /// Networks that the operator named, as configured; their addresses are in the capacity.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub host_networks: BTreeMap<Text, HostNetwork>,
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
    /// The root key that its newest identity is signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_key: Option<RootKeyId>,
    pub create_index: Index,
    pub modify_index: Index,
}

/// The attribute in which an agent says whose work it takes: names of namespaces or globs, with commas between them.
pub const ACCEPTED_NAMESPACES: &str = "accept.namespaces";

impl Node {
    /// Whether the node's agent takes work of this namespace, as far as it has said; it judges that for itself again.
    #[must_use]
    pub fn accepts_namespace(&self, namespace: &Namespace) -> bool {
        let Some(globs) = self.attributes.get(ACCEPTED_NAMESPACES) else { return true };
        globs.split(',').any(|glob| glob_matches(glob.trim(), namespace.as_str()))
    }

    pub const MAX_EVENTS: usize = 10;

    /// What allocations may take: capacity less what the operator reserved.
    #[must_use]
    pub fn allocatable(&self) -> Resources {
        let reservable = self.capacity.topology.iter().filter(|core| core.reservable).count();
        let total = Resources {
            cores: u32::try_from(reservable).unwrap_or(u32::MAX),
            allocs: if self.capacity.max_allocs == 0 { u32::MAX } else { self.capacity.max_allocs },
            ..self.capacity.total
        };
        total.minus(self.reserved.resources)
    }

    /// Whether the operator keeps the port: on every address, or on this one. `None` is the node's own address.
    #[must_use]
    pub fn reserves_port(&self, address: Option<&str>, port: u16) -> bool {
        let address = address.unwrap_or(&self.capacity.ip);
        let mut there = self.capacity.addresses.iter().filter(|one| *one.ip == *address);
        self.reserved.ports.contains(&port) || there.any(|one| one.reserved_ports.contains(&port))
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
    /// The cores one by one, ascending; empty when the node does not tell them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topology: Vec<Core>,
    /// The address allocations of this node are reached at.
    pub ip: Text,
    pub network_device: Text,
    /// Inclusive range that dynamic ports are drawn from.
    pub min_dynamic_port: u16,
    pub max_dynamic_port: u16,
    /// Addresses of the host networks that the operator named, by network and address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<NodeAddress>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceGroup>,
    /// How many allocations may be here at once; 0 for any number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub max_allocs: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl NodeCapacity {
    /// Addresses of a host network, in order. The network `default` is the node's own address, which stands as `None`
    /// wherever it is part of another network, too: a port can be bound only once on it.
    pub fn network<'a>(&'a self, name: &'a str) -> impl Iterator<Item = Option<&'a Text>> {
        let own = (name == HostNetwork::DEFAULT).then_some(None);
        let named = self.addresses.iter().filter(move |one| *one.network == *name);
        own.into_iter().chain(named.map(|one| Some(&one.ip).filter(|ip| **ip != self.ip)))
    }

    /// Whether the node still has an address that a port may be bound to.
    #[must_use]
    pub fn has_address(&self, ip: &str) -> bool {
        self.addresses.iter().any(|one| *one.ip == *ip)
    }
}

/// A processor core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Core {
    pub id: u16,
    /// Its part of the node's compute.
    pub mhz: u32,
    /// Clocks as the machine tells them; 0 where it does not.
    #[serde(default)]
    pub base_mhz: u32,
    #[serde(default)]
    pub max_mhz: u32,
    #[serde(default)]
    pub socket: u16,
    /// The memory it is near.
    #[serde(default)]
    pub numa: u16,
    /// Made to save power, on machines of two kinds.
    #[serde(default)]
    pub efficient: bool,
    /// Whether work may have it to itself.
    pub reservable: bool,
}

/// An address of a host network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeAddress {
    pub network: Text,
    pub ip: Text,
    pub interface: Text,
    /// Ports that the operator keeps on this address, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved_ports: Vec<u16>,
}

/// A host network as the operator describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostNetwork {
    /// Chooses the addresses in it; all when empty.
    pub cidr: Text,
    /// Chooses the addresses of one interface; those of all when empty.
    pub interface: Text,
    /// As written, such as `22,80-90`.
    pub reserved_ports: Text,
}

impl HostNetwork {
    /// The network of ports that name none.
    pub const DEFAULT: &'static str = "default";
}

/// What the operator keeps for the system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reserved {
    pub resources: Resources,
    pub ports: Vec<u16>,
    /// Core ids, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cores: Vec<u16>,
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
