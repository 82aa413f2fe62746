//! `device` and `numa`: hardware a task asks for.

use super::{AffinityInput, ConstraintInput};
use crate::wire::wire;

wire! {
    /// Devices of one kind.
    DeviceInput => DeviceRequest {
        name: String,
        count: i64 = 1,
        constraints: Vec<ConstraintInput>,
        affinities: Vec<AffinityInput>,
    }

    /// Closeness of cores, memory and devices.
    NumaInput => Numa {
        affinity: String,
        devices: Vec<String>,
    }
}
