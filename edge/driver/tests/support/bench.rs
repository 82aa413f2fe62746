//! A bench for drivers with real processes.

#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses its part")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_driver::{DriverError, RawExecDriver, RawExecOptions, TaskDriver, TaskHandle, TaskSpec};
use muster_ids::{AllocId, TaskName};
use muster_model::{LogConfig, Value};
use muster_sys::procfs;
use muster_sys::supervisor::Supervisors;

pub struct Bench {
    pub root: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for dir in ["task", "task/local", "logs"] {
            fs::create_dir(root.path().join(dir)).unwrap();
        }
        Self { root }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn spec(&self, config: &[(&str, Value)]) -> TaskSpec {
        TaskSpec {
            alloc_id: AllocId::from_random([7; 16]),
            task: TaskName::new("web").unwrap(),
            generation: 0,
            config: config.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
            env: BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
            user: None,
            task_dir: self.path("task"),
            log_dir: self.path("logs"),
            control_dir: self.path("control"),
            logs: LogConfig { max_files: 10, max_file_size_mb: 10, ..muster_builders::logs() },
            resources: muster_builders::resources(100, 64),
            allotted: None,
        }
    }

    pub fn shell(&self, script: &str) -> TaskSpec {
        self.spec(&[("command", text("/bin/sh")), ("args", Value::List(vec![text("-c"), text(script)]))])
    }

    pub fn log(&self, name: &str) -> String {
        fs::read_to_string(self.path("logs").join(name)).unwrap_or_default()
    }
}

pub fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// A driver as a fresh agent has it.
pub fn agent() -> RawExecDriver {
    agent_with(RawExecOptions { enabled: true, ..RawExecOptions::default() })
}

pub fn agent_with(options: RawExecOptions) -> RawExecDriver {
    let supervisors = Supervisors::with_program(env!("CARGO_BIN_EXE_muster-driver-supervisor").into());
    RawExecDriver::new(options, Arc::new(supervisors))
}

pub async fn start_error(driver: &RawExecDriver, spec: TaskSpec) -> String {
    match driver.start(spec).await {
        Ok(handle) => {
            kill(driver, handle).await;
            "started".to_owned()
        }
        Err(error) => error.to_string(),
    }
}

pub async fn kill(driver: &RawExecDriver, handle: TaskHandle) {
    let request = muster_driver::StopRequest { signal: Some("SIGKILL".into()), timeout: Duration::ZERO };
    driver.stop(handle, request).await.unwrap();
}

/// Waits for a condition, not for a time.
pub async fn eventually<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not happen in time");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

pub fn alive(pid: u32) -> bool {
    procfs::stat(pid).is_ok_and(|stat| !stat.is_zombie())
}

pub fn is_config_error(error: &DriverError) -> bool {
    matches!(error, DriverError::Config(_))
}
