//! `one_process`: a task never has two processes, and nothing is forgotten while it runs.

use muster_ids::AllocId;

use super::{names_once, over_commit_as_run};
use crate::sim::Sim;

impl Sim {
    /// A process of this task was started; `other` is the generation that still ran.
    pub(crate) fn check_started(&mut self, node: usize, alloc: AllocId, task: usize, other: Option<u32>) {
        if let Some(other) = other {
            let name = &self.nodes[node].facts.name;
            let detail = format!("{name}: {alloc} task {task} was started while generation {other} runs");
            self.checks.violated("one_process", detail);
        }
        let snapshot = self.servers[self.newest()].state.snapshot();
        let check = over_commit_as_run::of_machine(&self.nodes[node], &snapshot);
        self.checks.take(check);
        let check = names_once::as_run(self, node, alloc);
        self.checks.take(check);
    }

    pub(crate) fn check_removed(&mut self, node: usize, alloc: AllocId) {
        let machine = &self.nodes[node];
        let alive = machine.kernel.processes.range((alloc, 0)..=(alloc, usize::MAX)).next().is_some();
        if alive {
            let detail = format!("{}: {alloc} was removed while it runs", machine.facts.name);
            self.checks.violated("one_process", detail);
        }
    }
}
