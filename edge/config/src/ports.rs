//! `ports {}`

block! {
    /// 0 means the default.
    PortsInput {
        http: u16,
        /// Servers and agents speak to servers here.
        rpc: u16,
        /// Gossip between servers, TCP and UDP.
        serf: u16,
    }
    no_effect {}
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortsConfig {
    pub http: u16,
    pub rpc: u16,
    pub serf: u16,
}

impl PortsInput {
    pub(crate) fn decide(&self) -> PortsConfig {
        let port = |given: Option<u16>, default| given.filter(|port| *port != 0).unwrap_or(default);
        PortsConfig { http: port(self.http, 4646), rpc: port(self.rpc, 4647), serf: port(self.serf, 4648) }
    }
}
