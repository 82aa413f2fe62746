//! State → rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::Index;
use muster_model::{Job, JobKey};

use super::records::{EvalRecord, MetaRecord, NodeRecord, to_row};
use super::{AllocRecordRef, RowKind, SnapshotRow};
use crate::hash::HASH_VERSION;
use crate::tables::Tables;
use crate::tables::allocs::AllocRow;
use crate::tables::jobs::{JobRow, SubmissionRecord};
use crate::tables::pools::PoolRecord;

type Detached<'a> = BTreeMap<(JobKey, u64, Index), &'a Arc<Job>>;

/// Hands every row to `sink`, sorted by kind and then by key.
pub(crate) fn encode<E>(
    tables: &Tables,
    sink: &mut dyn FnMut(SnapshotRow) -> Result<(), E>,
) -> Result<(), E> {
    let detached = detached_jobs(tables);
    sink(to_row(RowKind::Meta, &meta(tables, &detached)))?;
    for pool in pools(tables) {
        sink(to_row(RowKind::NodePool, &pool))?;
    }
    for row in job_rows(tables) {
        sink(to_row(RowKind::JobMarks, &row.marks()))?;
    }
    for version in job_rows(tables).flat_map(|row| &row.versions) {
        sink(to_row(RowKind::JobVersion, &version.job))?;
    }
    for submission in submissions(tables) {
        sink(to_row(RowKind::JobSubmission, &submission))?;
    }
    for job in detached.values() {
        sink(to_row(RowKind::DetachedJob, job))?;
    }
    for node in nodes(tables) {
        sink(to_row(RowKind::Node, &node))?;
    }
    for eval in evals(tables) {
        sink(to_row(RowKind::Eval, &eval))?;
    }
    for row in alloc_rows(tables) {
        sink(to_row(RowKind::Alloc, &AllocRecordRef::from(&*row.alloc)))?;
    }
    for row in tables.deployments.rows.values() {
        sink(to_row(RowKind::Deployment, &row.deployment))?;
    }
    for record in tables.periodic_launches.rows.values() {
        sink(to_row(RowKind::PeriodicLaunch, record))?;
    }
    if let Some(config) = &tables.scheduler.config {
        sink(to_row(RowKind::SchedulerConfig, config))?;
    }
    for events in tables.scaling_events.rows.values() {
        sink(to_row(RowKind::ScalingEvents, events))?;
    }
    for record in tables.dispatch_tokens.rows.values() {
        sink(to_row(RowKind::DispatchToken, record))?;
    }
    for details in tables.pools.details.values() {
        sink(to_row(RowKind::NodePoolDetails, details))?;
    }
    for record in tables.acl_tokens.rows.values() {
        sink(to_row(RowKind::AclToken, record))?;
    }
    for policy in tables.acl_policies.rows.values() {
        sink(to_row(RowKind::AclPolicy, policy))?;
    }
    for role in tables.acl_roles.rows.values() {
        sink(to_row(RowKind::AclRole, role))?;
    }
    for token in tables.one_time_tokens.rows.values() {
        sink(to_row(RowKind::OneTimeToken, token))?;
    }
    for details in tables.namespaces.stored() {
        sink(to_row(RowKind::Namespace, details))?;
    }
    for key in tables.root_keys.rows.values() {
        sink(to_row(RowKind::RootKey, key))?;
    }
    for revocation in tables.revocations.rows.values() {
        sink(to_row(RowKind::Revocation, revocation))?;
    }
    for record in tables.join_tokens.rows.values() {
        sink(to_row(RowKind::JoinToken, record))?;
    }
    Ok(())
}

fn meta(tables: &Tables, detached: &Detached<'_>) -> MetaRecord {
    let counts = [
        pools(tables).count(),
        job_rows(tables).map(|row| 1 + row.versions.len()).sum(),
        submissions(tables).count(),
        detached.len(),
        tables.nodes.ids.len(),
        tables.evals.ids.len(),
        tables.allocs.ids.len(),
        tables.scaling_events.rows.len(),
        usize::from(tables.scheduler.config.is_some()),
        tables.pools.details.len(),
        tables.periodic_launches.rows.len(),
        tables.dispatch_tokens.rows.len(),
        tables.acl_tokens.rows.len(),
        tables.revocations.rows.len(),
        tables.join_tokens.rows.len(),
        tables.namespaces.stored().count(),
        tables.acl_policies.rows.len(),
        tables.acl_roles.rows.len(),
        tables.one_time_tokens.rows.len(),
        tables.deployments.rows.len(),
        tables.root_keys.rows.len(),
    ];
    MetaRecord {
        meta: tables.meta,
        rows: counts.iter().sum::<usize>() as u64,
        hash: tables.hash(),
        hash_version: HASH_VERSION,
    }
}

/// Built-in pools, which exist since index zero, are not stored.
fn pools(tables: &Tables) -> impl Iterator<Item = PoolRecord> {
    let stored = tables.pools.rows.iter().filter(|(_, create_index)| **create_index != Index::ZERO);
    stored.map(|(name, create_index)| PoolRecord { name: name.clone(), create_index: *create_index })
}

fn job_rows(tables: &Tables) -> impl Iterator<Item = &JobRow> {
    tables.jobs.ids.values().filter_map(|slot| tables.jobs.at(*slot))
}

fn submissions(tables: &Tables) -> impl Iterator<Item = SubmissionRecord> {
    job_rows(tables).flat_map(|row| {
        row.versions.iter().filter_map(|version| {
            let (submission, _) = version.submission.as_ref()?;
            let submission = Arc::clone(submission);
            Some(SubmissionRecord { key: row.key.clone(), version: version.job.version, submission })
        })
    })
}

fn nodes(tables: &Tables) -> impl Iterator<Item = NodeRecord> {
    tables.nodes.ids.values().filter_map(|slot| tables.nodes.get(*slot)).map(|row| NodeRecord {
        node: Arc::clone(row.node()),
        secret_hash: row.secret_hash,
        changed_index: row.changed_index(),
        allocs_index: row.allocs_index,
    })
}

fn evals(tables: &Tables) -> impl Iterator<Item = EvalRecord> {
    let rows = tables.evals.ids.values().filter_map(|slot| tables.evals.rows.get(*slot));
    rows.map(|row| EvalRecord { eval: Arc::clone(&row.eval), allocs_index: row.allocs_index })
}

fn alloc_rows(tables: &Tables) -> impl Iterator<Item = &AllocRow> {
    tables.allocs.ids.values().filter_map(|slot| tables.allocs.rows.get(*slot))
}

/// Versions that are no longer kept, or whose job was purged, but that allocations still instantiate.
fn detached_jobs(tables: &Tables) -> Detached<'_> {
    let mut detached = BTreeMap::new();
    for row in alloc_rows(tables) {
        let job = &row.alloc.job;
        let kept = tables.jobs.at(row.owners.job).and_then(|row| row.version(job.version));
        if kept.is_none_or(|kept| kept.job.create_index != job.create_index) {
            detached.entry((job.key(), job.version, job.create_index)).or_insert(job);
        }
    }
    detached
}
