//! When an allocation's share of its node is taken, and when it is free again.

use muster_model::Alloc;

/// The invariant of capacity: an allocation holds its resources and ports from placement until its *client* status is
/// terminal. That servers want it gone frees nothing, because it may still run; only its node's report, or the
/// servers' decision that it is lost, does.
#[must_use]
pub const fn holds_resources(alloc: &Alloc) -> bool {
    !alloc.client_terminal()
}
