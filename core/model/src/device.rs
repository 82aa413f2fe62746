//! Devices and memory locality a task asks for.

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;
use crate::{Affinity, Constraint};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceRequest {
    /// `type`, `vendor/type` or `vendor/type/model`.
    pub name: Text,
    pub count: u32,
    pub constraints: Vec<Constraint>,
    pub affinities: Vec<Affinity>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Numa {
    pub affinity: NumaAffinity,
    /// Some of the task's devices.
    pub devices: Vec<Text>,
}

choice! {
    NumaAffinity("numa affinity") {
        #[default]
        None = "none",
        Prefer = "prefer",
        Require = "require",
    }
}
