//! `client { host_network "name" {} }`

use muster_ids::Text;
use muster_model::{Cidr, HostNetwork};

use crate::decide::Findings;
use crate::ranges;

block! {
    HostNetworkInput {
        cidr: String,
        interface: String,
        /// Such as `22,80,8500-8600`.
        reserved_ports: String,
    }
    no_effect {}
}

/// A network that ports of jobs can name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostNetworkConfig {
    pub network: HostNetwork,
    /// Sorted.
    pub reserved_ports: Vec<u16>,
}

impl HostNetworkInput {
    pub(crate) fn decide(self, name: &str, findings: &mut Findings) -> HostNetworkConfig {
        let at = |what: &str| format!("client.host_network.{name}.{what}");
        let cidr = self.cidr.unwrap_or_default();
        if !cidr.is_empty() {
            findings.take(cidr.parse::<Cidr>().map_err(|error| format!("{} invalid: {error}", at("cidr"))));
        }
        let interface = self.interface.unwrap_or_default();
        if interface.contains("{{") {
            findings.error(format!(
                "{} is a template, which is not supported: name the interface",
                at("interface")
            ));
        }
        let written = self.reserved_ports.unwrap_or_default();
        let ports = ranges::parse(&written).map_err(|why| format!("{} invalid: {why}", at("reserved_ports")));
        HostNetworkConfig {
            network: HostNetwork {
                cidr: Text::from(cidr),
                interface: Text::from(interface),
                reserved_ports: Text::from(written),
            },
            reserved_ports: findings.take(ports).unwrap_or_default(),
        }
    }
}
