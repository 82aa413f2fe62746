//! `insecure_allow`: what the operator knowingly does without beyond loopback.
//!
//! Each name waives one control. A waiver that is used is logged at every start and shown by the doctor; one that is
//! not needed is told as well, because it may hide a later mistake.

use std::fmt;

use crate::decide::Findings;

/// One control that is not asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Waiver {
    /// HTTP without TLS.
    PlaintextHttp,
    /// HTTPS that asks callers for no certificate: browsers come without.
    UnverifiedHttpsClients,
    /// Agents whose certificates are not those of the operator's authority.
    PlaintextRpc,
    /// Everybody may do everything.
    NoAcls,
    /// Servers that would gossip without a key.
    PlaintextGossip,
}

impl Waiver {
    const ALL: [Self; 5] = [
        Self::PlaintextHttp,
        Self::UnverifiedHttpsClients,
        Self::PlaintextRpc,
        Self::NoAcls,
        Self::PlaintextGossip,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlaintextHttp => "plaintext-http",
            Self::UnverifiedHttpsClients => "unverified-https-clients",
            Self::PlaintextRpc => "plaintext-rpc",
            Self::NoAcls => "no-acls",
            Self::PlaintextGossip => "plaintext-gossip",
        }
    }
}

impl fmt::Display for Waiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Sorted, each once.
pub(crate) fn waivers(names: &[String], findings: &mut Findings) -> Vec<Waiver> {
    let mut waivers = Vec::new();
    for name in names {
        match Waiver::ALL.into_iter().find(|waiver| waiver.as_str() == name) {
            Some(waiver) => waivers.push(waiver),
            None => {
                let known: Vec<_> = Waiver::ALL.iter().map(|waiver| waiver.as_str()).collect();
                findings.error(format!(
                    "`insecure_allow` names `{}`, which is nothing it can allow; it knows {}",
                    name.escape_debug(),
                    known.join(", ")
                ));
            }
        }
    }
    waivers.sort_unstable();
    waivers.dedup();
    waivers
}
