//! All tables and what ties them together: one `impl` of [`Tables`] a noun keeps that noun's rows, indexes, counters,
//! watch indexes and share of the hash in step. Commands change rows only through these.

pub(crate) mod acl_policies;
pub(crate) mod acl_roles;
pub(crate) mod acl_tokens;
pub(crate) mod allocs;
pub(crate) mod deployments;
pub(crate) mod dispatch_tokens;
pub(crate) mod evals;
pub(crate) mod jobs;
pub(crate) mod join_tokens;
pub(crate) mod namespaces;
pub(crate) mod nodes;
pub(crate) mod one_time_tokens;
pub(crate) mod periodic_launches;
pub(crate) mod pools;
pub(crate) mod preemption;
pub(crate) mod revocations;
pub(crate) mod root_keys;
pub(crate) mod scaling_events;
pub(crate) mod scheduler;

use muster_ids::{Index, UnixNanos};
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::columns::NodeColumns;
use crate::hash::hash_row;
use crate::rows::RowKind;

/// Persistent structures throughout: a clone is O(1) and never changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables {
    pub(crate) meta: Meta,
    pub(crate) pools: pools::PoolTable,
    pub(crate) namespaces: namespaces::NamespaceTable,
    pub(crate) jobs: jobs::JobTable,
    pub(crate) nodes: NodeColumns,
    pub(crate) evals: evals::EvalTable,
    pub(crate) allocs: allocs::AllocTable,
    pub(crate) scheduler: scheduler::SchedulerTable,
    pub(crate) acl_tokens: acl_tokens::AclTokenTable,
    pub(crate) join_tokens: join_tokens::JoinTokenTable,
    pub(crate) acl_policies: acl_policies::AclPolicyTable,
    pub(crate) acl_roles: acl_roles::AclRoleTable,
    pub(crate) one_time_tokens: one_time_tokens::OneTimeTokenTable,
    pub(crate) revocations: revocations::RevocationTable,
    pub(crate) scaling_events: scaling_events::ScalingEventTable,
    pub(crate) deployments: deployments::DeploymentTable,
    pub(crate) dispatch_tokens: dispatch_tokens::DispatchTokenTable,
    pub(crate) periodic_launches: periodic_launches::PeriodicLaunchTable,
    pub(crate) root_keys: root_keys::RootKeyTable,
    /// Sum of the hashes of all rows but `meta`.
    pub(crate) rows_hash: u64,
}

/// What there is once: position, clock, rules in force, and the index of each table's last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Meta {
    pub(crate) index: Index,
    pub(crate) time: UnixNanos,
    pub(crate) feature_level: u32,
    pub(crate) jobs: Index,
    pub(crate) nodes: Index,
    pub(crate) allocs: Index,
    pub(crate) evals: Index,
    pub(crate) node_pools: Index,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) acl_tokens: Index,
    /// When ACLs were bootstrapped last; zero when they never were.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) acl_bootstrap: Index,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) scaling_policies: Index,
    /// How many versions of a job are kept.
    #[serde(skip_serializing_if = "is_usual")]
    pub(crate) tracked_versions: u32,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) deployments: Index,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) namespaces: Index,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) root_keys: Index,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) acl_policies: Index,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) acl_roles: Index,
}

/// Fields that came later are written once they are used, so that older records stay byte for byte what they were.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
fn is_zero(index: &Index) -> bool {
    *index == Index::ZERO
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
fn is_usual(versions: &u32) -> bool {
    *versions == jobs::KEPT_VERSIONS
}

impl Default for Meta {
    fn default() -> Self {
        Self {
            index: Index::ZERO,
            time: UnixNanos::ZERO,
            feature_level: 1,
            jobs: Index::ZERO,
            nodes: Index::ZERO,
            allocs: Index::ZERO,
            evals: Index::ZERO,
            node_pools: Index::ZERO,
            acl_tokens: Index::ZERO,
            acl_bootstrap: Index::ZERO,
            scaling_policies: Index::ZERO,
            tracked_versions: jobs::KEPT_VERSIONS,
            deployments: Index::ZERO,
            namespaces: Index::ZERO,
            root_keys: Index::ZERO,
            acl_policies: Index::ZERO,
            acl_roles: Index::ZERO,
        }
    }
}

impl Tables {
    pub(crate) fn hash(&self) -> u64 {
        self.rows_hash.wrapping_add(hash_row(RowKind::Meta, &self.meta))
    }

    pub(crate) fn rehash(&mut self, old: u64, new: u64) {
        self.rows_hash = self.rows_hash.wrapping_sub(old).wrapping_add(new);
    }

    /// Ends a command: derived job statuses are brought up to date, once a job.
    pub(crate) fn settle(&mut self, cx: &mut Change) {
        // Settling a child may concern its parent.
        while let Some(slot) = cx.unsettled.pop_first() {
            self.settle_job(cx, slot);
        }
    }
}
