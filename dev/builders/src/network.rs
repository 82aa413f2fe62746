//! Ports of a group.

use muster_model::{GroupNetwork, PortRequest};

/// A network in the mode `host`.
#[must_use]
pub fn network(ports: Vec<PortRequest>) -> GroupNetwork {
    GroupNetwork { ports, ..GroupNetwork::default() }
}

/// A port that the scheduler chooses when `static_port` is `None`, unmapped.
#[must_use]
pub fn port(label: &str, static_port: Option<u16>) -> PortRequest {
    PortRequest {
        label: label.into(),
        static_port,
        to: 0,
        host_network: "default".into(),
        ignore_collision: false,
    }
}
