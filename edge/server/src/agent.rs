//! What `/v1/agent/*` says of this agent, whichever roles it has.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use muster_api::views::{AgentHealth, Member};
use muster_ids::NodeId;
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
    health: Arc<dyn Fn() -> AgentHealth + Send + Sync>,
    stats: Arc<dyn Fn() -> Stats + Send + Sync>,
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
        Self { name, datacenter, config, acl_enabled: false, member, node: OnceLock::new(), health, stats }
    }

    /// Tells which node this agent is; a second call changes nothing.
    pub fn is_node(&self, id: NodeId) {
        let _known = self.node.set(id);
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

    pub(crate) fn stats(&self) -> Stats {
        (self.stats)()
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
