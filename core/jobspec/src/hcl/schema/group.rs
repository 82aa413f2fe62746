//! `group` and the blocks that stand only in it.

use super::place::{AFFINITY, CONSTRAINT, SPREAD};
use super::policy::{DISCONNECT, MIGRATE, RESCHEDULE, RESTART, UPDATE};
use super::resources::NETWORK;
use super::service::SERVICE;
use super::task::{CONSUL, TASK};
use super::{Schema, bool, by_label, duration, free_map, int, list, one, text, text_map, texts};

pub static GROUP: Schema = Schema::new(
    "group",
    &[
        int("count", "Count"),
        text_map("meta", "Meta"),
        duration("shutdown_delay", "ShutdownDelay"),
        duration("max_run_duration", "MaxRunDuration"),
        duration("stop_after_client_disconnect", "StopAfterClientDisconnect"),
        duration("max_client_disconnect", "MaxClientDisconnect"),
        bool("prevent_reschedule_on_lost", "PreventRescheduleOnLost"),
    ],
    &[
        list("constraint", "Constraints", &CONSTRAINT),
        list("affinity", "Affinities", &AFFINITY),
        list("task", "Tasks", &TASK),
        list("spread", "Spreads", &SPREAD),
        by_label("volume", "Volumes", &VOLUME),
        one("restart", "RestartPolicy", &RESTART),
        one("disconnect", "Disconnect", &DISCONNECT),
        one("reschedule", "ReschedulePolicy", &RESCHEDULE),
        one("ephemeral_disk", "EphemeralDisk", &EPHEMERAL_DISK),
        one("cleanup", "Cleanup", &CLEANUP),
        one("update", "Update", &UPDATE),
        one("migrate", "Migrate", &MIGRATE),
        list("network", "Networks", &NETWORK),
        list("service", "Services", &SERVICE),
        one("scaling", "Scaling", &SCALING),
        one("consul", "Consul", &CONSUL),
    ],
)
.labelled("Name");

static EPHEMERAL_DISK: Schema = Schema::new(
    "ephemeral_disk",
    &[bool("sticky", "Sticky"), bool("migrate", "Migrate"), int("size", "SizeMB")],
    &[],
);

static CLEANUP: Schema =
    Schema::new("cleanup", &[text("mode", "Mode"), duration("retention", "Retention")], &[]);

static SCALING: Schema = Schema::new(
    "scaling",
    &[
        int("min", "Min"),
        int("max", "Max"),
        free_map("policy", "Policy"),
        bool("enabled", "Enabled"),
        text("type", "Type"),
    ],
    &[],
);

pub static VOLUME: Schema = Schema::new(
    "volume",
    &[
        text("type", "Type"),
        text("source", "Source"),
        bool("read_only", "ReadOnly"),
        bool("sticky", "Sticky"),
        text("access_mode", "AccessMode"),
        text("attachment_mode", "AttachmentMode"),
        bool("per_alloc", "PerAlloc"),
    ],
    &[one("mount_options", "MountOptions", &MOUNT_OPTIONS)],
)
.labelled("Name");

static MOUNT_OPTIONS: Schema =
    Schema::new("mount_options", &[text("fs_type", "FSType"), texts("mount_flags", "MountFlags")], &[]);
