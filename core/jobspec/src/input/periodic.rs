//! `periodic` and `parameterized`: jobs that make child jobs.

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
    }

    /// Where a task finds the payload.
    DispatchPayloadInput => DispatchPayload {
        file: String,
    }
}
