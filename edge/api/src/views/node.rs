//! Nodes and node pools.

use std::collections::BTreeMap;

use muster_model::{DriverInfo, Node, NodeEvent};
use serde::{Deserialize, Serialize};

use super::{DrainStrategyView, LastDrainView, NodeResourcesView, ReservedView, rfc3339};

type Texts = BTreeMap<String, String>;

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeView {
    #[serde(rename = "ID")]
    pub id: String,
    /// Always empty: secrets are never shown.
    #[serde(rename = "SecretID")]
    pub secret_id: String,
    pub datacenter: String,
    pub name: String,
    #[serde(rename = "HTTPAddr")]
    pub http_addr: String,
    #[serde(rename = "TLSEnabled")]
    pub tls_enabled: bool,
    pub attributes: Texts,
    pub node_resources: NodeResourcesView,
    pub reserved_resources: ReservedView,
    pub links: Texts,
    pub meta: Texts,
    pub node_class: String,
    pub node_pool: String,
    pub computed_class: String,
    pub drain: bool,
    pub drain_strategy: Option<DrainStrategyView>,
    pub scheduling_eligibility: String,
    pub status: String,
    pub status_description: String,
    /// Unix seconds.
    pub status_updated_at: i64,
    pub events: Vec<NodeEventView>,
    pub drivers: BTreeMap<String, DriverInfoView>,
    pub host_volumes: BTreeMap<String, HostVolumeView>,
    pub last_drain: Option<LastDrainView>,
    pub host_networks: BTreeMap<String, HostNetworkView>,
    /// 0 for any number.
    pub node_max_allocs: u32,
    pub create_index: u64,
    pub modify_index: u64,
}

