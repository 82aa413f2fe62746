//! Users' wishes and questions about one allocation.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_driver::TaskHandle;
use muster_ids::{TaskName, Text};
use muster_rpc::messages::TaskStats;
use muster_runner::{AllocEventIn, RestartScope, TaskRunner};
use muster_sys::signals::Signal;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::{AllocLoop, Flow};
use crate::{QueryError, usage};

impl AllocLoop {
    pub(super) async fn carry_out(
        &mut self,
        wish: Result<AllocEventIn, QueryError>,
        reply: oneshot::Sender<Result<(), QueryError>>,
    ) -> Flow {
        let (answer, flow) = match wish {
            Ok(event) => (Ok(()), self.step(event).await),
            Err(error) => (Err(error), Flow::Go),
        };
        // Whoever asked may have gone; the wish is fulfilled all the same.
        let _gone = reply.send(answer);
        flow
    }

    pub(super) fn restart_wish(
        &self,
        task: Option<&TaskName>,
        all: bool,
    ) -> Result<AllocEventIn, QueryError> {
        let reason = Text::from("User requested task to restart");
        if task.is_some() && all {
            return Err(QueryError::Invalid("name a task or ask for all tasks, not both".into()));
        }
        if self.runner.is_over() {
            return Err(QueryError::NotRunning);
        }
        let scope = match task {
            Some(task) => RestartScope::One(self.running(task)?),
            None if all => RestartScope::All,
            None => RestartScope::Running,
        };
        Ok(AllocEventIn::Restart { scope, reason })
    }

    pub(super) fn signal_wish(
        &self,
        task: Option<&TaskName>,
        signal: &str,
    ) -> Result<AllocEventIn, QueryError> {
        let signal: Signal = signal.parse().map_err(|error| QueryError::Invalid(format!("{error}")))?;
        let task = task.map(|task| self.running(task)).transpose()?;
        if !self.runner.tasks().iter().any(TaskRunner::is_running) {
            return Err(QueryError::NotRunning);
        }
        Ok(AllocEventIn::Signal { task, signal: signal.name().into() })
    }

    /// Asks the drivers without holding up the allocation.
    pub(super) fn answer_usage(
        &self,
        task: Option<&TaskName>,
        reply: oneshot::Sender<Result<BTreeMap<TaskName, TaskStats>, QueryError>>,
    ) {
        let wanted = match task.map(|task| self.position(task)).transpose() {
            Ok(wanted) => wanted,
            Err(error) => {
                let _gone = reply.send(Err(error));
                return;
            }
        };
        let (context, samples) = (Arc::clone(&self.context), self.samples.clone());
        let handles: Vec<_> = self
            .handles
            .iter()
            .filter(|(task, _)| wanted.is_none_or(|wanted| wanted == **task))
            .filter_map(|(task, saved)| Some((*task, self.name(*task)?, saved.handle.clone())))
            .collect();
        let core_mhz = usage::core_mhz(&context.config);
        tokio::spawn(async move {
            let mut measured = JoinSet::new();
            for (task, name, handle) in handles {
                let Some(driver) = context.config.drivers.get(&handle.driver) else { continue };
                let samples = samples.clone();
                measured.spawn(async move {
                    samples.measure(task, driver, handle, core_mhz).await.map(|stats| (name, stats))
                });
            }
            let stats = measured.join_all().await.into_iter().flatten().collect();
            let _gone = reply.send(Ok(stats));
        });
    }

    /// Whether nothing of a task will run again.
    pub(super) fn answer_is_dead(&self, task: &TaskName, reply: oneshot::Sender<Result<bool, QueryError>>) {
        let runner = self.position(task).map(|at| self.runner.tasks().get(at));
        let _gone = reply.send(runner.map(|runner| runner.is_none_or(TaskRunner::is_dead)));
    }

    pub(super) fn running_handle(&self, task: &TaskName) -> Result<TaskHandle, QueryError> {
        let at = self.position(task)?;
        let running = self.runner.tasks().get(at).is_some_and(TaskRunner::is_running);
        let handle = self.handles.get(&at).filter(|_| running).map(|saved| saved.handle.clone());
        handle.ok_or_else(|| QueryError::TaskNotRunning(task.to_string()))
    }

    fn name(&self, task: usize) -> Option<TaskName> {
        self.runner.tasks().get(task).map(|runner| runner.plan().name.clone())
    }

    fn position(&self, task: &TaskName) -> Result<usize, QueryError> {
        let found = self.runner.tasks().iter().position(|runner| runner.plan().name == *task);
        found.ok_or_else(|| QueryError::UnknownTask(task.to_string()))
    }

    fn running(&self, task: &TaskName) -> Result<usize, QueryError> {
        let at = self.position(task)?;
        let running = self.runner.tasks().get(at).is_some_and(TaskRunner::is_running);
        running.then_some(at).ok_or(QueryError::NotRunning)
    }
}
