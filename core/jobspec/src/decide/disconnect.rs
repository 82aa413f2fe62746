//! What becomes of allocations whose node lost contact.

use muster_model::{Disconnect, JobType};

use super::Findings;
use crate::input::DisconnectInput;
use crate::wire::Wire;

pub(super) fn decide(input: &DisconnectInput, kind: JobType, found: &mut Findings) -> Disconnect {
    let disconnect = input.decide(found);
    if disconnect.stop_on_client_after.is_some() {
        if kind.is_per_node() {
            found.error("disconnect: `stop_on_client_after` is for service and batch jobs only");
        }
        if !disconnect.lost_after.is_zero() {
            found.error("disconnect: `lost_after` and `stop_on_client_after` exclude each other");
        }
    }
    disconnect
}
