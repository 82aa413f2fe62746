//! Named sets of nodes, as operators describe them.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::{Index, NodePool, Text};
use serde::{Deserialize, Serialize};

use crate::PoolSchedulerConfig;

/// What is known of a pool beyond its name. A pool that only nodes have named has none of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePoolDetails {
    pub name: NodePool,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub description: Text,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meta: BTreeMap<Text, Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduler: Option<PoolSchedulerConfig>,
    /// How long the identity of a node of this pool is valid.
    #[serde(default = "NodePoolDetails::default_identity_ttl")]
    pub identity_ttl: Duration,
    #[serde(default)]
    pub create_index: Index,
    #[serde(default)]
    pub modify_index: Index,
}

impl NodePoolDetails {
    /// The longest description.
    pub const MAX_DESCRIPTION: usize = 256;

    #[must_use]
    pub const fn default_identity_ttl() -> Duration {
        Duration::from_secs(24 * 3600)
    }

    /// A pool of which nothing is known but its name.
    #[must_use]
    pub fn bare(name: NodePool) -> Self {
        Self {
            name,
            description: Text::from(""),
            meta: BTreeMap::new(),
            scheduler: None,
            identity_ttl: Self::default_identity_ttl(),
            create_index: Index::ZERO,
            modify_index: Index::ZERO,
        }
    }
}
