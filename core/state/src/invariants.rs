//! What is true of every state, each named once. Tests and the simulator check them after every step or sweep; none
//! is needed for the state to work, and none may change it.

mod acl;
mod capacity;
mod children;
mod deployments;
mod hashes;
mod indexes;
mod jobs;
mod nodes;
mod scaling;
mod watches;

use crate::snapshot::Snapshot;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invariant `{invariant}` is violated: {detail}")]
pub struct Violation {
    pub invariant: &'static str,
    pub detail: String,
}

/// Checks every invariant; O(n).
///
/// # Errors
/// The first one that does not hold.
pub fn check(snapshot: &Snapshot) -> Result<(), Violation> {
    let tables = &*snapshot.tables;
    indexes::allocs_are_indexed(tables)?;
    indexes::evals_are_indexed(tables)?;
    indexes::ids_name_their_rows(tables)?;
    acl::tokens_are_indexed(tables)?;
    acl::policies_are_indexed(tables)?;
    acl::roles_are_indexed(tables)?;
    acl::one_time_tokens_have_their_token(tables)?;
    indexes::one_root_key_is_active(tables)?;
    indexes::pool_details_have_their_pool(tables)?;
    capacity::columns_equal_recomputation(tables)?;
    capacity::no_node_is_over_committed(tables)?;
    capacity::nothing_is_given_twice(tables)?;
    capacity::preemptions_are_mutual(tables)?;
    jobs::namespaces_exist(tables)?;
    jobs::counters_equal_recomputation(tables)?;
    jobs::statuses_are_derived(tables)?;
    jobs::versions_descend(tables)?;
    jobs::tags_are_unique(tables)?;
    children::children_are_counted(tables)?;
    children::schedules_are_followed(tables)?;
    children::tokens_name_their_children(tables)?;
    jobs::at_most_one_blocked_evaluation(tables)?;
    nodes::draining_nodes_take_nothing(tables)?;
    scaling::events_belong_to_jobs(tables)?;
    scaling::scaled_jobs_are_indexed(tables)?;
    deployments::are_indexed(tables)?;
    deployments::counters_equal_recomputation(tables)?;
    deployments::at_most_one_is_active(tables)?;
    watches::no_index_is_in_the_future(snapshot)?;
    watches::tables_cover_their_rows(snapshot)?;
    hashes::hash_equals_recomputation(tables)
}

fn require(holds: bool, invariant: &'static str, detail: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { invariant, detail: detail() }) }
}
