//! What an allocation's life cycle needs to know of its group.

use std::time::Duration;

use muster_ids::AllocId;
use muster_model::Alloc;

use super::health::HealthPlan;
use crate::task::TaskPlan;

#[derive(Clone, Debug, PartialEq)]
pub struct AllocPlan {
    /// Parallel to the group's tasks.
    pub tasks: Vec<TaskPlan>,
    /// Time between a wish to stop and the first kill.
    pub shutdown_delay: Duration,
    /// The allocation whose data is taken over before anything starts.
    pub inherits: Option<AllocId>,
    /// What its directory may hold.
    pub disk_mb: u32,
    /// What is to be found out about its health.
    pub health: Option<HealthPlan>,
    /// How long it may run, from the first start of a task.
    pub max_run: Option<Duration>,
}

impl AllocPlan {
    /// `None` when the allocation names a group that its job does not have.
    #[must_use]
    pub fn new(alloc: &Alloc, max_kill_timeout: Duration) -> Option<Self> {
        let group = alloc.group_spec()?;
        let plan = |task| TaskPlan::new(alloc.job.kind, task, alloc.id, max_kill_timeout);
        let disk = &group.ephemeral_disk;
        Some(Self {
            tasks: group.tasks.iter().map(plan).collect(),
            shutdown_delay: group.shutdown_delay,
            inherits: alloc.previous.filter(|_| disk.sticky || disk.migrate),
            disk_mb: disk.size_mb,
            health: HealthPlan::new(alloc),
            max_run: group.max_run_duration,
        })
    }
}
