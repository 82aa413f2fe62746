//! Flags of `agent`. They override what configuration files say; the binary merges them.

mod refused;

use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::Secret;

/// The agent's flags as given; `None` and empty lists leave the choice to the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentFlags {
    /// Server and client in one throw-away process on loopback.
    pub dev: bool,
    /// Files and directories, in the order given.
    pub config: Vec<PathBuf>,
    pub data_dir: Option<PathBuf>,
    pub state_dir: Option<PathBuf>,
    pub alloc_dir: Option<PathBuf>,
    pub bind: Option<String>,
    pub region: Option<String>,
    pub datacenter: Option<String>,
    pub node_name: Option<String>,
    pub node_class: Option<String>,
    pub node_pool: Option<String>,
    pub meta: Vec<(String, String)>,
    pub server: Option<bool>,
    pub client: Option<bool>,
    pub bootstrap_expect: Option<u32>,
    /// Servers a client registers with.
    pub servers: Vec<String>,
    /// Addresses to join once, at the start.
    pub join: Vec<String>,
    /// Addresses to join, tried again until one answers.
    pub retry_join: Vec<String>,
    pub encrypt: Option<Secret>,
    pub acl_enabled: Option<bool>,
    pub log_level: Option<String>,
    pub log_json: Option<bool>,
    pub log_include_location: Option<bool>,
    pub network_interface: Option<String>,
    pub raft_protocol: Option<i64>,
    pub retry_max: Option<u32>,
    /// A duration such as `30s`, as given.
    pub retry_interval: Option<String>,
}

pub(crate) fn model() -> Command {
    let honoured = Command::new("agent")
        .about("Run an agent: server, client or both.")
        .args([
            switch("dev", "Server and client in one throw-away process on loopback"),
            list("config", "PATH", "Configuration file or directory; may be repeated")
                .value_parser(value_parser!(PathBuf)),
            path("data-dir", "Where the agent keeps its state"),
            path("state-dir", "Where a client keeps its state; below -data-dir by default"),
            path("alloc-dir", "Where allocations live; below -data-dir by default"),
            text("bind", "ADDR", "Address to serve on"),
            text("region", "REGION", "Region of the agent"),
            text("dc", "NAME", "Datacenter of the agent"),
            text("node", "NAME", "Name of the agent"),
            text("node-class", "CLASS", "Class of the client's node"),
            text("node-pool", "POOL", "Pool of the client's node"),
            list("meta", "KEY=VALUE", "Metadata of the client's node; may be repeated")
                .value_parser(key_value),
        ])
        .args([
            switch("server", "Run a server"),
            switch("client", "Run a client"),
            text("bootstrap-expect", "N", "How many servers make the first cluster")
                .value_parser(value_parser!(u32)),
            list("servers", "ADDR,ADDR", "Servers the client registers with").value_delimiter(','),
            list("join", "ADDR", "Server to join at the start; may be repeated"),
            list("retry-join", "ADDR", "Server to join, tried until it answers; may be repeated"),
            text("encrypt", "KEY", "Key of the gossip between servers, in base64"),
            switch("acl-enabled", "Require tokens"),
            text("log-level", "LEVEL", "trace, debug, info, warn or error"),
            switch("log-json", "Write the log as JSON"),
            switch("log-include-location", "Name the source of each line of the log"),
            text("network-interface", "NAME", "Interface whose address allocations are reached at"),
            text("raft-protocol", "N", "Version of the protocol between servers; 3")
                .value_parser(value_parser!(i64)),
            text("retry-max", "N", "How often joining is tried; 0 never gives up")
                .value_parser(value_parser!(u32)),
            text("retry-interval", "DURATION", "How long to wait between two attempts to join"),
        ]);
    crate::argv::go_style(honoured.args(refused::args()))
}

impl AgentFlags {
    /// # Errors
    /// Names each flag that this version cannot honour.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Result<Self, String> {
        if let Some(refusal) = refused::refusal(matches) {
            return Err(refusal);
        }
        let text = |name| matches.get_one::<String>(name).cloned();
        let path = |name| matches.get_one::<PathBuf>(name).cloned();
        let list = |name| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
        let switch = |name| given(matches, name).then(|| matches.get_flag(name));
        Ok(Self {
            dev: matches.get_flag("dev"),
            config: matches.get_many("config").into_iter().flatten().cloned().collect(),
            data_dir: path("data-dir"),
            state_dir: path("state-dir"),
            alloc_dir: path("alloc-dir"),
            bind: text("bind"),
            region: text("region"),
            datacenter: text("dc"),
            node_name: text("node"),
            node_class: text("node-class"),
            node_pool: text("node-pool"),
            meta: matches.get_many("meta").into_iter().flatten().cloned().collect(),
            server: switch("server"),
            client: switch("client"),
            bootstrap_expect: matches.get_one("bootstrap-expect").copied(),
            servers: list("servers"),
            join: list("join"),
            retry_join: list("retry-join"),
            encrypt: text("encrypt").map(Secret::new),
            acl_enabled: switch("acl-enabled"),
            log_level: text("log-level"),
            log_json: switch("log-json"),
            log_include_location: switch("log-include-location"),
            network_interface: text("network-interface"),
            raft_protocol: matches.get_one("raft-protocol").copied(),
            retry_max: matches.get_one("retry-max").copied(),
            retry_interval: text("retry-interval"),
        })
    }
}

/// Whether the user wrote the flag, whatever its value.
fn given(matches: &ArgMatches, name: &str) -> bool {
    matches.value_source(name) == Some(ValueSource::CommandLine)
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    pair.map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(|| "write KEY=VALUE".to_owned())
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).action(ArgAction::Set).help(help)
}

fn path(name: &'static str, help: &'static str) -> Arg {
    text(name, "PATH", help).value_parser(value_parser!(PathBuf))
}

fn list(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    text(name, value, help).action(ArgAction::Append)
}
