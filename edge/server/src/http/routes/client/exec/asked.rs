//! What a caller asks to run: a command of its own, or one that the job has prepared.

use std::sync::Arc;

use muster_api::{Params, RouteId};
use muster_ids::AllocId;
use muster_model::{Alloc, ClientStatus, DesiredStatus, JobKey, TaskPhase};

use crate::http::error::{ApiError, malformed_id};
use crate::http::options::{Options, Query};
use crate::http::routes::job;
use crate::scoped::Scoped;

/// Of a command with its arguments.
const MAX_COMMAND: usize = 128 << 10;

/// Not believed yet.
#[derive(Debug)]
pub(super) struct Asked {
    pub route: RouteId,
    pub task: String,
    pub tty: bool,
    alloc: Option<AllocId>,
    what: What,
}

#[derive(Debug)]
enum What {
    Command(Vec<String>),
    Action { job: JobKey, name: String },
}

impl Asked {
    pub(super) fn read(route: RouteId, params: &Params, options: &Options) -> Result<Self, ApiError> {
        let query = &options.query;
        let path = params.first().map(String::as_str).unwrap_or_default();
        let (alloc, what) = match route {
            RouteId::JobAction => {
                let name = query.get("action").filter(|name| !name.is_empty());
                let name = name.ok_or_else(|| ApiError::bad_request("must provide action name"))?;
                let alloc = query.get("allocID").filter(|id| !id.is_empty());
                (alloc, What::Action { job: job::key(options, path)?, name: name.to_owned() })
            }
            _ => (Some(path), What::Command(command(query)?)),
        };
        let alloc = alloc.map(str::parse).transpose().map_err(|error| malformed_id("alloc", &error))?;
        let task = query.get("task").filter(|task| !task.is_empty());
        let task = task.ok_or_else(|| ApiError::bad_request("must provide task name"))?.to_owned();
        Ok(Self { route, task, tty: query.flag("tty", false)?, alloc, what })
    }

    pub(super) const fn is_action(&self) -> bool {
        matches!(self.what, What::Action { .. })
    }

    /// The allocation that is meant, if the caller may see it: the one named, or of an action's job the newest that runs
    /// and has the task.
    pub(super) fn alloc(&self, state: &Scoped<'_>) -> Result<Arc<Alloc>, ApiError> {
        let of_job = |alloc: &Arc<Alloc>| match &self.what {
            What::Command(_) => true,
            What::Action { job, .. } => alloc.job.key() == *job,
        };
        if let Some(id) = self.alloc {
            let alloc = state.alloc(id).filter(|alloc| of_job(alloc)).cloned();
            return alloc.ok_or_else(|| ApiError::not_found(format!("Unknown allocation \"{id}\"")));
        }
        let What::Action { job, .. } = &self.what else {
            return Err(ApiError::bad_request("must provide an allocation"));
        };
        if state.job(job).is_none() {
            return Err(ApiError::not_found("job not found"));
        }
        let has_task = |alloc: &&Arc<Alloc>| {
            alloc.client == ClientStatus::Running
                && alloc.group_spec().is_some_and(|group| group.task(&self.task).is_some())
        };
        let runs = |alloc: &Arc<Alloc>| {
            let mut tasks = alloc.group_spec().into_iter().flat_map(|group| &group.tasks).zip(&alloc.tasks);
            let here = tasks.any(|(task, state)| {
                task.name.as_str() == self.task.as_str() && state.phase == TaskPhase::Running
            });
            (here, alloc.desired == DesiredStatus::Run, alloc.create_index)
        };
        let newest = state.allocs_by_job(job).filter(has_task).max_by_key(|alloc| runs(alloc));
        newest.cloned().ok_or_else(|| {
            let text = format!("job `{}` has no running allocation with a task `{}`", job.id, self.task);
            ApiError::not_found(text)
        })
    }

    /// What is to be run in it. An allocation has the actions of its own version of the job.
    pub(super) fn command(&self, alloc: &Alloc) -> Result<Vec<String>, ApiError> {
        let (job, name) = match &self.what {
            What::Command(command) => return Ok(command.clone()),
            What::Action { job, name } => (job, name),
        };
        let task = alloc.group_spec().and_then(|group| group.task(&self.task));
        let task =
            task.ok_or_else(|| ApiError::bad_request(format!("unknown task name \"{}\"", self.task)))?;
        let action = task.actions.iter().find(|action| *action.name == **name);
        let action = action.ok_or_else(|| {
            ApiError::not_found(format!(
                "action `{name}` not found in task `{}` of job `{}`: `/v1/job/{}/actions` lists them",
                self.task, job.id, job.id
            ))
        })?;
        Ok([&action.command].into_iter().chain(&action.args).map(ToString::to_string).collect())
    }
}

fn command(query: &Query) -> Result<Vec<String>, ApiError> {
    let command = query.get("command").unwrap_or_default();
    if command.len() > MAX_COMMAND {
        return Err(ApiError::bad_request(format!("command is longer than {MAX_COMMAND} bytes")));
    }
    let command: Vec<String> = match command {
        "" => Vec::new(),
        json => serde_json::from_str::<Option<Vec<String>>>(json)
            .map_err(|error| ApiError::bad_request(format!("command must be a JSON list of texts: {error}")))?
            .unwrap_or_default(),
    };
    if command.is_empty() {
        return Err(ApiError::bad_request("command is not present"));
    }
    Ok(command)
}
