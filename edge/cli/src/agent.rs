//! Flags of `agent`. They override what configuration files say; the binary merges them.

mod ignored;

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
    /// Flags of the contract that were given and that this version does not act on, as `-name`: warn about each.
    pub ignored: Vec<String>,
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
        ]);
    crate::argv::go_style(honoured.args(ignored::args()))
}

impl AgentFlags {
    pub(crate) fn from_matches(matches: &ArgMatches) -> Self {
        let text = |name| matches.get_one::<String>(name).cloned();
        let path = |name| matches.get_one::<PathBuf>(name).cloned();
        let list = |name| matches.get_many::<String>(name).into_iter().flatten().cloned().collect();
        let switch = |name| given(matches, name).then(|| matches.get_flag(name));
        Self {
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
            ignored: ignored::given(matches),
        }
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
