//! The incremental hash is the hash of the rows there are.

use super::{Violation, require};
use crate::columns::NodeSlot;
use crate::hash::hash_row;
use crate::rows::{AllocRecordRef, RowKind};
use crate::tables::Tables;
use crate::tables::acl_policies::policy_hash;
use crate::tables::acl_roles::role_hash;
use crate::tables::deployments::DeploymentRow;
use crate::tables::evals::EvalRow;
use crate::tables::jobs::VersionRow;
use crate::tables::nodes::content_hash;
use crate::tables::one_time_tokens::one_time_hash;
use crate::tables::pools::{PoolRecord, details_hash};
use crate::tables::scheduler::row_hash;

pub(super) fn hash_equals_recomputation(tables: &Tables) -> Result<(), Violation> {
    let parts = [
        pools(tables),
        namespaces(tables),
        scheduler(tables),
        jobs(tables),
        nodes(tables),
        evals(tables),
        allocs(tables),
        join_tokens(tables),
        root_keys(tables),
        acl(tables),
        revocations(tables),
        deployments(tables),
        scaling_events(tables),
        children(tables),
    ];
    let found = sum(parts.into_iter());
    require(found == tables.rows_hash, "hash_equals_recomputation", || {
        format!("kept {:016x}, found {found:016x}", tables.rows_hash)
    })
}

fn sum(hashes: impl Iterator<Item = u64>) -> u64 {
    hashes.fold(0, u64::wrapping_add)
}

fn pools(tables: &Tables) -> u64 {
    let stored = tables.pools.rows.iter().filter(|(_, index)| index.0 > 0);
    let names = sum(stored.map(|(name, index)| {
        hash_row(RowKind::NodePool, &PoolRecord { name: name.clone(), create_index: *index })
    }));
    names.wrapping_add(sum(tables.pools.details.values().map(|details| details_hash(details))))
}

fn namespaces(tables: &Tables) -> u64 {
    sum(tables.namespaces.rows.values().map(|details| crate::tables::namespaces::row_hash(details)))
}

fn scheduler(tables: &Tables) -> u64 {
    tables.scheduler.config.as_ref().map_or(0, |config| row_hash(config))
}

fn acl(tables: &Tables) -> u64 {
    let tokens = tables.acl_tokens.rows.values().map(|record| record.row_hash());
    let policies = tables.acl_policies.rows.values().map(|policy| policy_hash(policy));
    let roles = tables.acl_roles.rows.values().map(|role| role_hash(role));
    let one_time = tables.one_time_tokens.rows.values().map(|token| one_time_hash(token));
    sum(tokens.chain(policies).chain(roles).chain(one_time))
}

fn revocations(tables: &Tables) -> u64 {
    sum(tables.revocations.rows.values().map(|row| crate::tables::revocations::row_hash(row)))
}

fn join_tokens(tables: &Tables) -> u64 {
    sum(tables.join_tokens.rows.values().map(|record| record.row_hash()))
}

fn root_keys(tables: &Tables) -> u64 {
    sum(tables.root_keys.rows.values().map(|key| crate::tables::root_keys::row_hash(key)))
}

fn scaling_events(tables: &Tables) -> u64 {
    sum(tables.scaling_events.rows.values().map(|events| events.row_hash()))
}

fn deployments(tables: &Tables) -> u64 {
    sum(tables.deployments.rows.values().map(|row| DeploymentRow::new(row.deployment.clone()).hash()))
}

fn children(tables: &Tables) -> u64 {
    let launches = tables.periodic_launches.rows.values().map(|record| record.row_hash());
    let tokens = tables.dispatch_tokens.rows.values().map(|record| record.row_hash());
    sum(launches.chain(tokens))
}

fn jobs(tables: &Tables) -> u64 {
    sum(tables.jobs.rows.iter().map(|(_, row)| {
        let versions = row.versions.iter().map(|version| {
            let submission = version.submission.as_ref().map(|(submission, _)| submission.clone());
            VersionRow::new(version.job.clone(), submission).hash()
        });
        row.marks_hash().wrapping_add(sum(versions))
    }))
}

fn nodes(tables: &Tables) -> u64 {
    sum(tables.nodes.iter().map(|(_, row)| {
        let content = content_hash(row.node(), &row.secret_hash);
        let mut fresh = NodeSlot::new(row.node().clone(), row.secret_hash, content);
        fresh.set_indexes(row.changed_index(), row.allocs_index);
        fresh.row_hash()
    }))
}

fn evals(tables: &Tables) -> u64 {
    let rows = tables.evals.rows.iter();
    sum(rows.map(|(_, row)| EvalRow::new(row.eval.clone(), row.job_slot, row.allocs_index).row_hash()))
}

fn allocs(tables: &Tables) -> u64 {
    let rows = tables.allocs.rows.iter();
    sum(rows.map(|(_, row)| hash_row(RowKind::Alloc, &AllocRecordRef::from(&*row.alloc))))
}
