//! A task's process: start, watch, find again, stop, signal, forget.

use std::sync::Arc;
use std::time::Duration;

use muster_driver::{DriverError, ExitResult, StopRequest, TaskDriver, TaskSpec};
use muster_ids::{DriverName, Text};
use muster_runner::{Exit, FailureKind, TaskEventIn};

use super::{Outcome, TaskWork};
use crate::context::Context;
use crate::state::SavedHandle;

/// Tries to make a driver let go of an ended process.
const FORGET_ATTEMPTS: u32 = 3;

impl TaskWork {
    pub(super) async fn start(self, generation: u32) -> Outcome {
        let failed = |error: String, kind| TaskEventIn::StartFailed { generation, error: error.into(), kind };
        let (driver, spec) = match self.prepare_start(generation).await {
            Ok(prepared) => prepared,
            Err(event) => return self.event(event),
        };
        match driver.start(spec).await {
            Ok(handle) => {
                let handle = Some(SavedHandle { generation, handle });
                Outcome { task: self.task, handle, event: Some(TaskEventIn::Started { generation }) }
            }
            Err(DriverError::Config(problems)) => {
                self.event(invalid(DriverError::Config(problems).to_string()))
            }
            Err(DriverError::Start { message, recoverable }) => {
                let kind = if recoverable { FailureKind::Recoverable } else { FailureKind::Fatal };
                self.event(failed(message, kind))
            }
            Err(error) => self.event(failed(error.to_string(), FailureKind::Recoverable)),
        }
    }

    /// Everything that can be wrong before a driver is asked to act.
    async fn prepare_start(&self, generation: u32) -> Result<(Arc<dyn TaskDriver>, TaskSpec), TaskEventIn> {
        let failed = |error: String, kind| TaskEventIn::StartFailed { generation, error: error.into(), kind };
        let task = self.spec().ok_or_else(|| invalid("the group has no such task".into()))?;
        let driver =
            driver(&self.context, &task.driver).map_err(|error| failed(error, FailureKind::Fatal))?;
        let env = self.environment().await.map_err(|error| failed(error, FailureKind::Fatal))?;
        let user = self.user(task);
        self.allow_user(&task.driver, user.clone()).await.map_err(invalid)?;
        let config = env.interpolate_map(&task.config);
        driver.validate(&config).map_err(|problems| invalid(DriverError::Config(problems).to_string()))?;
        let paths = self.paths(task);
        let spec = TaskSpec {
            alloc_id: self.alloc.id,
            task: task.name.clone(),
            generation,
            config,
            env: env.vars().clone(),
            user: user.map(Text::from),
            task_dir: paths.task,
            log_dir: paths.logs,
            control_dir: paths.control,
            logs: task.logs.clone(),
            resources: task.resources.clone(),
            allotted: self.alloc.allotted.as_ref().and_then(|all| all.of_task(&task.name)).cloned(),
        };
        Ok((driver, spec))
    }

    /// The operator's deny list holds names; an account is found by whatever the job calls it.
    async fn allow_user(&self, driver: &DriverName, user: Option<String>) -> Result<(), String> {
        let Some(user) = user else { return Ok(()) };
        let (context, driver) = (Arc::clone(&self.context), driver.clone());
        let checked = tokio::task::spawn_blocking(move || {
            let name = muster_sys::users::lookup(&user).map_or_else(|_| user.clone(), |account| account.name);
            let denied = [&user, &name].into_iter().any(|name| context.config.denies_user(&driver, name));
            if denied { Err(format!("running as user {user:?} is disallowed")) } else { Ok(()) }
        });
        checked.await.map_err(|error| error.to_string())?
    }

    pub(super) async fn watch(self, generation: u32) -> Outcome {
        let exit = match self.process(generation) {
            Ok((driver, saved)) => driver.wait(saved.handle).await,
            Err(error) => ExitResult { error: Some(error), ..ExitResult::default() },
        };
        let exit = Exit {
            exit_code: exit.exit_code,
            signal: exit.signal,
            oom_killed: exit.oom_killed,
            error: exit.error.map(Text::from),
        };
        self.event(TaskEventIn::Exited { generation, exit })
    }

    pub(super) async fn recover(self, generation: u32) -> Outcome {
        let recovered = match self.process(generation) {
            Ok((driver, saved)) => driver.recover(saved.handle).await.map_err(|error| error.to_string()),
            Err(error) => Err(error),
        };
        self.event(match recovered {
            Ok(()) => TaskEventIn::Recovered { generation },
            Err(error) => TaskEventIn::RecoverFailed { generation, error: error.into() },
        })
    }

    pub(super) async fn stop(self, signal: Option<Text>, timeout: Duration) -> Outcome {
        let Some(saved) = self.handle.clone() else { return self.silent() };
        let stopped = match driver(&self.context, &saved.handle.driver) {
            Ok(driver) => driver.stop(saved.handle, StopRequest { signal, timeout }).await,
            Err(error) => Err(DriverError::Other(error)),
        };
        match stopped {
            // Its end is told by whoever watches it.
            Ok(()) | Err(DriverError::NotRunning) => self.silent(),
            Err(error) => self.event(TaskEventIn::StopFailed { error: error.to_string().into() }),
        }
    }

    pub(super) async fn signal(self, signal: Text) -> Outcome {
        let Some(saved) = self.handle.clone() else { return self.silent() };
        let sent = match driver(&self.context, &saved.handle.driver) {
            Ok(driver) => driver.signal(saved.handle, signal.clone()).await,
            Err(error) => Err(DriverError::Other(error)),
        };
        if let Err(error) = sent {
            tracing::warn!(alloc = %self.alloc.id, task = self.task, %signal, %error, "signal not delivered");
        }
        self.silent()
    }

    fn process(&self, generation: u32) -> Result<(Arc<dyn TaskDriver>, SavedHandle), String> {
        let saved = self.handle.clone().filter(|saved| saved.generation == generation);
        let saved = saved.ok_or("nothing was saved about the task's process")?;
        Ok((driver(&self.context, &saved.handle.driver)?, saved))
    }
}

/// Makes the driver forget an ended process.
pub async fn forget(context: Arc<Context>, task: usize, saved: SavedHandle) -> Outcome {
    if let Ok(driver) = driver(&context, &saved.handle.driver) {
        for attempt in 1..=FORGET_ATTEMPTS {
            match driver.destroy(saved.handle.clone()).await {
                Ok(()) => break,
                Err(error) if attempt == FORGET_ATTEMPTS => {
                    tracing::warn!(task, %error, "control files stay until the allocation is removed");
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }
    Outcome { task, handle: None, event: None }
}

fn driver(context: &Context, name: &DriverName) -> Result<Arc<dyn TaskDriver>, String> {
    let allowed = context.config.allows_driver(name).then(|| context.config.drivers.get(name)).flatten();
    allowed.ok_or_else(|| format!("driver `{name}` is not available on this node"))
}

fn invalid(error: String) -> TaskEventIn {
    TaskEventIn::Invalid { error: error.into() }
}
