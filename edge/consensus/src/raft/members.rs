//! Who takes part, as it is stored: in log entries and snapshot heads.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use muster_ids::ServerId;
use serde::{Deserialize, Serialize};

use super::types::{Member, Membership};

/// One set of voters, or two while the cluster changes from the first to the second; nodes in none are learners.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Members {
    pub voters: Vec<BTreeSet<ServerId>>,
    pub nodes: BTreeMap<ServerId, Member>,
}

impl From<&Membership> for Members {
    fn from(membership: &Membership) -> Self {
        let nodes = membership.nodes().map(|(id, member)| (*id, member.clone())).collect();
        Self { voters: membership.get_joint_config().clone(), nodes }
    }
}

impl Members {
    /// # Errors
    /// When a voter has no node, which no version writes.
    pub(crate) fn to_openraft(&self) -> io::Result<Membership> {
        if self.voters.is_empty() {
            return Ok(Membership::default());
        }
        Membership::new(self.voters.clone(), self.nodes.clone()).map_err(io::Error::other)
    }
}
