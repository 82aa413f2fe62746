//! Jobs that start at times.

use muster_cron::{Zone, parse_cron};
use muster_model::{JobType, Periodic};

use super::Findings;
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
    check_zone("`time_zone`", &periodic.time_zone, found);
}

/// `Local`, or a name of the IANA database.
pub(super) fn check_zone(what: &str, name: &str, found: &mut Findings) {
    if Zone::named(name, &Zone::UTC).is_err() {
        found.error(format!(
            "Invalid time zone {name:?}: {what} takes a name such as `Europe/Berlin` or `UTC`"
        ));
    }
}
