//! What the gate has to know of the machine; whoever starts an agent looks it up.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// Addresses of this machine, and of the names that its configuration advertises.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Interfaces that are up, in the system's order; an interface with several addresses comes several times.
    pub interfaces: Vec<(String, IpAddr)>,
    /// The interface of the default route.
    pub default_interface: Option<String>,
    /// First address of each name.
    pub names: BTreeMap<String, IpAddr>,
}

impl Machine {
    /// The address that others most likely reach this machine at: a private one of the default route's interface, any
    /// private one, then any other. IPv4 first.
    #[must_use]
    pub fn reachable(&self) -> Option<IpAddr> {
        let default = |name: &str| self.default_interface.as_deref() == Some(name);
        let outside = || self.interfaces.iter().filter(|(_, ip)| !ip.is_loopback() && !link_local(*ip));
        let rank = |(name, ip): &&(String, IpAddr)| (!private(*ip), !ip.is_ipv4(), !default(name));
        outside().min_by_key(rank).map(|(_, ip)| *ip)
    }
}

/// RFC 1918, RFC 6598 and RFC 4193.
pub(super) fn private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || matches!(ip.octets(), [100, 64..=127, ..]),
        IpAddr::V6(ip) => ip.is_unique_local(),
    }
}

pub(super) fn link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_private_address_of_the_default_route_is_preferred() {
        let ips = |list: &[(&str, &str)]| -> Vec<(String, IpAddr)> {
            list.iter().map(|(name, ip)| ((*name).to_owned(), ip.parse().unwrap())).collect()
        };
        let mut machine = Machine {
            interfaces: ips(&[
                ("lo", "127.0.0.1"),
                ("eth0", "fe80::1"),
                ("eth1", "10.1.0.1"),
                ("eth0", "203.0.113.9"),
                ("eth0", "10.0.0.1"),
            ]),
            default_interface: Some("eth0".to_owned()),
            names: BTreeMap::new(),
        };
        assert_eq!(machine.reachable(), Some("10.0.0.1".parse().unwrap()));
        machine.interfaces.truncate(4);
        assert_eq!(machine.reachable(), Some("10.1.0.1".parse().unwrap()));
        machine.interfaces.truncate(2);
        assert_eq!(machine.reachable(), None);
    }
}
