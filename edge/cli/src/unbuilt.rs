//! Commands of the contract that this version does not have, so that a user is told "not yet" instead of "no such".

/// Their words, and the older single words for them.
pub(crate) const COMMANDS: &[&str] = &[
    "acl auth-method create",
    "acl auth-method delete",
    "acl auth-method info",
    "acl auth-method list",
    "acl auth-method update",
    "acl binding-rule create",
    "acl binding-rule delete",
    "acl binding-rule info",
    "acl binding-rule list",
    "acl binding-rule update",
    "alloc pause",
    "check",
    "config validate",
    "debug",
    "eval delete",
    "license get",
    "login",
    "node identity get",
    "node identity renew",
    "node intro create",
    "operator autopilot get-config",
    "operator autopilot health",
    "operator autopilot set-config",
    "operator client-state",
    "operator debug",
    "operator gossip keyring generate",
    "operator gossip keyring install",
    "operator gossip keyring list",
    "operator gossip keyring remove",
    "operator gossip keyring use",
    "operator metrics",
    "operator raft info",
    "operator raft list-peers",
    "operator raft logs",
    "operator raft migrate-backend",
    "operator raft remove-peer",
    "operator raft state",
    "operator raft transfer-leadership",
    "operator snapshot inspect",
    "operator snapshot redact",
    "operator snapshot restore",
    "operator snapshot save",
    "operator snapshot state",
    "operator utilization",
    "plugin status",
    "quota apply",
    "quota delete",
    "quota init",
    "quota inspect",
    "quota list",
    "quota status",
    "recommendation apply",
    "recommendation dismiss",
    "recommendation info",
    "recommendation list",
    "sentinel apply",
    "sentinel delete",
    "sentinel list",
    "sentinel read",
    "server force-leave",
    "server join",
    "server-force-leave",
    "server-join",
    "service delete",
    "service info",
    "service list",
    "setup consul",
    "setup vault",
    "ui",
    "var get",
    "var init",
    "var list",
    "var lock",
    "var purge",
    "var put",
    "volume claim delete",
    "volume claim list",
    "volume create",
    "volume delete",
    "volume deregister",
    "volume detach",
    "volume init",
    "volume register",
    "volume snapshot create",
    "volume snapshot delete",
    "volume snapshot list",
    "volume status",
    "windows service install",
    "windows service uninstall",
];

/// What to say about words of a command line that name such a command.
pub(crate) fn command(words: &[&str]) -> Option<String> {
    let beginning = |count: usize| words.get(..count).map(|words| words.join(" "));
    let name =
        (1..=words.len()).rev().filter_map(beginning).find(|name| COMMANDS.contains(&name.as_str()))?;
    Some(message(&name))
}

/// As [`command`], of a word that only such commands begin with.
pub(crate) fn group(first: &str) -> Option<String> {
    COMMANDS.iter().any(|name| name.split(' ').next() == Some(first)).then(|| message(first))
}

fn message(name: &str) -> String {
    format!("`{name}` is not in this version of muster yet")
}
