//! `unique.network.*`: the address that allocations of this node are reached at.
//!
//! Found without sending anything: a datagram socket "connected" to a public address tells which local address the
//! kernel would use. A machine without a route is reached on loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use super::Attributes;
use crate::ClientConfig;

pub struct Network {
    pub attributes: Attributes,
    pub ip: String,
    pub device: String,
}

pub fn inspect(config: &ClientConfig) -> Network {
    let ip = config.network_ip.unwrap_or_else(|| default_address(config));
    let device = device_of(config, ip);
    let attributes = Attributes::from([("unique.network.ip-address".into(), ip.to_string())]);
    Network { attributes, ip: ip.to_string(), device }
}

/// The address facing the servers; a development agent, whose server is on loopback, keeps to loopback.
fn default_address(config: &ClientConfig) -> IpAddr {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    if config.dev {
        return loopback;
    }
    let remote = config.servers.iter().copied().find(|server| !server.ip().is_loopback());
    // TEST-NET-1: never assigned, routed like any other address.
    let remote = remote.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 9)));
    local_address_towards(remote).filter(|ip| !ip.is_unspecified()).unwrap_or(loopback)
}

fn local_address_towards(remote: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = if remote.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0_u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(remote).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The configured interface, else the one of the default route; loopback for a loopback address.
fn device_of(config: &ClientConfig, ip: IpAddr) -> String {
    if let Some(device) = &config.network_interface {
        return device.clone();
    }
    if ip.is_loopback() {
        return "lo".to_owned();
    }
    muster_sys::net::default_interface().unwrap_or_default()
}
