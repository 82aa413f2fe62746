//! What is kept about children of jobs follows from the children there are.

use std::collections::BTreeMap;

use super::{Violation, require};
use crate::summary::ChildCounts;
use crate::tables::Tables;

pub(super) fn children_are_counted(tables: &Tables) -> Result<(), Violation> {
    let mut found: BTreeMap<_, ChildCounts> = BTreeMap::new();
    for (parent, status) in tables.jobs.rows.iter().filter_map(|(_, row)| row.as_child()) {
        *found.entry(parent).or_default().of(status) += 1;
    }
    for (_, row) in tables.jobs.rows.iter() {
        let found = found.remove(&row.key).unwrap_or_default();
        require(row.children == found, "children_are_counted", || {
            format!("job {}: kept {:?}, found {found:?}", row.key, row.children)
        })?;
    }
    require(found.is_empty(), "children_are_counted", || format!("no rows of the parents {found:?}"))
}

pub(super) fn schedules_are_followed(tables: &Tables) -> Result<(), Violation> {
    let launches = &tables.periodic_launches.rows;
    let mut following = 0;
    for (_, row) in tables.jobs.rows.iter() {
        let follows = row.current().is_some_and(|job| job.follows_schedule());
        following += usize::from(follows);
        let recorded = launches.get(&row.key).is_some_and(|record| record.key == row.key);
        require(follows == recorded, "schedules_are_followed", || {
            format!("job {}: follows a schedule {follows}, is recorded {recorded}", row.key)
        })?;
    }
    require(following == launches.len(), "schedules_are_followed", || {
        format!("{following} jobs follow a schedule, {} are recorded", launches.len())
    })
}

/// Every dispatched child with a token is the one that its token names, and no token forgets that its child is gone.
pub(super) fn tokens_name_their_children(tables: &Tables) -> Result<(), Violation> {
    let table = &tables.dispatch_tokens;
    for record in table.rows.values() {
        let key = muster_model::JobKey { namespace: record.key.namespace.clone(), id: record.child.clone() };
        let named = tables.job(&key).is_some_and(|job| {
            job.create_index == record.job_create_index
                && job.dispatch_token.as_ref() == Some(&record.key.token)
        });
        let listed = table.orphans.contains(&(record.time, record.key.clone()));
        let holds = named != record.child_is_gone && listed == record.child_is_gone;
        require(holds, "tokens_name_their_children", || {
            format!("{record:?}: named {named}, listed {listed}")
        })?;
    }
    let gone = table.rows.values().filter(|record| record.child_is_gone).count();
    require(gone == table.orphans.len(), "tokens_name_their_children", || {
        format!("{gone} children are gone, {} are listed", table.orphans.len())
    })
}
