//! Users' wishes and questions about one allocation.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use muster_driver::TaskUsage;
use muster_ids::{TaskName, Text};
use muster_rpc::messages::{TaskCpu, TaskMemory, TaskStats};
use muster_runner::{AllocEventIn, RestartScope, TaskRunner};
use muster_sys::signals::Signal;
use tokio::sync::oneshot;

use super::{AllocLoop, Flow};
use crate::{QueryError, clock, fingerprint};

/// The newest measurement of each task, from which the next one's percentages are made.
#[derive(Debug, Default)]
pub struct Samples(std::sync::Arc<std::sync::Mutex<BTreeMap<usize, (Instant, Duration)>>>);

impl Samples {
    pub fn forget(&self, task: usize) {
        self.lock().remove(&task);
    }

    /// Share of one core since the sample before, in percent; `None` for the first.
    fn percent(&self, task: usize, cpu_time: Duration) -> Option<f64> {
        let now = Instant::now();
        let (before, spent) = self.lock().insert(task, (now, cpu_time))?;
        let (wall, spent) = (now.duration_since(before), cpu_time.checked_sub(spent)?);
        (!wall.is_zero()).then(|| spent.as_secs_f64() / wall.as_secs_f64() * 100.0)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<usize, (Instant, Duration)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn share(&self) -> Self {
        Self(std::sync::Arc::clone(&self.0))
    }
}

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
        let (context, samples) = (std::sync::Arc::clone(&self.context), self.samples.share());
        let handles: Vec<_> = self
            .handles
            .iter()
            .filter(|(task, _)| wanted.is_none_or(|wanted| wanted == **task))
            .filter_map(|(task, saved)| Some((*task, self.name(*task)?, saved.handle.clone())))
            .collect();
        tokio::spawn(async move {
            let mut stats = BTreeMap::new();
            for (task, name, handle) in handles {
                let Some(driver) = context.config.drivers.get(&handle.driver) else { continue };
                // A task that has just ended uses nothing.
                if let Ok(usage) = driver.usage(handle).await {
                    stats.insert(name, describe(&usage, samples.percent(task, usage.cpu_time)));
                }
            }
            let _gone = reply.send(Ok(stats));
        });
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

fn describe(usage: &TaskUsage, percent: Option<f64>) -> TaskStats {
    let mhz = muster_sys::procfs::host().map(|host| fingerprint::frequency_mhz(&host)).unwrap_or_default();
    let cpu = TaskCpu {
        cpu_time: Some(usage.cpu_time),
        percent,
        total_ticks: percent.map(|percent| percent / 100.0 * mhz as f64),
        ..TaskCpu::default()
    };
    let memory = TaskMemory { rss_bytes: Some(usage.memory_rss_bytes), ..TaskMemory::default() };
    TaskStats { time: clock::now(), cpu, memory, processes: usage.processes }
}
