//! Looks up what the loopback gate has to know of this machine.

use std::net::{IpAddr, ToSocketAddrs as _};

use muster_config::{AgentConfig, Machine};
use muster_sys::net;

/// What cannot be found out is left out: the gate refuses what needs it.
pub fn look(config: &AgentConfig) -> Machine {
    let interfaces = net::addresses().unwrap_or_default();
    let interfaces = interfaces.into_iter().map(|found| (found.interface, found.ip)).collect();
    let advertise = &config.advertise;
    let advertised = [&advertise.http, &advertise.rpc, &advertise.serf];
    let names = advertised.into_iter().flatten().filter_map(|text| {
        let host = text.rsplit_once(':').map_or(text.as_str(), |(host, _)| host);
        Some((host.to_owned(), first_address(host)?))
    });
    Machine { interfaces, default_interface: net::default_interface(), names: names.collect() }
}

/// IPv4 first: whoever is told the address may have no other.
fn first_address(host: &str) -> Option<IpAddr> {
    if host.is_empty() || host.contains(['{', ' ', '[']) || host.parse::<IpAddr>().is_ok() {
        return None;
    }
    let found: Vec<IpAddr> = (host, 0).to_socket_addrs().ok()?.map(|address| address.ip()).collect();
    found.iter().find(|ip| ip.is_ipv4()).or_else(|| found.first()).copied()
}
