//! How many allocations of a job are in which state, by group.

use muster_ids::GroupName;
use muster_model::{ClientStatus, JobKey};

/// Counts for every group that the current version has or that has allocations left from an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSummary {
    pub key: JobKey,
    /// Ordered by group name.
    pub groups: Vec<(GroupName, GroupCounts)>,
}

/// Allocations of one group by client status, and how many more the scheduler wants but could not place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupCounts {
    pub queued: u32,
    /// Client status `pending`.
    pub starting: u32,
    pub running: u32,
    pub complete: u32,
    pub failed: u32,
    pub lost: u32,
    pub unknown: u32,
}

impl GroupCounts {
    /// The count an allocation of this client status belongs to.
    pub(crate) const fn of(&mut self, status: ClientStatus) -> &mut u32 {
        match status {
            ClientStatus::Pending => &mut self.starting,
            ClientStatus::Running => &mut self.running,
            ClientStatus::Complete => &mut self.complete,
            ClientStatus::Failed => &mut self.failed,
            ClientStatus::Lost => &mut self.lost,
            ClientStatus::Unknown => &mut self.unknown,
        }
    }
}
