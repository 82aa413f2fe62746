//! What a task's life cycle needs to know of its specification.

use std::time::Duration;

use muster_ids::{AllocId, TaskName, Text};
use muster_model::{JobType, LifecycleHook, RestartPolicy, Task};

/// When a task runs, relative to the main tasks of its group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Main,
    /// Before the main tasks; a sidecar keeps running beside them.
    Prestart {
        sidecar: bool,
    },
    /// Once the main tasks run.
    Poststart {
        sidecar: bool,
    },
    /// After everything else ended.
    Poststop,
}

impl Role {
    #[must_use]
    pub fn of(task: &Task) -> Self {
        match task.lifecycle {
            None => Self::Main,
            Some(cycle) => match cycle.hook {
                LifecycleHook::Prestart => Self::Prestart { sidecar: cycle.sidecar },
                LifecycleHook::Poststart => Self::Poststart { sidecar: cycle.sidecar },
                LifecycleHook::Poststop => Self::Poststop,
            },
        }
    }

    #[must_use]
    pub const fn is_sidecar(self) -> bool {
        matches!(self, Self::Prestart { sidecar: true } | Self::Poststart { sidecar: true })
    }

    /// Whether a successful exit is a reason to run it again.
    const fn restarts_on_success(self, job: JobType) -> bool {
        match self {
            Self::Main => !job.runs_to_completion(),
            Self::Prestart { sidecar } | Self::Poststart { sidecar } => sidecar,
            Self::Poststop => false,
        }
    }
}

/// The part of a task's specification that decides its life cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskPlan {
    pub name: TaskName,
    pub role: Role,
    pub leader: bool,
    pub restart: RestartPolicy,
    pub restart_on_success: bool,
    /// How many artifacts are fetched before the first start.
    pub artifacts: usize,
    pub kill_signal: Option<Text>,
    pub kill_timeout: Duration,
    pub shutdown_delay: Duration,
    /// Where jitter is drawn from; differs between allocations, so that they do not restart in step.
    pub seed: u64,
}

impl TaskPlan {
    /// `max_kill_timeout` is the node's bound on what a job may ask for.
    #[must_use]
    pub fn new(job: JobType, task: &Task, alloc: AllocId, max_kill_timeout: Duration) -> Self {
        let role = Role::of(task);
        Self {
            name: task.name.clone(),
            role,
            leader: task.leader,
            restart: task.restart.clone(),
            restart_on_success: role.restarts_on_success(job),
            artifacts: task.artifacts.len(),
            kill_signal: task.kill_signal.clone(),
            kill_timeout: task.kill_timeout.min(max_kill_timeout),
            shutdown_delay: task.shutdown_delay,
            seed: seed_of(alloc, &task.name),
        }
    }
}

fn seed_of(alloc: AllocId, task: &TaskName) -> u64 {
    let bytes = alloc.as_bytes().iter().chain(task.as_str().as_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
