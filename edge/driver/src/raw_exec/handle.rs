//! What is kept to find a task again: MessagePack with field names, one version.

use std::path::PathBuf;

use muster_ids::DriverName;
use muster_sys::supervisor::ProcessIdentity;
use serde::{Deserialize, Serialize};

use crate::{DriverError, TaskHandle};

const VERSION: u32 = 1;

/// A task by its control directory and its process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskRef {
    pub control_dir: PathBuf,
    pub identity: ProcessIdentity,
}

#[derive(Serialize, Deserialize)]
struct State {
    control_dir: PathBuf,
    pid: u32,
    start_ticks: u64,
    boot_id: String,
}

#[expect(clippy::expect_used, reason = "a constant that the unit test below parses")]
pub fn driver_name() -> DriverName {
    DriverName::new("raw_exec").expect("a valid driver name")
}

impl TaskRef {
    pub fn encode(&self) -> Result<TaskHandle, DriverError> {
        let state = State {
            control_dir: self.control_dir.clone(),
            pid: self.identity.pid,
            start_ticks: self.identity.start_ticks,
            boot_id: self.identity.boot_id.clone(),
        };
        let state = rmp_serde::to_vec_named(&state).map_err(|error| DriverError::Other(error.to_string()))?;
        Ok(TaskHandle { driver: driver_name(), version: VERSION, state })
    }

    pub fn decode(handle: &TaskHandle) -> Result<Self, DriverError> {
        let foreign = || DriverError::ForeignHandle { driver: driver_name(), version: VERSION };
        if handle.driver != driver_name() || handle.version != VERSION {
            return Err(foreign());
        }
        let state: State = rmp_serde::from_slice(&handle.state).map_err(|_| foreign())?;
        let identity =
            ProcessIdentity { pid: state.pid, start_ticks: state.start_ticks, boot_id: state.boot_id };
        Ok(Self { control_dir: state.control_dir, identity })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn task() -> TaskRef {
        let identity = ProcessIdentity { pid: 7, start_ticks: 8, boot_id: "b".into() };
        TaskRef { control_dir: "/c".into(), identity }
    }

    #[test]
    fn version_one_keeps_its_bytes() {
        let golden = b"\x84\xabcontrol_dir\xa2/c\xa3pid\x07\xabstart_ticks\x08\xa7boot_id\xa1b";
        assert_eq!(task().encode().unwrap().state, golden);
        assert_eq!(TaskRef::decode(&task().encode().unwrap()).unwrap(), task());
    }

    #[test]
    fn handles_of_others_are_refused() {
        let ours = task().encode().unwrap();
        let other = TaskHandle { driver: DriverName::new("docker").unwrap(), ..ours.clone() };
        let newer = TaskHandle { version: 2, ..ours.clone() };
        let damaged = TaskHandle { state: b"\x84".to_vec(), ..ours };
        for handle in [other, newer, damaged] {
            assert!(matches!(TaskRef::decode(&handle), Err(DriverError::ForeignHandle { .. })));
        }
    }
}
