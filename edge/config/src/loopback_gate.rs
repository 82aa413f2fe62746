//! Insecure never leaves loopback (promise P2): which addresses an agent may serve and join.
//!
//! ```text
//! every bind, advertise and join address ── on loopback ──► served
//!                                        └─ beyond ───────► mutual TLS, ACLs and (servers) a gossip key are required
//! ```
//!
//! Policies and encrypted gossip do not exist yet in this version, so that an agent that reaches beyond loopback is
//! refused whatever else is configured; the refusal tells which controls are missing all the same. Pure: names are not looked up, so only
//! `localhost` and loopback addresses count as loopback.

mod address;
mod refusal;

use std::net::SocketAddr;

use self::address::{Reach, host_and_port, reach};
use crate::agent::AgentConfig;

pub use self::refusal::{Control, GateRefusal, Offence};

/// Where the agent serves and what it tells others; all on loopback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveAddresses {
    /// At least one.
    pub http: Vec<SocketAddr>,
    pub rpc: SocketAddr,
    pub serf: SocketAddr,
    pub advertise_http: SocketAddr,
    pub advertise_rpc: SocketAddr,
    pub advertise_serf: SocketAddr,
}

const LOOPBACK: &str = "127.0.0.1";

/// Lets an agent pass that stays on loopback.
///
/// # Errors
/// Names every address beyond loopback with the controls it would need, and how to supply them.
pub fn check_loopback(config: &AgentConfig) -> Result<EffectiveAddresses, GateRefusal> {
    let mut gate = Gate { offences: Vec::new() };
    let bind = config.bind_addr.as_deref().unwrap_or(LOOPBACK);
    let ports = config.ports;
    if config.bind_addr.is_some() {
        gate.bound("bind_addr", bind, 0);
    }
    let addresses = &config.addresses;
    let mut http: Vec<_> =
        addresses.http.iter().map(|text| gate.bound("addresses.http", text, ports.http)).collect();
    if http.is_empty() {
        http.push(socket(bind, ports.http));
    }
    let rpc = gate.bound_or(bind, "addresses.rpc", addresses.rpc.as_deref(), ports.rpc);
    let serf = gate.bound_or(bind, "addresses.serf", addresses.serf.as_deref(), ports.serf);
    let first = http.first().copied().flatten();
    let advertise = &config.advertise;
    let advertise_http = gate.advertised("advertise.http", advertise.http.as_deref(), first, ports.http);
    let advertise_rpc = gate.advertised("advertise.rpc", advertise.rpc.as_deref(), rpc, ports.rpc);
    let advertise_serf = gate.advertised("advertise.serf", advertise.serf.as_deref(), serf, ports.serf);
    gate.joined(config);

    let effective = || {
        Some(EffectiveAddresses {
            http: http.into_iter().collect::<Option<_>>()?,
            rpc: rpc?,
            serf: serf?,
            advertise_http: advertise_http?,
            advertise_rpc: advertise_rpc?,
            advertise_serf: advertise_serf?,
        })
    };
    match effective() {
        Some(effective) if gate.offences.is_empty() => Ok(effective),
        _ => Err(GateRefusal { offences: gate.offences, missing: missing(config) }),
    }
}

/// The controls that are not configured.
fn missing(config: &AgentConfig) -> Vec<Control> {
    let gossip = config.server.as_ref().is_none_or(|server| server.encrypt.is_some());
    let controls = [
        (Control::MutualTls, config.tls.is_mutual()),
        (Control::Acls, config.acl.enabled),
        (Control::GossipKey, gossip),
    ];
    controls.into_iter().filter(|(_, present)| !present).map(|(control, _)| control).collect()
}

struct Gate {
    offences: Vec<Offence>,
}

impl Gate {
    /// Judges one address; its own port, if it has one, wins. `None` and an offence when it is not on loopback.
    fn judge(&mut self, key: &'static str, text: &str, port: u16) -> Option<SocketAddr> {
        let judged = host_and_port(text).map_or(Reach::Beyond("is not an address"), |(host, own_port)| {
            match reach(host) {
                Reach::Loopback(ip, _) => Reach::Loopback(ip, own_port),
                beyond => beyond,
            }
        });
        match judged {
            Reach::Loopback(ip, own_port) => Some(SocketAddr::new(ip, own_port.unwrap_or(port))),
            Reach::Beyond(why) => {
                self.offences.push(Offence { key, address: text.to_owned(), why });
                None
            }
        }
    }

    /// An address to bind has no port of its own.
    fn bound(&mut self, key: &'static str, text: &str, port: u16) -> Option<SocketAddr> {
        match reach(text) {
            Reach::Loopback(ip, _) => Some(SocketAddr::new(ip, port)),
            Reach::Beyond(why) => {
                self.offences.push(Offence { key, address: text.to_owned(), why });
                None
            }
        }
    }

    fn bound_or(
        &mut self,
        bind: &str,
        key: &'static str,
        text: Option<&str>,
        port: u16,
    ) -> Option<SocketAddr> {
        match text {
            Some(text) => self.bound(key, text, port),
            None => socket(bind, port),
        }
    }

    fn advertised(
        &mut self,
        key: &'static str,
        text: Option<&str>,
        bound: Option<SocketAddr>,
        port: u16,
    ) -> Option<SocketAddr> {
        match text {
            Some(text) => self.judge(key, text, port),
            None => bound,
        }
    }

    fn joined(&mut self, config: &AgentConfig) {
        if let Some(server) = &config.server {
            for text in &server.server_join.start_join {
                self.judge("server.server_join.start_join", text, config.ports.serf);
            }
            for text in &server.server_join.retry_join {
                self.judge("server.server_join.retry_join", text, config.ports.serf);
            }
        }
        if let Some(client) = &config.client {
            for text in &client.servers {
                self.judge("client.servers", text, config.ports.rpc);
            }
            for text in client.server_join.start_join.iter().chain(&client.server_join.retry_join) {
                self.judge("client.server_join", text, config.ports.rpc);
            }
        }
    }
}

/// The address of a service that is bound at `bind_addr`, whose own offence is noted already.
fn socket(bind: &str, port: u16) -> Option<SocketAddr> {
    match reach(bind) {
        Reach::Loopback(ip, _) => Some(SocketAddr::new(ip, port)),
        Reach::Beyond(_) => None,
    }
}
