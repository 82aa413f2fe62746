//! What the states of its tasks say about an allocation.

use muster_model::{ClientStatus, TaskPhase};

use super::message::AllocReport;
use crate::task::TaskRunner;

/// Derives the client status with the contract's descriptions (`http-api.md`, ClientStatus derivation).
///
/// One rule is stricter: `failed` and `complete` are reported only when every task is dead, because servers free an
/// allocation's resources on that report and a sibling may still be using them.
pub fn report(tasks: &[TaskRunner]) -> AllocReport {
    let states: Vec<_> = tasks.iter().map(|task| task.memory().state.clone()).collect();
    let any = |phase| states.iter().any(|state| state.phase == phase);
    let failed = states.iter().any(|state| state.phase == TaskPhase::Dead && state.failed);
    let (status, description) = if any(TaskPhase::Running) {
        (ClientStatus::Running, "Tasks are running")
    } else if any(TaskPhase::Pending) {
        (ClientStatus::Pending, "No tasks have started")
    } else if failed {
        (ClientStatus::Failed, "Failed tasks")
    } else {
        (ClientStatus::Complete, "All tasks have completed")
    };
    AllocReport { status, description: description.into(), tasks: states, health: None }
}
