//! `periodic` and `parameterized`: jobs that make child jobs.

use std::collections::BTreeMap;

use crate::wire::wire;

wire! {
    /// When child jobs start.
    PeriodicInput => Periodic {
        enabled: bool = true,
        spec: String,
        specs: Vec<String>,
        prohibit_overlap: bool,
        time_zone: String = "UTC".to_owned(),
    }
    @request {
        /// Always `cron`.
        spec_type: String,
    }

    /// What a dispatch must bring.
    ParameterizedInput => Parameterized {
        payload: String,
        meta_required: Vec<String>,
        meta_optional: Vec<String>,
        allow: AllowedInput,
    }

    /// What else a dispatch may set.
    AllowedInput => Allowed {
        constraints: BTreeMap<String, AllowedConstraintInput>,
        nodes: i64,
        node_pools: Vec<String>,
        datacenters: Vec<String>,
        counts: BTreeMap<String, BoundsInput>,
        #[serde(rename = "CPU")]
        cpu: BTreeMap<String, BoundsInput>,
        memory: BTreeMap<String, BoundsInput>,
    }

    /// Which constraints on one attribute.
    AllowedConstraintInput => AllowedConstraint {
        operators: Vec<String> = vec!["=".to_owned()],
        values: Vec<String>,
        required: bool,
    }

    /// Which numbers, both ends included.
    BoundsInput => Bounds {
        min: i64,
        max: i64,
    }

    /// Where a task finds the payload.
    DispatchPayloadInput => DispatchPayload {
        file: String,
    }
}
