//! A node asks to be emptied because its agent is about to leave, and whether it is.

use muster_ids::NodeId;
use muster_model::DrainSpec;
use serde::{Deserialize, Serialize};

use super::Secret;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NodeDrain {
    pub node_id: NodeId,
    #[serde(with = "super::secret::wire")]
    pub secret: Secret,
    /// Begin so; only a question when absent.
    #[serde(default)]
    pub begin: Option<DrainSpec>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeDrainReply {
    /// Whether something is still to leave.
    pub draining: bool,
}
