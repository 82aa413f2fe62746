//! Insecure never leaves loopback (promise P2): which addresses an agent may serve and join.
//!
//! ```text
//! every bind, advertise and join address ── on loopback ──► served
//!                                        └─ beyond ───────► mutual TLS, ACLs and (servers) a gossip key are required,
//!                                                           or waived by name (`insecure_allow`)
//! ```
//!
//! Without `bind_addr`, an agent that has all controls serves every interface, as Nomad does, and any other serves
//! loopback. Pure: what the machine's addresses are is an input, and names to join are not looked up, so that only
//! `localhost` and loopback addresses count as loopback.

mod address;
mod machine;
mod refusal;
mod template;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use self::address::{Reach, host_and_port, reach};
use crate::agent::AgentConfig;
use crate::insecure::Waiver;

pub use self::machine::Machine;
pub use self::refusal::{Control, GateRefusal, Offence};

/// Where the agent serves and what it tells others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveAddresses {
    /// At least one.
    pub http: Vec<SocketAddr>,
    pub rpc: SocketAddr,
    pub serf: SocketAddr,
    pub advertise_http: SocketAddr,
    pub advertise_rpc: SocketAddr,
    pub advertise_serf: SocketAddr,
    /// Whether anything is served or joined beyond loopback.
    pub beyond_loopback: bool,
    /// Controls that are missing although something is, because the operator does without; each is to be told loudly.
    pub waived: Vec<Waiver>,
}

/// Lets an agent pass that stays on loopback or has what it takes to leave it.
///
/// # Errors
/// Names every address beyond loopback with the controls it would need and how to supply them, and what is no address.
pub fn check_loopback(config: &AgentConfig, machine: &Machine) -> Result<EffectiveAddresses, GateRefusal> {
    let secured = unmet(config).is_empty();
    let mut gate = Gate { machine, offences: Vec::new(), faults: Vec::new() };
    let bind = match &config.bind_addr {
        Some(bind) => bind.clone(),
        // A machine with nothing but loopback cannot be reached by others anyway.
        None if secured && !config.dev && machine.reachable().is_some() => Ipv4Addr::UNSPECIFIED.to_string(),
        None => Ipv4Addr::LOCALHOST.to_string(),
    };
    if config.bind_addr.is_some() {
        gate.bound("bind_addr", &bind, 0);
    }
    let (addresses, ports) = (&config.addresses, config.ports);
    let mut http: Vec<_> =
        addresses.http.iter().map(|text| gate.bound("addresses.http", text, ports.http)).collect();
    if http.is_empty() {
        http.push(gate.bound_quietly(&bind, ports.http));
    }
    let rpc = gate.bound_or(&bind, "addresses.rpc", addresses.rpc.as_deref(), ports.rpc);
    let serf = gate.bound_or(&bind, "addresses.serf", addresses.serf.as_deref(), ports.serf);
    let first = http.first().copied().flatten();
    let advertise = &config.advertise;
    let advertise_http = gate.advertised("advertise.http", advertise.http.as_deref(), first, ports.http);
    let advertise_rpc = gate.advertised("advertise.rpc", advertise.rpc.as_deref(), rpc, ports.rpc);
    let advertise_serf = gate.advertised("advertise.serf", advertise.serf.as_deref(), serf, ports.serf);
    gate.joined(config);

    let unspecified = config.bind_addr.is_none() && bind == Ipv4Addr::UNSPECIFIED.to_string();
    let beyond_loopback = unspecified || !gate.offences.is_empty();
    let (waived, unmet) = if beyond_loopback { split(config) } else { (Vec::new(), Vec::new()) };
    let mut missing: Vec<Control> = unmet.iter().map(|(control, _)| *control).collect();
    missing.dedup();
    let effective = || {
        Some(EffectiveAddresses {
            http: http.into_iter().collect::<Option<_>>()?,
            rpc: rpc?,
            serf: serf?,
            advertise_http: advertise_http?,
            advertise_rpc: advertise_rpc?,
            advertise_serf: advertise_serf?,
            beyond_loopback,
            waived,
        })
    };
    match effective() {
        Some(effective) if missing.is_empty() && gate.faults.is_empty() => Ok(effective),
        _ => {
            let (offences, server) = (gate.offences, config.server.is_some());
            let waivers = unmet.into_iter().map(|(_, waiver)| waiver).collect();
            Err(GateRefusal { offences, missing, waivers, faults: gate.faults, server })
        }
    }
}

/// Every control that is not configured, with the waiver of the part that is missing.
fn unmet(config: &AgentConfig) -> Vec<(Control, Waiver)> {
    let gossip = config.server.as_ref().is_none_or(|server| server.encrypt.is_some());
    let tls = &config.tls;
    let controls = [
        (Control::MutualTls, Waiver::PlaintextHttp, tls.http && tls.has_files()),
        (Control::MutualTls, Waiver::UnverifiedHttpsClients, !tls.http || tls.verify_https_client),
        (Control::MutualTls, Waiver::PlaintextRpc, tls.rpc && tls.has_files()),
        (Control::Acls, Waiver::NoAcls, config.acl.enabled),
        (Control::GossipKey, Waiver::PlaintextGossip, gossip),
    ];
    controls.into_iter().filter(|(.., met)| !met).map(|(control, waiver, _)| (control, waiver)).collect()
}

