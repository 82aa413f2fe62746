//! What the author of a job should know that depends on the cluster it goes to.

use muster_model::{Job, SchedulerConfig, Task};

/// `config` is what counts in the job's node pool.
#[must_use]
pub fn advice(job: &Job, config: &SchedulerConfig) -> Vec<String> {
    if config.memory_oversubscription {
        return Vec::new();
    }
    let unheard = |task: &&Task| task.resources.memory_max_mb != 0;
    let tasks = job.groups.iter().flat_map(|group| group.tasks.iter().map(move |task| (group, task)));
    tasks
        .filter(|(_, task)| unheard(task))
        .map(|(group, task)| {
            format!(
                "Task group {}: Task {}: `memory_max` has no effect: the scheduler configuration does not allow \
                 memory oversubscription",
                group.name, task.name
            )
        })
        .collect()
}
