//! What the tests of this crate share: a driver whose processes are numbers, small jobs, a ready context.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use muster_driver::{
    ConfigError, DriverError, DriverFingerprint, DriverFuture, DriverRegistry, ExitResult, StopRequest,
    TaskDriver, TaskHandle, TaskSpec, TaskUsage,
};
use muster_ids::{AllocId, DriverName, Index, Region, Text, UnixNanos};
use muster_model::{DesiredStatus, Group, Job, JobType, RestartPolicy, Task, Value};
use muster_rpc::{Identity, IdentityStore, Role, UserCa};
use tokio::sync::watch;

use crate::ClientConfig;
use crate::state::SavedAlloc;

/// Processes that outlive every agent of a test, as supervised ones outlive real agents. Clones share them.
#[derive(Clone, Debug)]
pub struct FakeDriver(Arc<World>);

#[derive(Debug)]
struct World {
    processes: watch::Sender<BTreeMap<u32, Process>>,
    broken: Mutex<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub alloc: AllocId,
    pub task: String,
    pub generation: u32,
    pub env: BTreeMap<String, String>,
    pub exit: Option<i32>,
    pub signals: Vec<String>,
    pub forgotten: bool,
}

impl Default for FakeDriver {
    fn default() -> Self {
        let processes = watch::Sender::new(BTreeMap::new());
        Self(Arc::new(World { processes, broken: Mutex::default() }))
    }
}

impl FakeDriver {
    pub fn break_down(&self) {
        *self.0.broken.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    pub fn processes(&self) -> BTreeMap<u32, Process> {
        self.0.processes.borrow().clone()
    }

    pub fn exit(&self, pid: u32, code: i32) {
        self.0.processes.send_modify(|all| {
            let process = all.get_mut(&pid).unwrap();
            process.exit.get_or_insert(code);
        });
    }

    /// Waits until the processes are as wanted.
    pub async fn until(&self, wanted: impl Fn(&BTreeMap<u32, Process>) -> bool) {
        let mut seen = self.0.processes.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(10), seen.wait_for(wanted)).await;
        assert!(waited.is_ok(), "never came: {:?}", self.processes());
    }

    pub async fn until_alive(&self, count: usize) {
        self.until(|all| all.values().filter(|process| process.exit.is_none()).count() == count).await;
    }

    fn pid(handle: &TaskHandle) -> u32 {
        u32::from_be_bytes(handle.state.as_slice().try_into().unwrap())
    }
}

impl TaskDriver for FakeDriver {
    fn name(&self) -> DriverName {
        "fake".parse().unwrap()
    }

    fn validate(&self, config: &BTreeMap<String, Value>) -> Result<(), Vec<ConfigError>> {
        let bad = config.contains_key("bad");
        let error = ConfigError { key: "bad".into(), problem: "is not understood".into() };
        if bad { Err(vec![error]) } else { Ok(()) }
    }