/// What is missing and waived, and what is missing and not.
fn split(config: &AgentConfig) -> (Vec<Waiver>, Vec<(Control, Waiver)>) {
    let (waived, missing): (Vec<_>, Vec<_>) =
        unmet(config).into_iter().partition(|(_, waiver)| config.insecure_allow.contains(waiver));
    (waived.into_iter().map(|(_, waiver)| waiver).collect(), missing)
}

struct Gate<'a> {
    machine: &'a Machine,
    offences: Vec<Offence>,
    faults: Vec<Offence>,
}

impl Gate<'_> {
    fn offends(&mut self, key: &'static str, address: &str, why: impl Into<String>) {
        self.offences.push(Offence { key, address: address.to_owned(), why: why.into() });
    }

    fn fault(&mut self, key: &'static str, address: &str, why: impl Into<String>) {
        self.faults.push(Offence { key, address: address.to_owned(), why: why.into() });
    }

    /// An address to bind has no port of its own, and is one of this machine.
    fn bound(&mut self, key: &'static str, text: &str, port: u16) -> Option<SocketAddr> {
        match reach(text, self.machine) {
            Reach::Loopback(ip) => Some(SocketAddr::new(ip, port)),
            Reach::Beyond(ip, why) => {
                self.offends(key, text, why);
                Some(SocketAddr::new(ip, port))
            }
            Reach::Name(why) => {
                self.offends(key, text, why);
                self.fault(key, text, "is not an IP address");
                None
            }
            Reach::Nothing(why) => {
                self.fault(key, text, why);
                None
            }
        }
    }

    /// The address of a service that is bound at `bind_addr`, which was judged already.
    fn bound_quietly(&self, bind: &str, port: u16) -> Option<SocketAddr> {
        match reach(bind, self.machine) {
            Reach::Loopback(ip) | Reach::Beyond(ip, _) => Some(SocketAddr::new(ip, port)),
            Reach::Name(_) | Reach::Nothing(_) => None,
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
            None => self.bound_quietly(bind, port),
        }
    }

    /// What others are told; an address that is bound everywhere is reached at the machine's most likely one.
    fn advertised(
        &mut self,
        key: &'static str,
        text: Option<&str>,
        bound: Option<SocketAddr>,
        port: u16,
    ) -> Option<SocketAddr> {
        let Some(text) = text else {
            let bound = bound?;
            if !bound.ip().is_unspecified() {
                return Some(bound);
            }
            let reachable = self.machine.reachable().map(|ip| SocketAddr::new(ip, bound.port()));
            if reachable.is_none() {
                self.fault(
                    key,
                    &bound.ip().to_string(),
                    "is bound, and this machine has no address to tell others",
                );
            }
            return reachable;
        };
        let Some((host, own_port)) = host_and_port(text) else {
            self.offends(key, text, "is not an address");
            self.fault(key, text, "has a port that is none");
            return None;
        };
        let ip = self.advertised_ip(key, text, host)?;
        Some(SocketAddr::new(ip, own_port.unwrap_or(port)))
    }

    fn advertised_ip(&mut self, key: &'static str, text: &str, host: &str) -> Option<IpAddr> {
        match reach(host, self.machine) {
            Reach::Loopback(ip) => Some(ip),
            Reach::Beyond(ip, why) => {
                self.offends(key, text, why);
                if ip.is_unspecified() {
                    self.fault(key, text, "cannot be reached by others");
                    return None;
                }
                Some(ip)
            }
            Reach::Name(why) => {
                self.offends(key, text, why);
                let known = self.machine.names.get(host).copied();
                if known.is_none() {
                    self.fault(key, text, "is a name without an address");
                }
                known
            }
            Reach::Nothing(why) => {
                self.fault(key, text, why);
                None
            }
        }
    }

    /// An address to join may be a name, which is looked up whenever it is used.
    fn join(&mut self, key: &'static str, text: &str) {
        let judged = host_and_port(text).map(|(host, _)| reach(host, self.machine));
        match judged {
            None => self.fault(key, text, "has a port that is none"),
            Some(Reach::Loopback(_)) => {}
            Some(Reach::Beyond(_, why) | Reach::Name(why)) => self.offends(key, text, why),
            Some(Reach::Nothing(why)) => self.fault(key, text, why),
        }
    }

    fn joined(&mut self, config: &AgentConfig) {
        if let Some(server) = &config.server {
            for text in &server.server_join.start_join {
                self.join("server.server_join.start_join", text);
            }
            for text in &server.server_join.retry_join {
                self.join("server.server_join.retry_join", text);
            }
        }
        if let Some(client) = &config.client {
            for text in &client.servers {
                self.join("client.servers", text);
            }
            for text in client.server_join.start_join.iter().chain(&client.server_join.retry_join) {
                self.join("client.server_join", text);
            }
        }
    }
}
