//! `check`: how the health of a service is found out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::duration::Nanos;

/// A health check.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CheckInput {
    pub name: Option<String>,
    #[serde(rename = "Type")]
    pub kind: Option<String>,
    pub command: Option<String>,
    pub args: Option<Vec<String>>,
    pub path: Option<String>,
    pub protocol: Option<String>,
    pub port_label: Option<String>,
    pub expose: Option<bool>,
    pub address_mode: Option<String>,
    pub advertise: Option<String>,
    pub interval: Option<Nanos>,
    pub timeout: Option<Nanos>,
    pub initial_status: Option<String>,
    pub notes: Option<String>,
    #[serde(rename = "TLSServerName")]
    pub tls_server_name: Option<String>,
    #[serde(rename = "TLSSkipVerify")]
    pub tls_skip_verify: Option<bool>,
    pub method: Option<String>,
    pub header: Option<BTreeMap<String, Vec<String>>>,
    pub check_restart: Option<CheckRestartInput>,
    #[serde(rename = "GRPCService")]
    pub grpc_service: Option<String>,
    #[serde(rename = "GRPCUseTLS")]
    pub grpc_use_tls: Option<bool>,
    pub task_name: Option<String>,
    pub success_before_passing: Option<i64>,
    pub failures_before_critical: Option<i64>,
    pub failures_before_warning: Option<i64>,
    pub body: Option<String>,
    pub on_update: Option<String>,
}

/// Restart after failed checks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CheckRestartInput {
    pub limit: Option<i64>,
    pub grace: Option<Nanos>,
    pub ignore_warnings: Option<bool>,
}
