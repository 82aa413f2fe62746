//! What work asks for and nodes offer.

use serde::{Deserialize, Serialize};

use crate::{DeviceRequest, GroupNetwork, Numa};

/// What one task asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskResources {
    /// Share of compute, in MHz. Ignored when `cores` is not zero.
    pub cpu_mhz: u32,
    /// Whole cores, exclusively; 0 asks for shared compute.
    pub cores: u16,
    pub memory_mb: u32,
    /// Upper bound where the node may be oversubscribed; 0 means `memory_mb`.
    ///
    /// [`Self::NO_LIMIT_MB`] means no bound at all.
    pub memory_max_mb: u32,
    /// Size of the secrets directory; 0 leaves it to the node.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub secrets_mb: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<DeviceRequest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numa: Option<Box<Numa>>,
    /// Deprecated in favour of the group's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<GroupNetwork>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}

impl TaskResources {
    pub const NO_LIMIT_MB: u32 = u32::MAX;
}

/// A vector of the countable dimensions: what an allocation takes or a node has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    pub cpu_mhz: u64,
    pub memory_mb: u64,
    pub disk_mb: u64,
    /// Whole cores. Which ones is in an [`crate::Allotment`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cores: u32,
    /// Allocations themselves: a node may limit how many it runs.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub allocs: u32,
}

impl Resources {
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            cpu_mhz: self.cpu_mhz.saturating_add(other.cpu_mhz),
            memory_mb: self.memory_mb.saturating_add(other.memory_mb),
            disk_mb: self.disk_mb.saturating_add(other.disk_mb),
            cores: self.cores.saturating_add(other.cores),
            allocs: self.allocs.saturating_add(other.allocs),
        }
    }

    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            cpu_mhz: self.cpu_mhz.saturating_sub(other.cpu_mhz),
            memory_mb: self.memory_mb.saturating_sub(other.memory_mb),
            disk_mb: self.disk_mb.saturating_sub(other.disk_mb),
            cores: self.cores.saturating_sub(other.cores),
            allocs: self.allocs.saturating_sub(other.allocs),
        }
    }

    /// The smaller of both in every dimension.
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        Self {
            cpu_mhz: self.cpu_mhz.min(other.cpu_mhz),
            memory_mb: self.memory_mb.min(other.memory_mb),
            disk_mb: self.disk_mb.min(other.disk_mb),
            cores: self.cores.min(other.cores),
            allocs: self.allocs.min(other.allocs),
        }
    }

    /// The first dimension of `self` that `available` cannot hold, by its contract name; `None` when all fit.
    #[must_use]
    pub const fn exhausted_in(self, available: Self) -> Option<&'static str> {
        if self.allocs > available.allocs {
            Some("max allocation exceeded")
        } else if self.cores > available.cores {
            Some("cores")
        } else if self.cpu_mhz > available.cpu_mhz {
            Some("cpu")
        } else if self.memory_mb > available.memory_mb {
            Some("memory")
        } else if self.disk_mb > available.disk_mb {
            Some("disk")
        } else {
            None
        }
    }
}
