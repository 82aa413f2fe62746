//! Commands that a job's author prepared for its tasks.

use muster_model::Job;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct JobActionView {
    pub name: String,
    pub command: String,
    pub args: Option<Vec<String>>,
    pub task_name: String,
    pub task_group_name: String,
}

impl JobActionView {
    /// Those of every task, in the order of the job.
    #[must_use]
    pub fn of(job: &Job) -> Vec<Self> {
        let tasks = job.groups.iter().flat_map(|group| group.tasks.iter().map(move |task| (group, task)));
        let actions =
            tasks.flat_map(|(group, task)| task.actions.iter().map(move |action| (group, task, action)));
        actions
            .map(|(group, task, action)| Self {
                name: action.name.to_string(),
                command: action.command.to_string(),
                args: (!action.args.is_empty())
                    .then(|| action.args.iter().map(ToString::to_string).collect()),
                task_name: task.name.to_string(),
                task_group_name: group.name.to_string(),
            })
            .collect()
    }
}
