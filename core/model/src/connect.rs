//! `connect`: the sidecar of a service, and its proxy.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::{Gateway, Identity, LogConfig, TaskResources, Value, VolumeMount};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connect {
    pub native: bool,
    pub sidecar_service: Option<Box<SidecarService>>,
    pub sidecar_task: Option<Box<SidecarTask>>,
    pub gateway: Option<Box<Gateway>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SidecarService {
    pub tags: Vec<Text>,
    pub port: Text,
    pub proxy: Option<Box<Proxy>>,
    pub disable_default_tcp_check: bool,
    pub meta: BTreeMap<String, Text>,
}

/// What is laid over the proxy's task; absent members keep the proxy's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SidecarTask {
    pub name: Text,
    pub driver: Text,
    pub user: Text,
    pub config: BTreeMap<String, Value>,
    pub env: BTreeMap<String, Text>,
    pub resources: Option<Box<TaskResources>>,
    pub meta: BTreeMap<String, Text>,
    pub kill_timeout: Option<Duration>,
    pub logs: Option<LogConfig>,
    pub shutdown_delay: Option<Duration>,
    pub kill_signal: Text,
    pub volume_mounts: Vec<VolumeMount>,
    pub identities: Vec<Identity>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proxy {
    pub local_service_address: Text,
    pub local_service_port: u16,
    pub upstreams: Vec<Upstream>,
    pub expose: Option<Box<Expose>>,
    pub transparent_proxy: Option<Box<TransparentProxy>>,
    pub config: BTreeMap<String, Value>,
}

/// A port of another service that the proxy opens locally.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upstream {
    pub destination_name: Text,
    pub destination_namespace: Text,
    pub destination_partition: Text,
    pub destination_peer: Text,
    pub destination_type: Text,
    pub local_bind_port: u16,
    pub datacenter: Text,
    pub local_bind_address: Text,
    pub local_bind_socket_path: Text,
    pub local_bind_socket_mode: Text,
    pub mesh_gateway: MeshGateway,
    pub config: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MeshGateway {
    pub mode: Text,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expose {
    pub paths: Vec<ExposePath>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExposePath {
    pub path: Text,
    pub protocol: Text,
    pub local_path_port: u16,
    pub listener_port: Text,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransparentProxy {
    pub uid: Text,
    pub outbound_port: u16,
    pub exclude_inbound_ports: Vec<Text>,
    pub exclude_outbound_ports: Vec<u16>,
    pub exclude_outbound_cidrs: Vec<Text>,
    pub exclude_uids: Vec<Text>,
    pub no_dns: bool,
}
