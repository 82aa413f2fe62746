//! Where work may run, should run, and how it spreads.

use super::{Schema, bool, int, list, text};
use crate::hcl::finish;

pub static CONSTRAINT: Schema = Schema::new(
    "constraint",
    &[
        text("attribute", "LTarget"),
        text("value", "RTarget"),
        text("operator", "Operand"),
        // `version = ">= 1.2"` stands for `operator = "version"` and `value = ">= 1.2"`, and so on.
        text("version", "#version"),
        text("semver", "#semver"),
        text("regexp", "#regexp"),
        text("set_contains", "#set_contains"),
        text("set_contains_all", "#set_contains_all"),
        text("set_contains_any", "#set_contains_any"),
        bool("distinct_hosts", "#distinct_hosts"),
        text("distinct_property", "#distinct_property"),
    ],
    &[],
)
.finished_by(finish::constraint);

pub static AFFINITY: Schema = Schema::new(
    "affinity",
    &[
        text("attribute", "LTarget"),
        text("value", "RTarget"),
        text("operator", "Operand"),
        int("weight", "Weight"),
        // `version = ">= 1.2"` stands for `operator = "version"` and `value = ">= 1.2"`, and so on.
        text("version", "#version"),
        text("semver", "#semver"),
        text("regexp", "#regexp"),
        text("set_contains", "#set_contains"),
        text("set_contains_all", "#set_contains_all"),
        text("set_contains_any", "#set_contains_any"),
    ],
    &[],
)
.finished_by(finish::constraint);

pub static SPREAD: Schema = Schema::new(
    "spread",
    &[text("attribute", "Attribute"), int("weight", "Weight")],
    &[list("target", "SpreadTarget", &SPREAD_TARGET)],
);

static SPREAD_TARGET: Schema = Schema::new("target", &[int("percent", "Percent")], &[]).labelled("Value");
