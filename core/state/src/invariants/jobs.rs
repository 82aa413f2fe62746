//! What is kept about jobs follows from their allocations and evaluations.

use muster_ids::Namespace;

use super::{Violation, require};
use crate::summary::GroupCounts;
use crate::tables::Tables;
use crate::tables::jobs::JobRow;

/// Nothing is in a namespace that is not there.
pub(super) fn namespaces_exist(tables: &Tables) -> Result<(), Violation> {
    let stray = tables.jobs.ids.keys().find(|key| !tables.namespaces.rows.contains_key(&key.namespace));
    require(stray.is_none(), "namespaces_exist", || format!("{stray:?}"))?;
    let default = tables.namespaces.rows.contains_key(&Namespace::default_namespace());
    require(default, "namespaces_exist", || "there is no default namespace".to_owned())
}

pub(super) fn counters_equal_recomputation(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.jobs.rows.iter() {
        let mut fresh = JobRow::new(row.key.clone());
        for (group, counts) in &row.counts {
            fresh.counts_mut(group).queued = counts.queued;
        }
        tables.allocs.of(&tables.allocs.by_job, slot).for_each(|alloc| fresh.count_in(alloc));
        let evals = tables.evals.of_job(slot);
        let open: Vec<_> = evals.map(|row| u32::from(!row.eval.status.is_terminal())).collect();
        let same = numbers(row) == numbers(&fresh)
            && counts(row) == counts(&fresh)
            && (row.evals as usize, row.open_evals) == (open.len(), open.iter().sum());
        require(same, "counters_equal_recomputation", || {
            format!("job {}: kept {:?} {:?}, found {:?}", row.key, numbers(row), row.counts, fresh.counts)
        })?;
    }
    Ok(())
}

const fn numbers(row: &JobRow) -> [u32; 3] {
    [row.allocs, row.live, row.holding]
}

fn counts(row: &JobRow) -> Vec<&(muster_ids::GroupName, GroupCounts)> {
    row.counts.iter().filter(|(_, counts)| *counts != GroupCounts::default()).collect()
}

/// Statuses are as derived, and no row is kept for nothing.
pub(super) fn statuses_are_derived(tables: &Tables) -> Result<(), Violation> {
    for (_, row) in tables.jobs.rows.iter() {
        let fine = match row.current() {
            Some(job) => job.status == row.status(job),
            None => row.is_named() || tables.deployments.of_job(&row.key).next().is_some(),
        };
        require(fine, "statuses_are_derived", || {
            format!("job {}: {:?}", row.key, row.current().map(|j| j.status))
        })?;
    }
    Ok(())
}

pub(super) fn versions_descend(tables: &Tables) -> Result<(), Violation> {
    for (_, row) in tables.jobs.rows.iter() {
        let ordered = row.versions.is_sorted_by(|a, b| a.job.version > b.job.version);
        let own = row.versions.iter().all(|version| version.job.key() == row.key);
        require(ordered && own, "versions_descend", || {
            format!("job {}: {:?}", row.key, row.versions.iter().map(|v| v.job.version).collect::<Vec<_>>())
        })?;
    }
    Ok(())
}

/// A tag leads to one version of its job.
pub(super) fn tags_are_unique(tables: &Tables) -> Result<(), Violation> {
    for (_, row) in tables.jobs.rows.iter() {
        let tags = row.versions.iter().filter_map(|version| version.job.version_tag.as_deref());
        let mut names: Vec<_> = tags.map(|tag| &tag.name).collect();
        names.sort_unstable();
        let unique = names.is_sorted_by(|a, b| a < b);
        require(unique, "tags_are_unique", || format!("job {}: {names:?}", row.key))?;
    }
    Ok(())
}

pub(super) fn at_most_one_blocked_evaluation(tables: &Tables) -> Result<(), Violation> {
    for (slot, row) in tables.jobs.rows.iter() {
        let blocked = tables.evals.blocked_of_job(slot).count();
        require(blocked <= 1, "at_most_one_blocked_evaluation", || format!("job {}: {blocked}", row.key))?;
    }
    Ok(())
}
