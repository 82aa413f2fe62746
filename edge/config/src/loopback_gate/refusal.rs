//! Why an agent is not let beyond loopback, and what would supply each missing control.

use std::fmt;

use crate::insecure::Waiver;

/// What an agent beyond loopback must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Control {
    MutualTls,
    Acls,
    /// Servers only.
    GossipKey,
}

impl Control {
    const fn name(self) -> &'static str {
        match self {
            Self::MutualTls => "mutual TLS",
            Self::Acls => "ACLs",
            Self::GossipKey => "a gossip key",
        }
    }

    const fn supply(self) -> &'static str {
        match self {
            Self::MutualTls => {
                "run `muster tls ca create` once and `muster tls cert create -server` (or `-client`), and configure\n      \
                 tls { http = true  rpc = true  ca_file = \"…\"  cert_file = \"…\"  key_file = \"…\" }"
            }
            Self::Acls => {
                "configure\n      acl { enabled = true }\n      and run `muster acl bootstrap` once"
            }
            Self::GossipKey => {
                "make a key with `muster operator gossip keyring generate` and configure\n      server { encrypt = \"…\" }"
            }
        }
    }
}

/// One address that does not stay on loopback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offence {
    /// The configuration key, such as `advertise.rpc`.
    pub key: &'static str,
    pub address: String,
    /// What is wrong with it, to follow the address in a sentence.
    pub why: String,
}

/// Why the agent does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateRefusal {
    /// Addresses beyond loopback, for which controls are missing.
    pub offences: Vec<Offence>,
    /// Not configured, though needed by every one of the addresses.
    pub missing: Vec<Control>,
    /// What the operator would write to do without those.
    pub waivers: Vec<Waiver>,
    /// What is no address on this machine, whatever is configured besides.
    pub faults: Vec<Offence>,
    /// Whether the agent is a server, for the command that makes everything.
    pub server: bool,
}

impl std::error::Error for GateRefusal {}

impl fmt::Display for GateRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Offence { key, address, why } in &self.faults {
            writeln!(f, "`{key}`: `{address}` {why}; write an address of this machine")?;
        }
        if self.missing.is_empty() {
            return Ok(());
        }
        writeln!(
            f,
            "the agent would reach beyond loopback, which needs mutual TLS, ACLs and, on servers, a gossip key:"
        )?;
        let names: Vec<_> = self.missing.iter().map(|control| control.name()).collect();
        for Offence { key, address, why } in &self.offences {
            writeln!(f, "  `{key}`: `{address}` {why}; missing: {}", names.join(", "))?;
        }
        let command = if self.server { "server" } else { "client" };
        writeln!(f, "  for all of it: run `muster operator setup {command}`")?;
        for control in &self.missing {
            writeln!(f, "  for {}: {}", control.name(), control.supply())?;
        }
        let waivers: Vec<_> = self.waivers.iter().map(|waiver| format!("\"{waiver}\"")).collect();
        write!(
            f,
            "Or stay on 127.0.0.1. Who does without, knowingly, writes insecure_allow = [{}]; the agent warns of it at every start",
            waivers.join(", ")
        )
    }
}
