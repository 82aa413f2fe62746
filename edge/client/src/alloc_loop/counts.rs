//! Counts what becomes of an allocation's tasks.

use muster_ids::UnixNanos;
use muster_model::TaskPhase;
use muster_runner::TaskRunner;
use muster_telemetry::Metrics;
use muster_telemetry::metrics::{Name, names};

use crate::state::SavedAlloc;

/// How far each task was when it was last looked at.
#[derive(Debug)]
pub struct Counts(Vec<Seen>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    started_at: UnixNanos,
    restarts: u32,
    dead: bool,
}

impl Seen {
    fn of(task: &TaskRunner) -> Self {
        let state = &task.memory().state;
        let dead = state.phase == TaskPhase::Dead;
        Self { started_at: state.started_at, restarts: state.restarts, dead }
    }
}

impl Counts {
    /// What happened before an agent took the allocation up is not counted again.
    pub fn beginning(tasks: &[TaskRunner]) -> Self {
        Self(tasks.iter().map(Seen::of).collect())
    }

    /// Counts what is new.
    pub fn update(&mut self, metrics: &Metrics, saved: &SavedAlloc, tasks: &[TaskRunner]) {
        for (seen, task) in self.0.iter_mut().zip(tasks) {
            let before = std::mem::replace(seen, Seen::of(task));
            if before == *seen {
                continue;
            }
            let count = |name, by| count(metrics, name, saved, task, by);
            if seen.started_at != before.started_at {
                count(names::ALLOCS_RUNNING, 1);
            }
            count(names::ALLOCS_RESTART, seen.restarts.saturating_sub(before.restarts));
            if seen.dead && !before.dead {
                let failed = task.memory().state.failed;
                count(if failed { names::ALLOCS_FAILED } else { names::ALLOCS_COMPLETE }, 1);
            }
        }
    }
}

fn count(metrics: &Metrics, name: Name, saved: &SavedAlloc, task: &TaskRunner, by: u32) {
    if by == 0 {
        return;
    }
    let id = saved.id.to_string();
    let group = saved.job.groups.get(usize::from(saved.group)).map_or("", |group| group.name.as_str());
    let labels = [
        ("alloc_id", id.as_str()),
        ("job", saved.job.id.as_str()),
        ("namespace", saved.job.namespace.as_str()),
        ("task", task.plan().name.as_str()),
        ("task_group", group),
    ];
    metrics.count(name, &labels, f64::from(by));
}
