//! Jobs that start at times.

use muster_model::{JobType, Periodic};

use super::cron::parse_cron;
use super::{Findings, zone};
use crate::input::PeriodicInput;
use crate::wire::Wire;

pub(super) fn decide(input: &PeriodicInput, kind: JobType, found: &mut Findings) -> Periodic {
    let periodic = input.decide(found);
    if periodic.enabled {
        check(&periodic, kind, found);
    }
    if !periodic.spec.is_empty() {
        found.warn("periodic: `cron` is deprecated; write the list `crons`");
    }
    found.unsupported("a `periodic` block", "the job would run once, at once, instead of at its times");
    periodic
}

fn check(periodic: &Periodic, kind: JobType, found: &mut Findings) {
    if !kind.runs_to_completion() {
        found.error("Periodic can only be used with \"batch\" or \"sysbatch\" scheduler");
    }
    match (periodic.spec.is_empty(), periodic.specs.is_empty()) {
        (true, true) => found.error("Must specify a spec"),
        (false, false) => found.error("Only cron or crons may be used"),
        _ => {}
    }
    for spec in periodic.expressions() {
        if let Err(error) = parse_cron(spec) {
            found.error_in(
                if periodic.spec.is_empty() { "periodic.crons" } else { "periodic.cron" },
                format!("Invalid cron spec {:?}: {error}", &**spec),
            );
        }
    }
    zone::check("`time_zone`", &periodic.time_zone, found);
}
