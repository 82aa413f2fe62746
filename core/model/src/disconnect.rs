//! What becomes of allocations whose node lost contact with the servers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::choice::choice;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Disconnect {
    /// How long such an allocation is `unknown` before it is `lost`.
    pub lost_after: Duration,
    /// When the node itself stops the allocation.
    pub stop_on_client_after: Option<Duration>,
    pub replace: bool,
    pub reconcile: Reconcile,
}

impl Disconnect {
    /// How far back a replacement is followed to the allocation it stands in for. The links of such a chain are kept.
    pub const MAX_LINKS: usize = 64;
}

impl Default for Disconnect {
    fn default() -> Self {
        Self {
            lost_after: Duration::ZERO,
            stop_on_client_after: None,
            replace: true,
            reconcile: Reconcile::BestScore,
        }
    }
}

choice! {
    /// Which of two allocations stays when the node comes back.
    Reconcile("disconnect reconcile") {
        #[default]
        BestScore = "best_score",
        LongestRunning = "longest_running",
        KeepOriginal = "keep_original",
        KeepReplacement = "keep_replacement",
    }
}
