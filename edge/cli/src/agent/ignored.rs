//! Flags of the contract that this version does not act on. They parse, so that a start script keeps working, and
//! the agent warns about each that was given.

use clap::{Arg, ArgAction, ArgMatches};

const SWITCHES: &[&str] = &[
    "consul-auto-advertise",
    "consul-checks-use-advertise",
    "consul-client-auto-join",
    "consul-server-auto-join",
    "consul-ssl",
    "consul-verify-ssl",
    "dev-connect",
    "dev-consul",
    "dev-vault",
    "eventlog",
    "log-include-location",
    "rejoin",
    "vault-enabled",
    "vault-tls-skip-verify",
];

const VALUES: &[&str] = &[
    "acl-replication-token",
    "alloc-mounts-dir",
    "client-intro-token",
    "consul-address",
    "consul-auth",
    "consul-ca-file",
    "consul-cert-file",
    "consul-client-failures-before-critical",
    "consul-client-failures-before-warning",
    "consul-client-http-check-name",
    "consul-client-service-name",
    "consul-key-file",
    "consul-server-failures-before-critical",
    "consul-server-failures-before-warning",
    "consul-server-http-check-name",
    "consul-server-rpc-check-name",
    "consul-server-serf-check-name",
    "consul-server-service-name",
    "consul-token",
    "eventlog-level",
    "host-volume-plugin-dir",
    "host-volumes-dir",
    "network-interface",
    "network-speed",
    "plugin-dir",
    "preferred-address-family",
    "raft-protocol",
    "retry-interval",
    "retry-max",
    "vault-address",
    "vault-ca-file",
    "vault-ca-path",
    "vault-cert-file",
    "vault-create-from-role",
    "vault-key-file",
    "vault-namespace",
    "vault-tls-server-name",
];

/// Some of them take a secret or many values; what they hold is never looked at.
pub(super) fn args() -> impl Iterator<Item = Arg> {
    let arg = |name: &'static str, action| Arg::new(name).long(name).action(action).hide(true);
    let switches = SWITCHES.iter().map(move |name| arg(name, ArgAction::SetTrue));
    switches.chain(VALUES.iter().map(move |name| arg(name, ArgAction::Append)))
}

/// Those the user wrote, sorted.
pub(super) fn given(matches: &ArgMatches) -> Vec<String> {
    let names = SWITCHES.iter().chain(VALUES).filter(|name| super::given(matches, name));
    let mut given: Vec<String> = names.map(|name| format!("-{name}")).collect();
    given.sort_unstable();
    given
}
