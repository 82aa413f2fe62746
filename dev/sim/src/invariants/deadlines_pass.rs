//! `deadlines_pass`: a deadline on which a node acts is over, or its agent would spin for ever.

use muster_ids::{AllocId, UnixNanos};

use crate::sim::Sim;

impl Sim {
    pub(crate) fn check_deadline(&mut self, node: usize, alloc: AllocId, passed: UnixNanos) {
        let machine = &self.nodes[node];
        let next = machine.allocs.get(&alloc).and_then(|this| this.runner.deadline());
        if next.is_some_and(|next| next <= passed) {
            let detail =
                format!("{}: {alloc} wants to be woken at a time that has passed", machine.facts.name);
            self.checks.violated("deadlines_pass", detail);
        }
    }
}
