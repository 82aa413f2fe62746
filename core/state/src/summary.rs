//! How many allocations of a job are in which state, by group.

use muster_ids::GroupName;
use muster_model::{ClientStatus, JobKey, JobStatus};

/// Counts for every group that the current version has or that has allocations left from an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSummary {
    pub key: JobKey,
    /// Ordered by group name.
    pub groups: Vec<(GroupName, GroupCounts)>,
    /// Of a job that makes children, or that made some.
    pub children: Option<ChildCounts>,
}

/// Children of one job by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildCounts {
    pub pending: u32,
    pub running: u32,
    pub dead: u32,
}

impl ChildCounts {
    /// The count a child of this status belongs to.
    pub(crate) const fn of(&mut self, status: JobStatus) -> &mut u32 {
        match status {
            JobStatus::Pending => &mut self.pending,
            JobStatus::Running => &mut self.running,
            JobStatus::Dead => &mut self.dead,
        }
    }

    /// Those that are not over.
    #[must_use]
    pub const fn unfinished(self) -> u32 {
        self.pending.saturating_add(self.running)
    }

    #[must_use]
    pub const fn total(self) -> u32 {
        self.unfinished().saturating_add(self.dead)
    }
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
