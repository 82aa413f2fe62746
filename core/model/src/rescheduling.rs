//! How often an allocation's work was moved after failures, and what comes next. Read off the state, never stored.

use std::time::Duration;

use muster_ids::{AllocId, EvalId, NodeId, UnixNanos};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rescheduling {
    /// Oldest first; one for each failed allocation that was replaced on the way to this one.
    pub events: Vec<RescheduleEvent>,
    /// It failed, its turn has come, and no node can take it.
    pub unplaced: bool,
    /// The evaluation that will replace it when its delay is over.
    pub follow_up: Option<EvalId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RescheduleEvent {
    pub time: UnixNanos,
    pub previous: AllocId,
    pub previous_node: NodeId,
    /// How long was waited, at least.
    pub delay: Duration,
}
