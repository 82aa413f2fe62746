//! `disconnect`: what becomes of allocations whose node lost contact.

use crate::duration::Nanos;
use crate::wire::wire;

wire! {
    /// Lost contact.
    DisconnectInput => Disconnect {
        lost_after: Nanos,
        stop_on_client_after: Nanos,
        replace: bool = true,
        reconcile: String,
    }
}
