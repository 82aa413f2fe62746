//! `mock_driver`: tasks that are only timers, for trying out jobs in `-dev` mode and for tests of everything above.
//!
//! A mock task starts no process and touches nothing but its own log files. Its handle holds its whole plan and the
//! time it started, so an agent that restarts takes up the timer where time itself left it.

mod config;
mod exec;
mod handle;
mod output;
mod task;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use muster_ids::{DriverName, Text};
use muster_model::Value;
use muster_sys::signals::Signal;

use self::config::MockConfig;
use self::handle::MockState;
use self::task::MockTask;
use crate::{
    ConfigError, DriverError, DriverFingerprint, DriverFuture, ExecRequest, ExecSession, ExitResult,
    StopRequest, TaskDriver, TaskHandle, TaskSpec, TaskUsage,
};

/// The driver; its running tasks live as long as the agent and are rebuilt from their handles.
#[derive(Debug, Default)]
pub struct MockDriver {
    running: Mutex<BTreeMap<String, Arc<MockTask>>>,
}

impl MockDriver {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The task of a handle; one that this agent does not know yet is taken up.
    fn task(&self, handle: &TaskHandle) -> Result<Arc<MockTask>, DriverError> {
        let state = MockState::decode(handle)?;
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let task =
            running.entry(state.id.clone()).or_insert_with(|| MockTask::spawn(&state, elapsed(&state)));
        Ok(Arc::clone(task))
    }

    async fn start_task(&self, spec: TaskSpec) -> Result<TaskHandle, DriverError> {
        let config = MockConfig::read(&spec.config).map_err(DriverError::Config)?;
        tokio::time::sleep(config.start_block_for).await;
        if let Some(message) = config.start_error {
            return Err(DriverError::Start { message, recoverable: config.start_error_recoverable });
        }
        let id = format!("{}/{}/{}", spec.alloc_id, spec.task, spec.generation);
        let handle = MockState::new(id, now_unix_nanos(), config.plan).encode()?;
        let task = self.task(&handle)?;
        if !spec.logs.disabled {
            output::spawn(&task, &spec, config.stdout, config.stderr);
        }
        Ok(handle)
    }
}

impl TaskDriver for MockDriver {
    fn name(&self) -> DriverName {
        handle::driver_name()
    }

    fn validate(&self, config: &BTreeMap<String, Value>) -> Result<(), Vec<ConfigError>> {
        MockConfig::read(config).map(drop)
    }

    fn fingerprint(&self) -> DriverFuture<'_, DriverFingerprint> {
        Box::pin(async {
            DriverFingerprint {
                detected: true,
                healthy: true,
                description: "Healthy".to_owned(),
                attributes: BTreeMap::from([("driver.mock_driver".to_owned(), "1".to_owned())]),
            }
        })
    }

    fn start(&self, spec: TaskSpec) -> DriverFuture<'_, Result<TaskHandle, DriverError>> {
        Box::pin(self.start_task(spec))
    }

    fn recover(&self, handle: TaskHandle) -> DriverFuture<'_, Result<(), DriverError>> {
        Box::pin(async move { self.task(&handle).map(drop) })
    }

    fn wait(&self, handle: TaskHandle) -> DriverFuture<'_, ExitResult> {
        Box::pin(async move {
            match self.task(&handle) {
                Ok(task) => task.ended().await,
                Err(error) => {
                    ExitResult { exit_code: -1, error: Some(error.to_string()), ..ExitResult::default() }
                }
            }
        })
    }

    fn stop(&self, handle: TaskHandle, request: StopRequest) -> DriverFuture<'_, Result<(), DriverError>> {
        Box::pin(async move {
            let signal = request.signal.as_deref().map_or(Ok(Signal::INT), parse_signal)?;
            let task = self.task(&handle)?;
            task.stop(signal, request.timeout);
            task.ended().await;
            Ok(())
        })
    }

    fn signal(&self, handle: TaskHandle, signal: Text) -> DriverFuture<'_, Result<(), DriverError>> {
        Box::pin(async move {
            parse_signal(&signal)?;
            let task = self.task(&handle)?;
            match task.signal_error() {
                _ if task.has_ended() => Err(DriverError::NotRunning),
                Some(error) => Err(DriverError::Other(error)),
                None => Ok(()),
            }
        })
    }

    fn usage(&self, handle: TaskHandle) -> DriverFuture<'_, Result<TaskUsage, DriverError>> {
        Box::pin(async move {
            let ended = self.task(&handle)?.has_ended();
            if ended { Err(DriverError::NotRunning) } else { Ok(TaskUsage::default()) }
        })
    }

    fn exec(
        &self,
        handle: TaskHandle,
        request: ExecRequest,
    ) -> DriverFuture<'_, Result<ExecSession, DriverError>> {
        Box::pin(async move {
            let task = self.task(&handle)?;
            match task.exec_plan() {
                _ if task.has_ended() => Err(DriverError::NotRunning),
                Some(plan) => Ok(exec::run(plan, &request)),
                None => Err(DriverError::Command(
                    "the task has no `exec_command` block that says what comes of commands".to_owned(),
                )),
            }
        })
    }

    fn destroy(&self, handle: TaskHandle) -> DriverFuture<'_, Result<(), DriverError>> {
        Box::pin(async move {
            if !self.task(&handle)?.has_ended() {
                return Err(DriverError::Other(
                    "the task still runs: stop it before it is destroyed".to_owned(),
                ));
            }
            let id = MockState::decode(&handle)?.id;
            self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            Ok(())
        })
    }
}

fn parse_signal(name: &str) -> Result<Signal, DriverError> {
    name.parse().map_err(|error: muster_sys::signals::UnknownSignal| DriverError::Other(error.to_string()))
}

fn now_unix_nanos() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX)
}

/// How long the task has run already; a clock set back counts as no time.
fn elapsed(state: &MockState) -> Duration {
    Duration::from_nanos(now_unix_nanos().saturating_sub(state.started_unix_nanos))
}
