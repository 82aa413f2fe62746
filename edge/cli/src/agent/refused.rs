//! Flags of the contract that this version cannot honour: each is refused with its reason, rather than ignored.

use clap::{Arg, ArgAction, ArgMatches};

const CONSUL: &str = "Consul is not integrated into this version of muster";
const VAULT: &str = "Vault is not integrated into this version of muster";
const WINDOWS: &str = "there is an event log on Windows only";
const VOLUMES: &str = "dynamic host volumes are not in this version of muster";
const ONE_SERVER: &str = "this version of muster runs one server, which joins no other";

const SWITCHES: &[(&str, &str)] = &[
    ("consul-auto-advertise", CONSUL),
    ("consul-checks-use-advertise", CONSUL),
    ("consul-client-auto-join", CONSUL),
    ("consul-server-auto-join", CONSUL),
    ("consul-ssl", CONSUL),
    ("consul-verify-ssl", CONSUL),
    ("dev-connect", "service mesh is not in this version of muster; use -dev"),
    ("dev-consul", CONSUL),
    ("dev-vault", VAULT),
    ("eventlog", WINDOWS),
    ("rejoin", ONE_SERVER),
    ("vault-enabled", VAULT),
    ("vault-tls-skip-verify", VAULT),
];

const VALUES: &[(&str, &str)] = &[
    ("acl-replication-token", "this version of muster runs one region; tokens are replicated nowhere"),
    ("alloc-mounts-dir", "no driver of this version of muster uses such mounts"),
    ("client-intro-token", "nodes of this version of muster introduce themselves with their certificate"),
    ("consul-address", CONSUL),
    ("consul-auth", CONSUL),
    ("consul-ca-file", CONSUL),
    ("consul-cert-file", CONSUL),
    ("consul-client-failures-before-critical", CONSUL),
    ("consul-client-failures-before-warning", CONSUL),
    ("consul-client-http-check-name", CONSUL),
    ("consul-client-service-name", CONSUL),
    ("consul-key-file", CONSUL),
    ("consul-server-failures-before-critical", CONSUL),
    ("consul-server-failures-before-warning", CONSUL),
    ("consul-server-http-check-name", CONSUL),
    ("consul-server-rpc-check-name", CONSUL),
    ("consul-server-serf-check-name", CONSUL),
    ("consul-server-service-name", CONSUL),
    ("consul-token", CONSUL),
    ("eventlog-level", WINDOWS),
    ("host-volume-plugin-dir", VOLUMES),
    ("host-volumes-dir", VOLUMES),
    ("network-speed", "networks have no bandwidth to share out any more"),
    ("plugin-dir", "plugins of others are not run by this version of muster"),
    ("preferred-address-family", "the address of -network-interface is used as it is found"),
    ("vault-address", VAULT),
    ("vault-ca-file", VAULT),
    ("vault-ca-path", VAULT),
    ("vault-cert-file", VAULT),
    ("vault-create-from-role", VAULT),
    ("vault-key-file", VAULT),
    ("vault-namespace", VAULT),
    ("vault-tls-server-name", VAULT),
];

/// Some of them take a secret or many values; what they hold is never looked at.
pub(super) fn args() -> impl Iterator<Item = Arg> {
    let arg = |name: &'static str, action| Arg::new(name).long(name).action(action).hide(true);
    let switches = SWITCHES.iter().map(move |(name, _)| arg(name, ArgAction::SetTrue));
    switches.chain(VALUES.iter().map(move |(name, _)| arg(name, ArgAction::Append)))
}

/// Why the flags given cannot be honoured, one line each; `None` when none of them was. A switch set to `false` is.
pub(super) fn refusal(matches: &ArgMatches) -> Option<String> {
    let on = |(name, _): &&(&str, &str)| super::given(matches, name) && matches.get_flag(name);
    let switches = SWITCHES.iter().filter(on);
    let values = VALUES.iter().filter(|(name, _)| super::given(matches, name));
    let lines: Vec<String> = switches
        .chain(values)
        .map(|(name, why)| format!("`-{name}` is not supported: {why}; leave it out"))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}