impl From<&Node> for NodeView {
    fn from(node: &Node) -> Self {
        Self {
            id: node.id.to_string(),
            secret_id: String::new(),
            datacenter: node.datacenter.to_string(),
            name: node.name.to_string(),
            http_addr: node.http_addr.to_string(),
            tls_enabled: false,
            attributes: texts(&node.attributes),
            node_resources: node.into(),
            reserved_resources: node.into(),
            links: Texts::new(),
            meta: texts(&node.meta),
            node_class: node.class.as_ref().map(ToString::to_string).unwrap_or_default(),
            node_pool: node.pool.to_string(),
            computed_class: node.computed_class.to_string(),
            drain: node.drain.is_some(),
            drain_strategy: node.drain.as_deref().map(Into::into),
            scheduling_eligibility: node.eligibility.as_str().to_owned(),
            status: node.status.as_str().to_owned(),
            status_description: node.status_description.as_deref().unwrap_or_default().to_owned(),
            status_updated_at: node.status_updated_at.0 / 1_000_000_000,
            events: node.events.iter().map(Into::into).collect(),
            drivers: drivers(node),
            host_volumes: host_volumes(node),
            last_drain: node.last_drain.as_deref().map(Into::into),
            host_networks: host_networks(node),
            node_max_allocs: node.capacity.max_allocs,
            create_index: node.create_index.0,
            modify_index: node.modify_index.0,
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeListStub {
    /// HTTP address without its port.
    pub address: String,
    #[serde(rename = "ID")]
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Texts>,
    pub datacenter: String,
    pub name: String,
    pub node_pool: String,
    pub node_class: String,
    pub version: String,
    pub drain: bool,
    pub scheduling_eligibility: String,
    pub status: String,
    pub status_description: String,
    pub drivers: BTreeMap<String, DriverInfoView>,
    pub host_volumes: BTreeMap<String, HostVolumeView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_resources: Option<NodeResourcesView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_resources: Option<ReservedView>,
    pub last_drain: Option<LastDrainView>,
    pub create_index: u64,
    pub modify_index: u64,
}

impl NodeListStub {
    #[must_use]
    pub fn new(node: &Node, with_resources: bool, with_os: bool) -> Self {
        let os =
            || node.attributes.get("os.name").map(|name| Texts::from([("os.name".into(), name.to_string())]));
        Self {
            address: node.http_addr.rsplit_once(':').map_or(&*node.http_addr, |(ip, _)| ip).to_owned(),
            id: node.id.to_string(),
            attributes: with_os.then(|| os().unwrap_or_default()),
            datacenter: node.datacenter.to_string(),
            name: node.name.to_string(),
            node_pool: node.pool.to_string(),
            node_class: node.class.as_ref().map(ToString::to_string).unwrap_or_default(),
            version: node.attributes.get("nomad.version").map(ToString::to_string).unwrap_or_default(),
            drain: node.drain.is_some(),
            scheduling_eligibility: node.eligibility.as_str().to_owned(),
            status: node.status.as_str().to_owned(),
            status_description: node.status_description.as_deref().unwrap_or_default().to_owned(),
            drivers: drivers(node),
            host_volumes: host_volumes(node),
            node_resources: with_resources.then(|| node.into()),
            reserved_resources: with_resources.then(|| node.into()),
            last_drain: node.last_drain.as_deref().map(Into::into),
            create_index: node.create_index.0,
            modify_index: node.modify_index.0,
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DriverInfoView {
    pub attributes: Texts,
    pub detected: bool,
    pub healthy: bool,
    pub health_description: String,
    pub update_time: String,
}

impl From<&DriverInfo> for DriverInfoView {
    fn from(driver: &DriverInfo) -> Self {
        Self {
            attributes: texts(&driver.attributes),
            detected: driver.detected,
            healthy: driver.healthy,
            health_description: driver.description.to_string(),
            update_time: rfc3339(driver.updated_at),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostVolumeView {
    pub name: String,
    pub path: String,
    pub read_only: bool,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeEventView {
    pub message: String,
    pub subsystem: String,
    pub details: Texts,
    pub timestamp: String,
    pub create_index: u64,
}

impl From<&NodeEvent> for NodeEventView {
    fn from(event: &NodeEvent) -> Self {
        Self {
            message: event.message.to_string(),
            subsystem: event.subsystem.to_string(),
            details: texts(&event.details),
            timestamp: rfc3339(event.time),
            create_index: event.create_index.0,
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeEligibilityRequest {
    #[serde(rename = "NodeID")]
    pub node_id: String,
    pub eligibility: String,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeEligibilityResponse {
    #[serde(rename = "EvalIDs")]
    pub eval_ids: Vec<String>,
    pub eval_create_index: u64,
    pub node_modify_index: u64,
    pub index: u64,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NodeUpdateResponse {
    /// Nanoseconds; 0 over HTTP.
    #[serde(rename = "HeartbeatTTL")]
    pub heartbeat_ttl: u64,
    #[serde(rename = "EvalIDs")]
    pub eval_ids: Vec<String>,
    pub eval_create_index: u64,
    pub node_modify_index: u64,
    pub index: u64,
    pub last_contact: u64,
    pub known_leader: bool,
    pub next_token: String,
}

fn texts<K: ToString, V: ToString>(map: &BTreeMap<K, V>) -> Texts {
    map.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
}

fn drivers(node: &Node) -> BTreeMap<String, DriverInfoView> {
    node.drivers.iter().map(|(name, info)| (name.to_string(), info.into())).collect()
}

fn host_volumes(node: &Node) -> BTreeMap<String, HostVolumeView> {
    let view = |(name, volume): (&muster_ids::Text, &muster_model::HostVolume)| {
        let view = HostVolumeView {
            name: name.to_string(),
            path: volume.path.to_string(),
            read_only: volume.read_only,
        };
        (name.to_string(), view)
    };
    node.host_volumes.iter().map(view).collect()
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostNetworkView {
    pub name: String,
    #[serde(rename = "CIDR")]
    pub cidr: String,
    pub interface: String,
    /// As written, such as `22,80-90`.
    pub reserved_ports: String,
}

fn host_networks(node: &Node) -> BTreeMap<String, HostNetworkView> {
    let view = |(name, network): (&muster_ids::Text, &muster_model::HostNetwork)| {
        let view = HostNetworkView {
            name: name.to_string(),
            cidr: network.cidr.to_string(),
            interface: network.interface.to_string(),
            reserved_ports: network.reserved_ports.to_string(),
        };
        (name.to_string(), view)
    };
    node.host_networks.iter().map(view).collect()
}
