//! What happens on failure, loss, drain and change.

use super::{Schema, bool, duration, int, text};

pub static UPDATE: Schema = Schema::new(
    "update",
    &[
        duration("stagger", "Stagger"),
        int("max_parallel", "MaxParallel"),
        text("health_check", "HealthCheck"),
        duration("min_healthy_time", "MinHealthyTime"),
        duration("healthy_deadline", "HealthyDeadline"),
        duration("progress_deadline", "ProgressDeadline"),
        int("canary", "Canary"),
        bool("auto_revert", "AutoRevert"),
        bool("auto_promote", "AutoPromote"),
    ],
    &[],
);

pub static RESTART: Schema = Schema::new(
    "restart",
    &[
        duration("interval", "Interval"),
        int("attempts", "Attempts"),
        duration("delay", "Delay"),
        text("mode", "Mode"),
        bool("render_templates", "RenderTemplates"),
    ],
    &[],
);

pub static RESCHEDULE: Schema = Schema::new(
    "reschedule",
    &[
        int("attempts", "Attempts"),
        duration("interval", "Interval"),
        duration("delay", "Delay"),
        text("delay_function", "DelayFunction"),
        duration("max_delay", "MaxDelay"),
        bool("unlimited", "Unlimited"),
    ],
    &[],
);

pub static DISCONNECT: Schema = Schema::new(
    "disconnect",
    &[
        duration("lost_after", "LostAfter"),
        duration("stop_on_client_after", "StopOnClientAfter"),
        bool("replace", "Replace"),
        text("reconcile", "Reconcile"),
    ],
    &[],
);

pub static MIGRATE: Schema = Schema::new(
    "migrate",
    &[
        int("max_parallel", "MaxParallel"),
        text("health_check", "HealthCheck"),
        duration("min_healthy_time", "MinHealthyTime"),
        duration("healthy_deadline", "HealthyDeadline"),
    ],
    &[],
);
