//! Task drivers: how a task becomes a process. One folder a driver; `muster-client` calls them through
//! [`TaskDriver`] and never knows which one it talks to.

mod driver;

pub use driver::{
    ConfigError, DriverError, DriverFingerprint, DriverFuture, ExitResult, StopRequest, TaskDriver,
    TaskHandle, TaskSpec, TaskUsage,
};
