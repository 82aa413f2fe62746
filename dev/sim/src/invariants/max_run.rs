//! `time_is_up`: nothing runs longer than its group's `max_run_duration` and what its end may take, as long as its agent is
//! there to stop it.

use std::time::Duration;

use super::{Check, violated};
use crate::sim::Sim;

/// What drivers may take to stop something, and to be asked again when that failed.
const SLACK: Duration = Duration::from_secs(30);

pub fn swept(sim: &Sim) -> Check {
    for machine in sim.nodes.iter().filter(|machine| machine.agent) {
        for ((id, task), process) in &machine.kernel.processes {
            let Some(group) = process.alloc.group_spec() else { continue };
            let Some(limit) = group.max_run_duration else { continue };
            // A poststop task runs after the end.
            let last = group.tasks.get(*task).and_then(|task| task.lifecycle.as_ref());
            if last.is_some_and(|last| last.hook == muster_model::LifecycleHook::Poststop) {
                continue;
            }
            let ends: Duration = group.tasks.iter().map(|task| task.kill_timeout + task.shutdown_delay).sum();
            let allowed = limit + ends + group.shutdown_delay + SLACK;
            let (ran, watched) = (sim.now.since(process.since), sim.now.since(machine.agent_since));
            if ran > allowed && watched > ends + group.shutdown_delay + SLACK {
                let detail =
                    format!("{}: {id} task {task} runs for {ran:?} of {limit:?}", machine.facts.name);
                return violated("time_is_up", detail);
            }
        }
    }
    Ok(())
}
