//! The processes of a machine. They outlive the agent, not a loss of power.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::AllocId;
use muster_model::Alloc;
use muster_runner::Exit;

use crate::clock::Time;

#[derive(Clone, Debug)]
pub struct Process {
    pub generation: u32,
    /// Whether it ends when it is asked to.
    pub obeys: bool,
    /// Somebody asked.
    pub told: bool,
    pub since: Time,
    pub alloc: Arc<Alloc>,
}

#[derive(Debug, Default)]
pub struct Kernel {
    pub processes: BTreeMap<(AllocId, usize), Process>,
    /// What supervisors wrote down about the ends of their tasks.
    pub exits: BTreeMap<(AllocId, usize), (u32, Exit)>,
}

impl Kernel {
    #[must_use]
    pub fn alive(&self, alloc: AllocId, task: usize) -> Option<u32> {
        self.processes.get(&(alloc, task)).map(|process| process.generation)
    }

    #[must_use]
    pub fn ended(&self, alloc: AllocId, task: usize, generation: u32) -> Option<&Exit> {
        self.exits.get(&(alloc, task)).filter(|(at, _)| *at == generation).map(|(_, exit)| exit)
    }

    /// Allocations of which something runs, each once.
    pub fn running(&self) -> impl Iterator<Item = &Arc<Alloc>> {
        let mut last = None;
        self.processes
            .iter()
            .filter_map(move |((id, _), process)| (last.replace(*id) != Some(*id)).then_some(&process.alloc))
    }
}
