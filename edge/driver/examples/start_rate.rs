//! How fast `raw_exec` starts tasks and what a supervised task costs, beside what this machine takes to spawn a process.
//!
//! ```sh
//! cargo run --release -p muster-driver --example start_rate
//! ```

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example that may fail loudly")]
#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_driver::{RawExecDriver, RawExecOptions, StopRequest, TaskDriver, TaskSpec};
use muster_ids::{AllocId, TaskName};
use muster_model::{LogConfig, Value};
use muster_sys::procfs;
use muster_sys::supervisor::{Supervisors, read_identity, run_if_supervisor};

const STARTS: u32 = 200;
const KEPT: u32 = 20;
/// Stands for the relocated data of a large binary, which an exec would make private in every supervisor.
static TABLE: [&str; 1 << 16] = ["relocated"; 1 << 16];

fn main() {
    run_if_supervisor();
    std::hint::black_box(&TABLE);
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure());
}

async fn measure() {
    let root = tempfile::tempdir().unwrap();
    let options = RawExecOptions { enabled: true, ..RawExecOptions::default() };
    let driver = RawExecDriver::new(options, Arc::new(Supervisors::new()));
    // The template itself is started once per agent, not once per task.
    let warm = driver.start(spec(root.path(), u32::MAX)).await.unwrap();
    stop(&driver, warm).await;

    let (mut plain, mut supervised, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..STARTS {
        let begun = Instant::now();
        let mut child = Command::new("/bin/sleep").arg("1000").stdin(Stdio::null()).spawn().unwrap();
        plain.push(begun.elapsed());
        child.kill().unwrap();
        child.wait().unwrap();

        let begun = Instant::now();
        let handle = driver.start(spec(root.path(), n)).await.unwrap();
        supervised.push(begun.elapsed());
        if n < KEPT {
            kept.push((n, handle));
        } else {
            stop(&driver, handle).await;
        }
    }
    report("plain process spawn", &mut plain);
    report("raw_exec start     ", &mut supervised);
    memory(root.path());
    for (_, handle) in kept {
        stop(&driver, handle).await;
    }
}

fn spec(root: &Path, generation: u32) -> TaskSpec {
    TaskSpec {
        alloc_id: AllocId::from_random([1; 16]),
        task: TaskName::new("sleep").unwrap(),
        generation,
        config: BTreeMap::from([
            ("command".to_owned(), Value::String("/bin/sleep".into())),
            ("args".to_owned(), Value::List(vec![Value::Int(1000)])),
        ]),
        env: BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
        user: None,
        task_dir: root.to_owned(),
        log_dir: root.to_owned(),
        control_dir: root.join("control"),
        logs: LogConfig { max_files: 10, max_file_size_mb: 10, ..muster_builders::logs() },
        resources: muster_builders::resources(100, 64),
        allotted: None,
    }
}

async fn stop(driver: &RawExecDriver, handle: muster_driver::TaskHandle) {
    let request = StopRequest { signal: Some("SIGKILL".into()), timeout: Duration::ZERO };
    driver.stop(handle.clone(), request).await.unwrap();
    driver.destroy(handle).await.unwrap();
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{what}: p50 {:?}, p99 {:?}", at(50), at(99));
}

/// The supervisors of the tasks that still run.
fn memory(root: &Path) {
    let parent = |n: u32| {
        let identity = read_identity(&root.join(format!("control/sleep.{n}"))).unwrap().unwrap();
        procfs::stat(identity.pid).unwrap().parent
    };
    let memory = |pid: u32| {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
        let kib = |name: &str| -> u64 {
            let line = rollup.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().trim_end_matches(" kB").trim().parse().unwrap()
        };
        [kib("Pss:"), kib("Rss:"), kib("Private_Dirty:"), kib("Private_Dirty:") + kib("Shared_Dirty:")]
    };
    let all: Vec<[u64; 4]> = (0..KEPT).map(|n| memory(parent(n))).collect();
    for (at, what) in
        ["PSS", "RSS", "private dirty", "dirty (private, had it been executed)"].iter().enumerate()
    {
        let mean = all.iter().map(|sums| sums[at]).sum::<u64>() / u64::from(KEPT);
        println!("{what} per supervised task: {mean} KiB over {KEPT} tasks");
    }
}
