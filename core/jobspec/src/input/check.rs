//! `check`: how the health of a service is found out.

use std::collections::BTreeMap;

use crate::duration::Nanos;
use crate::wire::wire;

wire! {
    /// A health check.
    CheckInput => Check {
        name: String,
        #[serde(rename = "Type")]
        kind: String,
        command: String,
        args: Vec<String>,
        path: String,
        protocol: String,
        #[serde(rename = "PortLabel")]
        port: String,
        expose: bool,
        address_mode: String,
        advertise: String,
        interval: Nanos,
        timeout: Nanos,
        initial_status: String,
        notes: String,
        #[serde(rename = "TLSServerName")]
        tls_server_name: String,
        #[serde(rename = "TLSSkipVerify")]
        tls_skip_verify: bool,
        method: String,
        header: BTreeMap<String, Vec<String>>,
        check_restart: CheckRestartInput,
        #[serde(rename = "GRPCService")]
        grpc_service: String,
        #[serde(rename = "GRPCUseTLS")]
        grpc_use_tls: bool,
        task_name: String,
        success_before_passing: i64,
        failures_before_critical: i64,
        failures_before_warning: i64,
        body: String,
        on_update: String,
    }

    /// Restart after failed checks.
    CheckRestartInput => CheckRestart {
        limit: i64,
        grace: Nanos = Nanos::seconds(1),
        ignore_warnings: bool,
    }
}
