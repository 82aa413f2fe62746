//! The host networks that the operator named, and the addresses of this machine that are part of them.

use std::collections::BTreeMap;

use muster_ids::Text;
use muster_model::{Cidr, HostNetwork, NodeAddress};
use muster_sys::net::InterfaceAddress;

use crate::{ClientConfig, NamedNetwork};

pub fn configured(config: &ClientConfig) -> BTreeMap<Text, HostNetwork> {
    config.host_networks.iter().map(|(name, named)| (Text::clone(name), named.network.clone())).collect()
}

/// By network, then by interface and address.
pub fn find(config: &ClientConfig) -> Vec<NodeAddress> {
    if config.host_networks.is_empty() {
        return Vec::new();
    }
    let all = muster_sys::net::addresses().unwrap_or_default();
    config.host_networks.iter().flat_map(|(name, named)| of_network(name, named, &all)).collect()
}

pub(super) fn of_network(name: &Text, named: &NamedNetwork, all: &[InterfaceAddress]) -> Vec<NodeAddress> {
    let network = &named.network;
    // A range that is none chooses nothing; the configuration refuses it anyway.
    let range: Option<Cidr> = network.cidr.parse().ok();
    let chosen = |address: &&InterfaceAddress| {
        (network.cidr.is_empty() || range.is_some_and(|range| range.contains(address.ip)))
            && (network.interface.is_empty() || *address.interface == *network.interface)
    };
    let address = |address: &InterfaceAddress| NodeAddress {
        network: Text::clone(name),
        ip: address.ip.to_string().into(),
        interface: address.interface.as_str().into(),
        reserved_ports: named.reserved_ports.clone(),
    };
    all.iter().filter(chosen).map(address).collect()
}