    fn fingerprint(&self) -> DriverFuture<'_, DriverFingerprint> {
        let well = !*self.0.broken.lock().unwrap_or_else(PoisonError::into_inner);
        Box::pin(async move {
            DriverFingerprint { detected: well, healthy: well, ..DriverFingerprint::default() }
        })
    }

    fn start(&self, spec: TaskSpec) -> DriverFuture<'_, Result<TaskHandle, DriverError>> {
        Box::pin(async move {
            let mut pid = 0;
            self.0.processes.send_modify(|all| {
                let task = spec.task.to_string();
                let same = |process: &Process| {
                    (process.alloc, &process.task, process.generation)
                        == (spec.alloc_id, &task, spec.generation)
                };
                let found = all.iter().find(|(_, process)| same(process)).map(|(pid, _)| *pid);
                pid = found.unwrap_or(all.len() as u32 + 1);
                all.entry(pid).or_insert_with(|| Process {
                    alloc: spec.alloc_id,
                    generation: spec.generation,
                    env: spec.env.clone(),
                    exit: None,
                    signals: Vec::new(),
                    forgotten: false,
                    task,
                });
            });
            Ok(TaskHandle { driver: self.name(), version: 1, state: pid.to_be_bytes().to_vec() })
        })
    }

    fn recover(&self, handle: TaskHandle) -> DriverFuture<'_, Result<(), DriverError>> {
        let known = self.processes().contains_key(&Self::pid(&handle));
        Box::pin(async move { known.then_some(()).ok_or(DriverError::NotRunning) })
    }

    fn wait(&self, handle: TaskHandle) -> DriverFuture<'_, ExitResult> {
        let mut seen = self.0.processes.subscribe();
        let pid = Self::pid(&handle);
        Box::pin(async move {
            let exit = |all: &BTreeMap<u32, Process>| all.get(&pid).and_then(|process| process.exit);
            let all = seen.wait_for(|all| exit(all).is_some()).await.unwrap();
            ExitResult { exit_code: exit(&all).unwrap(), ..ExitResult::default() }
        })
    }

    fn stop(&self, handle: TaskHandle, _: StopRequest) -> DriverFuture<'_, Result<(), DriverError>> {
        self.exit(Self::pid(&handle), 143);
        Box::pin(async { Ok(()) })
    }

    fn signal(&self, handle: TaskHandle, signal: Text) -> DriverFuture<'_, Result<(), DriverError>> {
        self.0.processes.send_modify(|all| {
            all.get_mut(&Self::pid(&handle)).unwrap().signals.push(signal.to_string());
        });
        Box::pin(async { Ok(()) })
    }

    fn usage(&self, _: TaskHandle) -> DriverFuture<'_, Result<TaskUsage, DriverError>> {
        let usage = TaskUsage {
            cpu_time: Duration::from_secs(2),
            memory_rss_bytes: 4_096,
            processes: 1,
            ..TaskUsage::default()
        };
        Box::pin(async move { Ok(usage) })
    }

    fn destroy(&self, handle: TaskHandle) -> DriverFuture<'_, Result<(), DriverError>> {
        self.0.processes.send_modify(|all| {
            all.get_mut(&Self::pid(&handle)).unwrap().forgotten = true;
        });
        Box::pin(async { Ok(()) })
    }
}

/// Reading the machine's trust store takes a while; once is enough.
pub fn trust() -> muster_artifact::Trust {
    static TRUST: LazyLock<muster_artifact::Trust> =
        LazyLock::new(|| muster_artifact::Trust::load(None).unwrap());
    TRUST.clone()
}

pub fn identity(ca: &UserCa, role: Role) -> Identity {
    ca.issue(role, &Region::global(), std::time::SystemTime::now(), Duration::from_secs(3_600)).unwrap()
}

pub fn config(dir: &Path, driver: FakeDriver) -> ClientConfig {
    config_of(&UserCa::in_memory().unwrap(), dir, driver)
}

pub fn config_of(ca: &UserCa, dir: &Path, driver: FakeDriver) -> ClientConfig {
    let identity = IdentityStore::new(identity(ca, Role::Client));
    let (state, alloc) = (dir.join("state"), dir.join("alloc"));
    let mut config = ClientConfig::new(state, alloc, "dc1".parse().unwrap(), identity);
    config.drivers = Arc::new(DriverRegistry::new().with(driver));
    config.gc_interval = Duration::from_secs(3_600);
    config.artifact.limits.retry_delay = Duration::from_millis(1);
    config.dev = false;
    config
}

pub fn restart(attempts: u32) -> RestartPolicy {
    let (interval, delay) = (Duration::from_secs(60), Duration::ZERO);
    RestartPolicy { attempts, interval, delay, ..muster_builders::restart() }
}

pub fn task(name: &str) -> Task {
    Task {
        driver: "fake".parse().unwrap(),
        restart: restart(0),
        kill_timeout: Duration::from_secs(1),
        ..muster_builders::task(name)
    }
}

pub fn job(tasks: Vec<Task>) -> Job {
    let group = Group { restart: restart(0), tasks, ..muster_builders::group("group", 1) };
    Job { groups: vec![group].into(), ..muster_builders::job("job", JobType::Batch, 1) }
}

pub fn saved_alloc_of(n: u8, job: Job) -> SavedAlloc {
    SavedAlloc {
        id: AllocId::from_bytes([n; 16]),
        eval_id: Default::default(),
        job: Arc::new(job),
        group: 0,
        name_index: 0,
        desired: DesiredStatus::Run,
        transition: Default::default(),
        ports: Vec::new(),
        allotted: None,
        previous: None,
        deployment: None,
        alloc_modify_index: Index(1),
        create_index: Index(1),
        create_time: UnixNanos(1),
        unknown: false,
        refused: None,
    }
}

pub fn saved_alloc(n: u8) -> SavedAlloc {
    saved_alloc_of(n, job(vec![task("main")]))
}
