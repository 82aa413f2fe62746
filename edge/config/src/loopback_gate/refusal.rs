//! Why an agent is not let beyond loopback, and what would supply each missing control.

use std::fmt;

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
                "have certificates for `server.<region>.nomad` or `client.<region>.nomad` and configure\n      \
                 tls { http = true  rpc = true  ca_file = \"…\"  cert_file = \"…\"  key_file = \"…\" }"
            }
            Self::Acls => "configure\n      acl { enabled = true }",
            Self::GossipKey => {
                "make a key with `openssl rand -base64 32` and configure\n      server { encrypt = \"…\" }"
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
    pub why: &'static str,
}

/// Why the agent does not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateRefusal {
    pub offences: Vec<Offence>,
    /// Not configured, though needed by every one of the addresses.
    pub missing: Vec<Control>,
}

impl std::error::Error for GateRefusal {}

impl fmt::Display for GateRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "the agent would reach beyond loopback, which needs mutual TLS, ACLs and, on servers, a gossip key:"
        )?;
        let names: Vec<_> = self.missing.iter().map(|control| control.name()).collect();
        for Offence { key, address, why } in &self.offences {
            match names.as_slice() {
                [] => writeln!(f, "  `{key}`: `{address}` {why}")?,
                names => writeln!(f, "  `{key}`: `{address}` {why}; missing: {}", names.join(", "))?,
            }
        }
        for control in &self.missing {
            writeln!(f, "  for {}: {}", control.name(), control.supply())?;
        }
        write!(
            f,
            "ACL policies and encrypted gossip are not in this version yet, so nothing beyond loopback is served whatever is configured; \
             remove these addresses, or use 127.0.0.1"
        )
    }
}
