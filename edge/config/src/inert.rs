//! Blocks of the contract that this version knows but does not act on: their keys are checked, and each use is told.

/// The shape of such a block.
pub(crate) struct Inert {
    pub kind: &'static str,
    pub keys: &'static [&'static str],
    pub blocks: &'static [Inert],
    /// Whatever is inside is accepted: it belongs to someone else, or its keys are labels.
    pub free: bool,
}

const fn keys(kind: &'static str, keys: &'static [&'static str]) -> Inert {
    Inert { kind, keys, blocks: &[], free: false }
}

const fn free(kind: &'static str) -> Inert {
    Inert { kind, keys: &[], blocks: &[], free: true }
}

pub(crate) const RPC: Inert = keys(
    "rpc",
    &[
        "accept_backlog",
        "keep_alive_interval",
        "connection_write_timeout",
        "stream_open_timeout",
        "stream_close_timeout",
        "dial_timeout",
    ],
);
pub(crate) const SENTINEL: Inert =
    Inert { kind: "sentinel", keys: &["additional_enabled_modules"], blocks: &[free("import")], free: false };
pub(crate) const AUTOPILOT: Inert = keys(
    "autopilot",
    &[
        "cleanup_dead_servers",
        "server_stabilization_time",
        "last_contact_threshold",
        "max_trailing_logs",
        "min_quorum",
        "enable_redundancy_zones",
        "disable_upgrade_migration",
        "enable_custom_upgrades",
    ],
);
pub(crate) const AUDIT: Inert =
    Inert { kind: "audit", keys: &["enabled"], blocks: &[free("sink"), free("filter")], free: false };
pub(crate) const REPORTING: Inert = Inert {
    kind: "reporting",
    keys: &["address", "export_interval", "snapshot_retention_time", "disable_product_usage_reporting"],
    blocks: &[keys("license", &["enabled"])],
    free: false,
};
pub(crate) const KEYRING: Inert = free("keyring");
pub(crate) const EVENTLOG: Inert = keys("eventlog", &["enabled", "level"]);
pub(crate) const UI: Inert = Inert {
    kind: "ui",
    keys: &["enabled", "show_cli_hints"],
    blocks: &[
        keys(
            "content_security_policy",
            &[
                "connect_src",
                "default_src",
                "form_action",
                "frame_ancestors",
                "img_src",
                "script_src",
                "style_src",
            ],
        ),
        keys("consul", &["ui_url"]),
        keys("vault", &["ui_url"]),
        keys("label", &["text", "background_color", "text_color"]),
    ],
    free: false,
};
pub(crate) const CONSUL: Inert = Inert {
    kind: "consul",
    keys: &[
        "name",
        "address",
        "grpc_address",
        "token",
        "auth",
        "ssl",
        "verify_ssl",
        "share_ssl",
        "ca_file",
        "cert_file",
        "key_file",
        "grpc_ca_file",
        "auto_advertise",
        "checks_use_advertise",
        "server_service_name",
        "client_service_name",
        "server_http_check_name",
        "server_serf_check_name",
        "server_rpc_check_name",
        "client_http_check_name",
        "server_failures_before_critical",
        "server_failures_before_warning",
        "client_failures_before_critical",
        "client_failures_before_warning",
        "server_auto_join",
        "client_auto_join",
        "tags",
        "namespace",
        "timeout",
        "service_auth_method",
        "task_auth_method",
    ],
    blocks: &[free("service_identity"), free("task_identity")],
    free: false,
};
pub(crate) const VAULT: Inert = Inert {
    kind: "vault",
    keys: &[
        "name",
        "enabled",
        "address",
        "create_from_role",
        "namespace",
        "jwt_auth_backend_path",
        "ca_file",
        "ca_path",
        "cert_file",
        "key_file",
        "tls_server_name",
        "tls_skip_verify",
        "token",
        "allow_unauthenticated",
        "task_token_ttl",
    ],
    blocks: &[free("default_identity")],
    free: false,
};

pub(crate) const CLIENT_INTRODUCTION: Inert =
    keys("client_introduction", &["enforcement", "default_identity_ttl", "max_identity_ttl"]);
pub(crate) const RAFT_BOLTDB: Inert = keys("raft_boltdb", &["no_freelist_sync"]);
pub(crate) const RAFT_LOGSTORE: Inert = Inert {
    kind: "raft_logstore",
    keys: &["backend", "disable_log_cache"],
    blocks: &[
        keys("boltdb", &["no_freelist_sync"]),
        keys("wal", &["segment_size_mb"]),
        keys("verification", &["enabled", "interval"]),
    ],
    free: false,
};
pub(crate) const CHROOT_ENV: Inert = free("chroot_env");
pub(crate) const FINGERPRINT: Inert = free("fingerprint");
pub(crate) const USERS: Inert = keys("users", &["dynamic_user_min", "dynamic_user_max"]);
const RETRY: &[&str] = &["attempts", "backoff", "max_backoff"];
pub(crate) const TEMPLATE: Inert = Inert {
    kind: "template",
    keys: &[
        "function_denylist",
        "disable_file_sandbox",
        "max_stale",
        "block_query_wait",
        "vault_default_lease_duration",
        "use_client_consul_token",
    ],
    blocks: &[
        keys("wait", &["min", "max"]),
        keys("wait_bounds", &["min", "max"]),
        keys("consul_retry", RETRY),
        keys("vault_retry", RETRY),
        keys("nomad_retry", RETRY),
    ],
    free: false,
};
