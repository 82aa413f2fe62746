//! What `/v1/agent/*` says of this agent, whichever roles it has.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use muster_api::views::{AgentHealth, HostDataView, Member};
use muster_ids::NodeId;
use muster_telemetry::{Logs, Metrics};
use serde_json::Value;

type Stats = BTreeMap<String, BTreeMap<String, String>>;

/// Fixed facts, and two questions answered anew each time.
pub struct AgentInfo {
    pub name: String,
    pub datacenter: String,
    /// The decided configuration, already redacted.
    pub config: Value,
    /// Whether callers need tokens.
    pub acl_enabled: bool,
    /// This agent's server as a member; `None` for a client agent.
    pub member: Option<Member>,
    /// The client role's node, once it runs.
    node: OnceLock<NodeId>,
    /// The servers that the client role knows.
    servers: OnceLock<KnownServers>,
    health: Arc<dyn Fn() -> AgentHealth + Send + Sync>,
    stats: Arc<dyn Fn() -> Stats + Send + Sync>,
    pub(crate) tools: Tools,
}

/// Takes addresses in the place of the known ones; refuses what is no address or must not be joined.
pub type ReplaceServers = dyn Fn(&[String]) -> Result<(), String> + Send + Sync;

/// How to ask for, and replace, the servers of the client role.
pub struct KnownServers {
    pub list: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    pub replace: Arc<ReplaceServers>,
}

impl fmt::Debug for KnownServers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownServers").finish_non_exhaustive()
    }
}

/// What the process offers its API besides its roles.
pub struct Tools {
    pub logs: Logs,
    pub metrics: Metrics,
    /// Whether metrics are offered in the format of Prometheus.
    pub prometheus: bool,
    /// Whether profiles are offered where ACLs are off.
    pub enable_debug: bool,
    /// Reads the configuration again.
    pub reload: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// Looks at the machine.
    pub host: Arc<dyn Fn() -> HostDataView + Send + Sync>,
}

impl Default for Tools {
    fn default() -> Self {
        Self {
            logs: Logs::default(),
            metrics: Metrics::default(),
            prometheus: false,
            enable_debug: false,
            reload: Arc::new(|| Err("this agent has no configuration to read again".to_owned())),
            host: Arc::new(HostDataView::default),
        }
    }
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tools").field("prometheus", &self.prometheus).finish_non_exhaustive()
    }
}

impl AgentInfo {
    pub fn new(
        name: String,
        datacenter: String,
        config: Value,
        member: Option<Member>,
        health: Arc<dyn Fn() -> AgentHealth + Send + Sync>,
        stats: Arc<dyn Fn() -> Stats + Send + Sync>,
    ) -> Self {
        Self {
            name,
            datacenter,
            config,
            acl_enabled: false,
            member,
            node: OnceLock::new(),
            servers: OnceLock::new(),
            health,
            stats,
            tools: Tools::default(),
        }
    }

    /// Tells which node this agent is; a second call changes nothing.
    pub fn is_node(&self, id: NodeId) {
        let _known = self.node.set(id);
    }

    /// The same agent with what its process offers.
    #[must_use]
    pub fn with_tools(mut self, tools: Tools) -> Self {
        self.tools = tools;
        self
    }

    /// Tells which servers the client role knows; a second call changes nothing.
    pub fn knows_servers(&self, servers: KnownServers) {
        let _known = self.servers.set(servers);
    }

    pub(crate) fn servers(&self) -> Option<&KnownServers> {
        self.servers.get()
    }

    pub(crate) fn node(&self) -> Option<NodeId> {
        self.node.get().copied()
    }

    /// The same agent, whose callers need tokens (or not).
    #[must_use]
    pub fn with_acl(mut self, enabled: bool) -> Self {
        self.acl_enabled = enabled;
        self
    }

    pub(crate) fn health(&self) -> AgentHealth {
        (self.health)()
    }

    /// Those of the role that answers, and which node this is where both roles run.
    pub(crate) fn stats(&self) -> Stats {
        let mut stats = (self.stats)();
        if let Some(node) = self.node() {
            let client = stats.entry("client".to_owned()).or_default();
            client.entry("node_id".to_owned()).or_insert_with(|| node.to_string());
            if let Some(servers) = self.servers() {
                client.entry("known_servers".to_owned()).or_insert_with(|| (servers.list)().join(","));
            }
        }
        stats
    }
}

impl fmt::Debug for AgentInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentInfo").field("name", &self.name).finish_non_exhaustive()
    }
}

/// For an agent without roles to ask: healthy as far as it knows.
#[must_use]
pub fn health_unknown() -> AgentHealth {
    AgentHealth::default()
}
