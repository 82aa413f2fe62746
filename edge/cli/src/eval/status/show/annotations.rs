//! What an evaluation meant to do, group by group.

use muster_api::views::{DesiredUpdatesView, PlanAnnotationsView};

use crate::table::Table;

type Column = (&'static str, fn(&DesiredUpdatesView) -> u64);

const ALWAYS: [Column; 5] = [
    ("Ignore", |updates| updates.ignore),
    ("Place", |updates| updates.place),
    ("Stop", |updates| updates.stop),
    ("InPlace", |updates| updates.in_place_update),
    ("Destructive", |updates| updates.destructive_update),
];

/// Of most evaluations these are zero for every group.
const WHERE_NOT_ZERO: [Column; 7] = [
    ("Migrate", |updates| updates.migrate),
    ("Canary", |updates| updates.canary),
    ("Preemptions", |updates| updates.preemptions),
    ("Reschedule Now", |updates| updates.reschedule_now),
    ("Reschedule Later", |updates| updates.reschedule_later),
    ("Disconnect", |updates| updates.disconnect),
    ("Reconnect", |updates| updates.reconnect),
];

pub(super) fn groups(plan: &PlanAnnotationsView, verbose: bool) -> Table {
    let some = |(_, count): &Column| verbose || plan.groups.values().any(|updates| count(updates) > 0);
    let columns: Vec<Column> = ALWAYS.into_iter().chain(WHERE_NOT_ZERO.into_iter().filter(some)).collect();
    let mut table = Table::new(&["Task Group"]);
    columns.iter().for_each(|(name, _)| table.column(name));
    for (group, updates) in &plan.groups {
        let counts = columns.iter().map(|(_, count)| count(updates).to_string());
        table.row([group.clone()].into_iter().chain(counts).collect());
    }
    table
}
