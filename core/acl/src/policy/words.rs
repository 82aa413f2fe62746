//! The words of the language: kinds of rules, and what `policy` may say in each.

use crate::Scope;

/// A kind of rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    pub name: &'static str,
    pub scope: Scope,
    /// What may stand in its label besides letters, digits, `-` and `*`; `None` for kinds without labels.
    pub label: Option<&'static str>,
    /// Whether single capabilities may be listed.
    pub listed: bool,
}

const fn labelled(name: &'static str, scope: Scope, label: &'static str) -> Kind {
    Kind { name, scope, label: Some(label), listed: true }
}

const fn single(name: &'static str, scope: Scope, listed: bool) -> Kind {
    Kind { name, scope, label: None, listed }
}

pub(super) const NAMESPACE: Kind = labelled("namespace", Scope::Namespace, "");

pub(super) const KINDS: [Kind; 9] = [
    NAMESPACE,
    labelled("node_pool", Scope::NodePool, "_"),
    labelled("host_volume", Scope::HostVolume, ""),
    single("agent", Scope::Agent, false),
    single("node", Scope::Node, false),
    single("operator", Scope::Operator, true),
    single("quota", Scope::Quota, false),
    single("plugin", Scope::Plugin, false),
    single("sentinel", Scope::Sentinel, true),
];

/// Blocks of other products' guides that are read as what they must mean.
pub(super) const KEYRING: &str = "keyring";
pub(super) const VARIABLE: &str = "variable";

/// What `policy` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Deny,
    List,
    Read,
    Write,
    Scale,
}

impl Kind {
    pub fn named(name: &str) -> Option<Self> {
        KINDS.into_iter().find(|kind| kind.name == name)
    }

    pub const fn levels(self) -> &'static [&'static str] {
        match self.scope {
            Scope::Plugin => &["deny", "list", "read", "write"],
            _ => &["deny", "read", "write", "scale"],
        }
    }

    pub fn level(self, word: &str) -> Option<Level> {
        if !self.levels().contains(&word) {
            return None;
        }
        Some(match word {
            "list" => Level::List,
            "read" => Level::Read,
            "write" => Level::Write,
            "scale" => Level::Scale,
            _ => Level::Deny,
        })
    }

    pub fn takes_label(self, label: &str) -> bool {
        let Some(also) = self.label else { return false };
        let fits = |ch: char| ch.is_ascii_alphanumeric() || matches!(ch, '-' | '*') || also.contains(ch);
        (1..=128).contains(&label.len()) && label.chars().all(fits)
    }
}
