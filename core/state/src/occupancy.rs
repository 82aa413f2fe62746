//! When an allocation's share of its node is taken, and when it is free again.

use muster_model::planted::{self, Plant};
use muster_model::{Alloc, ClientStatus};

/// The invariant of capacity: an allocation holds its resources and ports from placement until its *node* has said that
/// it ended. That servers want it gone frees nothing, because it may still run. Nor does it that they gave it up for
/// lost: when its node comes back, it still runs there until the node has been told, and has said that it is over.
#[must_use]
pub fn holds_resources(alloc: &Alloc) -> bool {
    if planted::is(Plant::LostHoldsNothing) {
        return !alloc.client_terminal();
    }
    !is_over(alloc.client)
}

/// Whether a node has said so.
pub(crate) const fn is_over(client: ClientStatus) -> bool {
    matches!(client, ClientStatus::Complete | ClientStatus::Failed)
}
