//! `task` and the blocks that stand only in it.

use super::place::{AFFINITY, CONSTRAINT};
use super::policy::RESTART;
use super::resources::RESOURCES;
use super::service::SERVICE;
use super::template::TEMPLATE;
use super::{Schema, bool, duration, free_map, int, list, one, text, text_map, texts};
use crate::hcl::finish;

pub static TASK: Schema = Schema::new(
    "task",
    &[
        text("driver", "Driver"),
        text("user", "User"),
        free_map("config", "Config"),
        text_map("env", "Env"),
        text_map("meta", "Meta"),
        duration("kill_timeout", "KillTimeout"),
        bool("leader", "Leader"),
        duration("shutdown_delay", "ShutdownDelay"),
        text("kill_signal", "KillSignal"),
        text("kind", "Kind"),
    ],
    &[
        one("lifecycle", "Lifecycle", &LIFECYCLE),
        list("constraint", "Constraints", &CONSTRAINT),
        list("affinity", "Affinities", &AFFINITY),
        list("service", "Services", &SERVICE),
        one("resources", "Resources", &RESOURCES),
        one("restart", "RestartPolicy", &RESTART),
        one("logs", "LogConfig", &LOGS),
        list("artifact", "Artifacts", &ARTIFACT),
        one("vault", "Vault", &VAULT),
        one("consul", "Consul", &CONSUL),
        list("template", "Templates", &TEMPLATE),
        one("dispatch_payload", "DispatchPayload", &DISPATCH_PAYLOAD),
        list("volume_mount", "VolumeMounts", &VOLUME_MOUNT),
        one("csi_plugin", "CSIPluginConfig", &CSI_PLUGIN),
        list("scaling", "ScalingPolicies", &TASK_SCALING),
        list("secret", "Secrets", &SECRET),
        list("identity", "#identities", &IDENTITY),
        list("action", "Actions", &ACTION),
        one("schedule", "Schedule", &SCHEDULE),
    ],
)
.labelled("Name")
.finished_by(finish::task);

static LIFECYCLE: Schema = Schema::new("lifecycle", &[text("hook", "Hook"), bool("sidecar", "Sidecar")], &[]);

pub static LOGS: Schema = Schema::new(
    "logs",
    &[
        int("max_files", "MaxFiles"),
        int("max_file_size", "MaxFileSizeMB"),
        bool("enabled", "Enabled"),
        bool("disabled", "Disabled"),
    ],
    &[],
);

static ARTIFACT: Schema = Schema::new(
    "artifact",
    &[
        text("source", "GetterSource"),
        text_map("options", "GetterOptions"),
        text_map("headers", "GetterHeaders"),
        text("mode", "GetterMode"),
        bool("insecure", "GetterInsecure"),
        text("destination", "RelativeDest"),
        bool("chown", "Chown"),
    ],
    &[],
);

static DISPATCH_PAYLOAD: Schema = Schema::new("dispatch_payload", &[text("file", "File")], &[]);

pub static VOLUME_MOUNT: Schema = Schema::new(
    "volume_mount",
    &[
        text("volume", "Volume"),
        text("destination", "Destination"),
        bool("read_only", "ReadOnly"),
        text("propagation_mode", "PropagationMode"),
        text("selinux_label", "SELinuxLabel"),
    ],
    &[],
);

pub static VAULT: Schema = Schema::new(
    "vault",
    &[
        texts("policies", "Policies"),
        text("role", "Role"),
        text("namespace", "Namespace"),
        text("cluster", "Cluster"),
        bool("env", "Env"),
        bool("disable_file", "DisableFile"),
        text("change_mode", "ChangeMode"),
        text("change_signal", "ChangeSignal"),
        bool("allow_token_expiration", "AllowTokenExpiration"),
    ],
    &[],
);

pub static CONSUL: Schema = Schema::new(
    "consul",
    &[text("namespace", "Namespace"), text("cluster", "Cluster"), text("partition", "Partition")],
    &[],
);

pub static IDENTITY: Schema = Schema::new(
    "identity",
    &[
        text("name", "Name"),
        texts("aud", "Audience"),
        text("change_mode", "ChangeMode"),
        text("change_signal", "ChangeSignal"),
        bool("env", "Env"),
        bool("file", "File"),
        text("filepath", "Filepath"),
        text("service_name", "ServiceName"),
        duration("ttl", "TTL"),
        texts("extra_claims", "ExtraClaims"),
    ],
    &[],
);

pub static SECRET: Schema = Schema::new(
    "secret",
    &[
        text("provider", "Provider"),
        text("path", "Path"),
        free_map("config", "Config"),
        text_map("env", "Env"),
    ],
    &[],
)
.labelled("Name");

static ACTION: Schema =
    Schema::new("action", &[text("command", "Command"), texts("args", "Args")], &[]).labelled("Name");

static CSI_PLUGIN: Schema = Schema::new(
    "csi_plugin",
    &[
        text("id", "ID"),
        text("type", "Type"),
        text("mount_dir", "MountDir"),
        text("stage_publish_base_dir", "StagePublishBaseDir"),
        duration("health_timeout", "HealthTimeout"),
    ],
    &[],
);

/// Vertical scaling; the label says what is scaled.
static TASK_SCALING: Schema = Schema::new(
    "scaling",
    &[int("min", "Min"), int("max", "Max"), free_map("policy", "Policy"), bool("enabled", "Enabled")],
    &[],
)
.labelled("Type");

static SCHEDULE: Schema = Schema::new("schedule", &[], &[one("cron", "Cron", &CRON)]);

static CRON: Schema =
    Schema::new("cron", &[text("start", "Start"), text("end", "End"), text("timezone", "Timezone")], &[]);
