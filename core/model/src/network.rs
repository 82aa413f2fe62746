//! Ports and network modes of a group.

use std::collections::BTreeMap;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupNetwork {
    pub mode: NetworkMode,
    pub ports: Vec<PortRequest>,
    /// Name inside the allocation's network namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hostname: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns: Option<Box<Dns>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cni: Option<Box<Cni>>,
    /// Kept as written; the node's own network counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cidr: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<Text>,
}

/// Name resolution inside the allocation's network namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dns {
    pub servers: Vec<Text>,
    pub searches: Vec<Text>,
    pub options: Vec<Text>,
}

/// Arguments for CNI plugins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cni {
    pub args: BTreeMap<String, Text>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkMode {
    #[default]
    Host,
    None,
    Bridge,
    Cni(Text),
}

impl NetworkMode {
    /// As job files have it.
    #[must_use]
    pub fn name(&self) -> Text {
        match self {
            Self::Host => "host".into(),
            Self::None => "none".into(),
            Self::Bridge => "bridge".into(),
            Self::Cni(name) => format!("cni/{name}").into(),
        }
    }
}

/// One labelled port. Labels are unique in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRequest {
    pub label: Text,
    /// The host port asked for; `None` lets the scheduler choose one of the node's dynamic range.
    pub static_port: Option<u16>,
    /// Port inside the network namespace: 0 unmapped, -1 same as the host port.
    pub to: i32,
    pub host_network: Text,
    /// Whether others may have the same static port; mode `host` only.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_collision: bool,
}
