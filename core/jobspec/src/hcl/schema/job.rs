//! `job` and the blocks that stand only in it.

use super::group::{GROUP, VOLUME};
use super::place::{AFFINITY, CONSTRAINT, SPREAD};
use super::policy::{MIGRATE, RESCHEDULE, UPDATE};
use super::task::{SECRET, TASK, VAULT};
use super::{Schema, bool, by_label, int, list, one, text, text_map, texts};
use crate::hcl::finish;

pub static JOB: Schema = Schema::new(
    "job",
    &[
        text("region", "Region"),
        text("namespace", "Namespace"),
        text("id", "ID"),
        text("name", "Name"),
        text("type", "Type"),
        int("priority", "Priority"),
        bool("all_at_once", "AllAtOnce"),
        texts("datacenters", "Datacenters"),
        text("node_pool", "NodePool"),
        text_map("meta", "Meta"),
    ],
    &[
        list("constraint", "Constraints", &CONSTRAINT),
        list("affinity", "Affinities", &AFFINITY),
        list("spread", "Spreads", &SPREAD),
        by_label("volume", "Volumes", &VOLUME),
        list("group", "TaskGroups", &GROUP),
        one("update", "Update", &UPDATE),
        one("reschedule", "Reschedule", &RESCHEDULE),
        one("migrate", "Migrate", &MIGRATE),
        one("multiregion", "Multiregion", &MULTIREGION),
        one("periodic", "Periodic", &PERIODIC),
        one("parameterized", "ParameterizedJob", &PARAMETERIZED),
        one("ui", "UI", &UI),
        list("task", "#tasks", &TASK),
        one("vault", "#vault", &VAULT),
        list("secret", "#secrets", &SECRET),
    ],
)
.labelled("ID")
.finished_by(finish::job);

static PERIODIC: Schema = Schema::new(
    "periodic",
    &[
        bool("enabled", "Enabled"),
        text("cron", "Spec"),
        texts("crons", "Specs"),
        bool("prohibit_overlap", "ProhibitOverlap"),
        text("time_zone", "TimeZone"),
    ],
    &[],
);

static PARAMETERIZED: Schema = Schema::new(
    "parameterized",
    &[
        text("payload", "Payload"),
        texts("meta_required", "MetaRequired"),
        texts("meta_optional", "MetaOptional"),
    ],
    &[one("allow", "Allow", &ALLOW)],
);

static ALLOW: Schema = Schema::new(
    "allow",
    &[int("nodes", "Nodes"), texts("node_pools", "NodePools"), texts("datacenters", "Datacenters")],
    &[
        by_label("constraint", "Constraints", &ALLOW_CONSTRAINT),
        by_label("count", "Counts", &ALLOW_BOUNDS),
        by_label("cpu", "CPU", &ALLOW_BOUNDS),
        by_label("memory", "Memory", &ALLOW_BOUNDS),
    ],
)
.finished_by(finish::allow);

static ALLOW_CONSTRAINT: Schema = Schema::new(
    "constraint",
    &[texts("operators", "Operators"), texts("values", "Values"), bool("required", "Required")],
    &[],
)
.labelled("#label")
.finished_by(finish::keyed);

static ALLOW_BOUNDS: Schema = Schema::new("bounds", &[int("min", "Min"), int("max", "Max")], &[])
    .labelled("#label")
    .finished_by(finish::keyed);

static MULTIREGION: Schema = Schema::new(
    "multiregion",
    &[],
    &[one("strategy", "Strategy", &MULTIREGION_STRATEGY), list("region", "Regions", &MULTIREGION_REGION)],
);

static MULTIREGION_STRATEGY: Schema =
    Schema::new("strategy", &[int("max_parallel", "MaxParallel"), text("on_failure", "OnFailure")], &[]);

static MULTIREGION_REGION: Schema = Schema::new(
    "region",
    &[
        int("count", "Count"),
        texts("datacenters", "Datacenters"),
        text("node_pool", "NodePool"),
        text_map("meta", "Meta"),
    ],
    &[],
)
.labelled("Name");

static UI: Schema =
    Schema::new("ui", &[text("description", "Description")], &[list("link", "Links", &UI_LINK)]);

static UI_LINK: Schema = Schema::new("link", &[text("url", "Url")], &[]).labelled("Label");
