//! `network`: ports and mode. Absent members are left out of the answer.

use serde::{Deserialize, Serialize};

use super::TextMap;
use crate::wire::wire;

/// The network of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct NetworkInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    #[serde(rename = "CIDR", skip_serializing_if = "Option::is_none")]
    pub cidr: Option<String>,
    #[serde(rename = "IP", skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    #[serde(rename = "MBits", skip_serializing_if = "Option::is_none")]
    pub mbits: Option<i64>,
    #[serde(rename = "DNS", skip_serializing_if = "Option::is_none")]
    pub dns: Option<DnsInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved_ports: Option<Vec<PortInput>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_ports: Option<Vec<PortInput>>,
    #[serde(rename = "CNI", skip_serializing_if = "Option::is_none")]
    pub cni: Option<CniInput>,
}

/// A labelled port.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct PortInput {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The static port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    /// Port in the network namespace; -1 means the same as on the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_network: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignore_collision: Option<bool>,
}

wire! {
    /// Name resolution.
    DnsInput => Dns {
        servers: Vec<String>,
        searches: Vec<String>,
        options: Vec<String>,
    }

    /// Arguments for CNI plugins.
    CniInput => Cni {
        args: TextMap,
    }
}
