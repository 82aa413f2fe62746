//! Which fingerprinters the operator wants: the options `fingerprint.allowlist` and `fingerprint.denylist`.

use std::collections::BTreeMap;

/// Names as those two options write them. What the contract has beyond these (clouds, Consul, Vault, CNI) this version
/// does not look for, so naming it in a list has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fingerprinter {
    Arch,
    Cgroup,
    Cpu,
    Host,
    Landlock,
    Memory,
    Network,
    Nomad,
    Signal,
    Storage,
}

impl Fingerprinter {
    const fn name(self) -> &'static str {
        match self {
            Self::Arch => "arch",
            Self::Cgroup => "cgroup",
            Self::Cpu => "cpu",
            Self::Host => "host",
            Self::Landlock => "landlock",
            Self::Memory => "memory",
            Self::Network => "network",
            Self::Nomad => "nomad",
            Self::Signal => "signal",
            Self::Storage => "storage",
        }
    }
}

/// The two lists. What is denied is denied, whether or not it is allowed too.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    allowed: Vec<String>,
    denied: Vec<String>,
}

impl Selection {
    #[must_use]
    pub fn new(options: &BTreeMap<String, String>) -> Self {
        let list = |names: [&str; 2]| {
            let lists = names.into_iter().filter_map(|name| options.get(name));
            let names = lists.flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        };
        Self {
            allowed: list(["fingerprint.allowlist", "fingerprint.whitelist"]),
            denied: list(["fingerprint.denylist", "fingerprint.blacklist"]),
        }
    }

    #[must_use]
    pub fn has(&self, fingerprinter: Fingerprinter) -> bool {
        let listed = |names: &[String]| names.iter().any(|name| name == fingerprinter.name());
        (self.allowed.is_empty() || listed(&self.allowed)) && !listed(&self.denied)
    }
}
