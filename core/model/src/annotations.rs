//! What an evaluation meant to do with the allocations of its job, kept for those who ask why.

use muster_ids::{AllocId, GroupName};
use serde::{Deserialize, Serialize};

/// The intentions of one run of the scheduler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanAnnotations {
    /// By name. A list, because a map of one takes ten times its room and every evaluation has this.
    pub groups: Vec<(GroupName, DesiredUpdates)>,
    /// Allocations of other jobs that were to make room.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub preempted: Vec<AllocId>,
}

/// How many allocations of a group go which way. Zeros are not stored: of a run most are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DesiredUpdates {
    /// New ones, and those that take the place of lost or failed ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub place: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub stop: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub migrate: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub in_place: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub destructive: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub canary: u32,
    /// Failed ones replaced now; also counted in `place`.
    #[serde(skip_serializing_if = "is_zero")]
    pub reschedule_now: u32,
    /// Failed ones to be replaced when their delay is over.
    #[serde(skip_serializing_if = "is_zero")]
    pub reschedule_later: u32,
    /// Whose node lost contact, as of now.
    #[serde(skip_serializing_if = "is_zero")]
    pub disconnect: u32,
    /// Whose node has contact again, and for which it was decided what stays.
    #[serde(skip_serializing_if = "is_zero")]
    pub reconnect: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub ignore: u32,
    /// Allocations of other jobs that make room.
    #[serde(skip_serializing_if = "is_zero")]
    pub preemptions: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
const fn is_zero(value: &u32) -> bool {
    *value == 0
}
