//! Jobs that run when they are dispatched, and what a dispatch must and may bring.

mod allowed;
mod overrides;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;

pub use allowed::{Allowed, AllowedConstraint, Bounds, task_at};
pub use overrides::{OverrideRefusal, Overrides};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Parameterized {
    pub payload: PayloadRule,
    pub meta_required: Vec<Text>,
    pub meta_optional: Vec<Text>,
    /// What else a dispatch may set; nothing when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow: Option<Box<Allowed>>,
}

choice! {
    PayloadRule("payload requirement") {
        #[default]
        Optional = "optional",
        Required = "required",
        Forbidden = "forbidden",
    }
}

/// What the operator allows of any dispatch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DispatchLimits {
    pub max_payload_bytes: u32,
    pub max_priority: u16,
    /// Instances of all groups together; 0 means no limit.
    pub max_count: u32,
}

impl DispatchLimits {
    /// What a payload may hold unless the operator allows more.
    pub const DEFAULT_MAX_PAYLOAD_BYTES: u32 = 16 * 1024;
}

impl Default for DispatchLimits {
    fn default() -> Self {
        Self { max_payload_bytes: Self::DEFAULT_MAX_PAYLOAD_BYTES, max_priority: 100, max_count: 50_000 }
    }
}
