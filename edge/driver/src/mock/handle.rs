//! A mock task's handle: all there is of it.

use muster_ids::DriverName;
use serde::{Deserialize, Serialize};

use super::config::Plan;
use crate::{DriverError, TaskHandle};

const VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MockState {
    pub id: String,
    pub started_unix_nanos: u64,
    pub plan: Plan,
}

#[expect(clippy::expect_used, reason = "a constant that the tests parse")]
pub fn driver_name() -> DriverName {
    DriverName::new("mock_driver").expect("a valid driver name")
}

impl MockState {
    pub const fn new(id: String, started_unix_nanos: u64, plan: Plan) -> Self {
        Self { id, started_unix_nanos, plan }
    }

    pub fn encode(&self) -> Result<TaskHandle, DriverError> {
        let state = rmp_serde::to_vec_named(self).map_err(|error| DriverError::Other(error.to_string()))?;
        Ok(TaskHandle { driver: driver_name(), version: VERSION, state })
    }

    pub fn decode(handle: &TaskHandle) -> Result<Self, DriverError> {
        let foreign = || DriverError::ForeignHandle { driver: driver_name(), version: VERSION };
        if handle.driver != driver_name() || handle.version != VERSION {
            return Err(foreign());
        }
        rmp_serde::from_slice(&handle.state).map_err(|_| foreign())
    }
}
