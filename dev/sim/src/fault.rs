//! What can go wrong, and what mends it.

use crate::event::Life;

#[derive(Clone, Copy, Debug)]
pub enum Fault {
    /// Draws the next fault.
    Draw,
    ServerStart {
        server: usize,
    },
    AgentStart {
        node: usize,
        life: Life,
    },
    MachineStart {
        node: usize,
    },
}

impl Fault {
    #[must_use]
    pub const fn number(&self) -> u64 {
        match self {
            Self::Draw => 0,
            Self::ServerStart { server } => 1 + ((*server as u64) << 8),
            Self::AgentStart { node, .. } => 4 + ((*node as u64) << 8),
            Self::MachineStart { node } => 5 + ((*node as u64) << 8),
        }
    }
}
