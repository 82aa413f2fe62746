//! `service` and its checks.

use super::connect::CONNECT;
use super::task::IDENTITY;
use super::{Schema, bool, duration, int, list, one, text, text_map, texts, texts_map};

pub static SERVICE: Schema = Schema::new(
    "service",
    &[
        text("name", "Name"),
        texts("tags", "Tags"),
        texts("canary_tags", "CanaryTags"),
        bool("enable_tag_override", "EnableTagOverride"),
        text("port", "PortLabel"),
        text("address_mode", "AddressMode"),
        text("address", "Address"),
        text_map("meta", "Meta"),
        text_map("canary_meta", "CanaryMeta"),
        text_map("tagged_addresses", "TaggedAddresses"),
        text("task", "TaskName"),
        text("on_update", "OnUpdate"),
        text("provider", "Provider"),
        text("cluster", "Cluster"),
        text("kind", "Kind"),
    ],
    &[
        list("check", "Checks", &CHECK),
        one("check_restart", "CheckRestart", &CHECK_RESTART),
        one("connect", "Connect", &CONNECT),
        one("identity", "Identity", &IDENTITY),
        one("weights", "Weights", &WEIGHTS),
    ],
);

static CHECK: Schema = Schema::new(
    "check",
    &[
        text("name", "Name"),
        text("type", "Type"),
        text("command", "Command"),
        texts("args", "Args"),
        text("path", "Path"),
        text("protocol", "Protocol"),
        text("port", "PortLabel"),
        bool("expose", "Expose"),
        text("address_mode", "AddressMode"),
        text("advertise", "Advertise"),
        duration("interval", "Interval"),
        duration("timeout", "Timeout"),
        text("initial_status", "InitialStatus"),
        text("notes", "Notes"),
        text("tls_server_name", "TLSServerName"),
        bool("tls_skip_verify", "TLSSkipVerify"),
        texts_map("header", "Header"),
        text("method", "Method"),
        text("grpc_service", "GRPCService"),
        bool("grpc_use_tls", "GRPCUseTLS"),
        text("task", "TaskName"),
        int("success_before_passing", "SuccessBeforePassing"),
        int("failures_before_critical", "FailuresBeforeCritical"),
        int("failures_before_warning", "FailuresBeforeWarning"),
        text("body", "Body"),
        text("on_update", "OnUpdate"),
    ],
    &[one("check_restart", "CheckRestart", &CHECK_RESTART)],
);

static CHECK_RESTART: Schema = Schema::new(
    "check_restart",
    &[int("limit", "Limit"), duration("grace", "Grace"), bool("ignore_warnings", "IgnoreWarnings")],
    &[],
);

static WEIGHTS: Schema = Schema::new("weights", &[int("passing", "Passing"), int("warning", "Warning")], &[]);
