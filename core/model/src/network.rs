//! Ports and network modes of a group.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupNetwork {
    pub mode: NetworkMode,
    pub ports: Vec<PortRequest>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkMode {
    #[default]
    Host,
    None,
    Bridge,
    Cni(Text),
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
}
