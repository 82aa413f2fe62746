//! `raw_exec`: runs a command on the host, without isolation, under a supervisor that outlives the agent.
//!
//! Off unless the operator enables it. The task gets its environment and nothing else of the agent's. What it may
//! never do: know how supervision works; that is `muster-sys`, and this translates.

mod attached;
mod cgroup;
mod config;
#[cfg(target_os = "linux")]
mod exec;
mod handle;
mod io;
mod lookup;
mod options;
mod start;

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{DriverName, Text};
use muster_model::Value;
use muster_sys::supervisor::Supervisors;

pub use options::{IdRanges, IdRangesError, RawExecOptions};

use self::config::RawExecConfig;
use self::handle::TaskRef;
use crate::{
    ConfigError, DriverError, DriverFingerprint, DriverFuture, ExitResult, StopRequest, TaskDriver,
    TaskHandle, TaskSpec, TaskUsage,
};
#[cfg(target_os = "linux")]
use crate::{ExecRequest, ExecSession};

/// The driver; cheap, and without state of its own: every task is found by its handle.
#[derive(Debug)]
pub struct RawExecDriver {
    options: Arc<RawExecOptions>,
    supervisors: Arc<Supervisors>,
}

impl RawExecDriver {
    #[must_use]
    pub fn new(options: RawExecOptions, supervisors: Arc<Supervisors>) -> Self {
        Self { options: Arc::new(options), supervisors }
    }
}

impl TaskDriver for RawExecDriver {
    fn name(&self) -> DriverName {
        handle::driver_name()
    }

    fn validate(&self, config: &BTreeMap<String, Value>) -> Result<(), Vec<ConfigError>> {
        RawExecConfig::read(config).map(drop)
    }

    fn fingerprint(&self) -> DriverFuture<'_, DriverFingerprint> {
        Box::pin(async { options::fingerprint(&self.options) })
    }

    fn start(&self, spec: TaskSpec) -> DriverFuture<'_, Result<TaskHandle, DriverError>> {
        let (options, supervisors) = (Arc::clone(&self.options), Arc::clone(&self.supervisors));
        Box::pin(io::blocking(move || start::start(&spec, &options, &supervisors)))
    }

    fn recover(&self, handle: TaskHandle) -> DriverFuture<'_, Result<(), DriverError>> {
        Box::pin(async move { attached::recover(TaskRef::decode(&handle)?).await })
    }

    fn wait(&self, handle: TaskHandle) -> DriverFuture<'_, ExitResult> {
        Box::pin(async move {
            match TaskRef::decode(&handle) {
                Ok(task) => attached::wait(task).await,
                Err(error) => attached::unknown(error.to_string()),
            }
        })
    }

    fn stop(&self, handle: TaskHandle, request: StopRequest) -> DriverFuture<'_, Result<(), DriverError>> {
        Box::pin(async move { attached::stop(TaskRef::decode(&handle)?, request).await })
    }

    fn signal(&self, handle: TaskHandle, signal: Text) -> DriverFuture<'_, Result<(), DriverError>> {
        Box::pin(async move { attached::signal(TaskRef::decode(&handle)?, &signal).await })
    }

    fn usage(&self, handle: TaskHandle) -> DriverFuture<'_, Result<TaskUsage, DriverError>> {
        Box::pin(async move { attached::usage(TaskRef::decode(&handle)?).await })
    }

    #[cfg(target_os = "linux")]
    fn exec(
        &self,
        handle: TaskHandle,
        request: ExecRequest,
    ) -> DriverFuture<'_, Result<ExecSession, DriverError>> {
        Box::pin(async move { exec::exec(TaskRef::decode(&handle)?, request).await })
    }

    fn destroy(&self, handle: TaskHandle) -> DriverFuture<'_, Result<(), DriverError>> {
        Box::pin(async move { attached::destroy(TaskRef::decode(&handle)?).await })
    }
}
