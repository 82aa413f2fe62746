//! Task drivers: how a task becomes a process. One folder a driver; `muster-client` calls them through
//! [`TaskDriver`] and never knows which one it talks to.

mod config;
mod driver;
mod exec;
mod mock;
mod raw_exec;
mod registry;

pub use driver::{
    ConfigError, DriverError, DriverFingerprint, DriverFuture, ExitResult, StopRequest, TaskDriver,
    TaskHandle, TaskSpec, TaskUsage,
};
pub use exec::{ExecExit, ExecInput, ExecOutput, ExecRequest, ExecSession, Resize};
pub use mock::MockDriver;
pub use raw_exec::{IdRanges, IdRangesError, RawExecDriver, RawExecOptions};
pub use registry::DriverRegistry;
