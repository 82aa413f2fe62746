//! How the health of a service is found out.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_ids::Text;
use serde::{Deserialize, Serialize};

use crate::choice::choice;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Check {
    pub name: Text,
    pub kind: CheckKind,
    /// Of a `script`.
    pub command: Text,
    pub args: Vec<Text>,
    /// Of `http`; never absolute.
    pub path: Text,
    pub protocol: Text,
    /// Empty: the service's.
    pub port: Text,
    pub expose: bool,
    pub address_mode: CheckAddressMode,
    pub advertise: Text,
    pub interval: Duration,
    pub timeout: Duration,
    pub initial_status: InitialStatus,
    pub notes: Text,
    pub tls_server_name: Text,
    pub tls_skip_verify: bool,
    /// Empty means GET.
    pub method: Text,
    pub header: BTreeMap<String, Vec<Text>>,
    pub check_restart: Option<CheckRestart>,
    pub grpc_service: Text,
    pub grpc_use_tls: bool,
    pub task_name: Text,
    pub success_before_passing: u32,
    pub failures_before_critical: u32,
    pub failures_before_warning: u32,
    pub body: Text,
    pub on_update: OnUpdate,
}

/// Restart of the task after failed checks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckRestart {
    /// Failures in a row; 0 disables.
    pub limit: u32,
    /// Time after a start in which failures do not count.
    pub grace: Duration,
    pub ignore_warnings: bool,
}

choice! {
    CheckKind("check type") {
        #[default]
        Http = "http",
        Tcp = "tcp",
        Grpc = "grpc",
        Script = "script",
    }
}

choice! {
    CheckAddressMode("check address_mode") {
        /// As the service's.
        #[default]
        Inherit = "",
        Host = "host",
        Driver = "driver",
        Alloc = "alloc",
        AllocIpv6 = "alloc_ipv6",
    }
}

choice! {
    InitialStatus("check initial_status") {
        #[default]
        Unset = "",
        Passing = "passing",
        Warning = "warning",
        Critical = "critical",
    }
}

choice! {
    /// What a check must show before a deployment counts its allocation as healthy.
    OnUpdate("on_update") {
        #[default]
        RequireHealthy = "require_healthy",
        IgnoreWarnings = "ignore_warnings",
        Ignore = "ignore",
    }
}
