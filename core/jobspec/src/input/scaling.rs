//! `scaling`: bounds for an autoscaler.

use super::{FreeMap, TextMap};
use crate::wire::wire;

wire! {
    /// A scaling policy.
    ScalingInput => ScalingPolicy {
        #[serde(rename = "Type")]
        kind: String,
        policy: FreeMap,
        min: i64,
        max: i64,
        enabled: bool = true,
    }
    @request {
        /// What is scaled; kept by the servers.
        target: TextMap,
        #[serde(rename = "ID")]
        id: String,
        create_index: u64,
        modify_index: u64,
    }
}
