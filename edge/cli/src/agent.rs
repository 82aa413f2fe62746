//! Flags of `agent`. They override what configuration files say; the binary merges them.

use std::path::PathBuf;

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
