//! How large a cluster is simulated, and how rough its days are.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub name: &'static str,
    pub servers: usize,
    pub nodes: usize,
    /// Distinct names of jobs that operators use.
    pub jobs: u32,
    /// Most allocations of a group.
    pub largest_count: u32,
    /// Mean pause between two wishes of operators.
    pub operator_pause: Duration,
    /// Mean pause between two faults.
    pub fault_pause: Duration,
    /// Steps between two phases of peace.
    pub peace_every: u64,
    /// Steps between two full checks.
    pub sweep_every: u64,
}

impl Shape {
    /// Three servers and twenty nodes.
    pub const SMALL: Self = Self {
        name: "small",
        servers: 3,
        nodes: 20,
        jobs: 14,
        largest_count: 9,
        operator_pause: Duration::from_millis(1500),
        fault_pause: Duration::from_secs(8),
        peace_every: 12_000,
        sweep_every: 1000,
    };

    /// One server that nothing happens to: scheduling and nodes alone.
    pub const SINGLE: Self = Self { name: "single", servers: 1, nodes: 6, jobs: 6, ..Self::SMALL };

    /// Thousands of nodes; for a few seeds.
    pub const LARGE: Self = Self {
        name: "large",
        servers: 3,
        nodes: 3000,
        jobs: 60,
        largest_count: 600,
        operator_pause: Duration::from_millis(400),
        fault_pause: Duration::from_secs(1),
        peace_every: 200_000,
        sweep_every: 20_000,
    };

    /// Much goes wrong, all the time.
    pub const ROUGH: Self = Self {
        name: "rough",
        operator_pause: Duration::from_millis(700),
        fault_pause: Duration::from_millis(1500),
        ..Self::SMALL
    };

    /// Little happens, so that what was missed once is not made good by the next best thing.
    pub const QUIET: Self = Self {
        name: "quiet",
        nodes: 4,
        jobs: 4,
        largest_count: 12,
        operator_pause: Duration::from_secs(4),
        fault_pause: Duration::from_secs(3),
        peace_every: 2500,
        ..Self::SMALL
    };

    pub const ALL: [Self; 5] = [Self::SMALL, Self::SINGLE, Self::QUIET, Self::ROUGH, Self::LARGE];

    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.name == name)
    }
}
