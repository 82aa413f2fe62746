//! A bench for real supervisors and tasks.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(dead_code, reason = "each test binary uses its part")]

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use muster_sys::procfs;
use muster_sys::rotate::LogLimits;
use muster_sys::supervisor::{
    Attachment, Connection, ProcessIdentity, Reply, Request, StartSpec, Status, Supervisors, TaskExit, attach,
};

pub struct Bench {
    pub root: tempfile::TempDir,
    pub supervisors: Supervisors,
}

/// A started task, killed with everything below it when the test ends.
pub struct Task {
    pub identity: ProcessIdentity,
    pub control_dir: PathBuf,
    pub log_dir: PathBuf,
}

impl Bench {
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        // Tasks of other users must be able to come in.
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(root.path().join("logs")).unwrap();
        Self {
            root,
            supervisors: Supervisors::with_program(env!("CARGO_BIN_EXE_muster-sys-supervisor").into()),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub fn control_dir(&self, name: &str) -> PathBuf {
        let dir = self.path(name);
        fs::DirBuilder::new().mode(0o700).recursive(true).create(&dir).unwrap();
        dir
    }

    pub fn spec(&self, argv: &[&str]) -> StartSpec {
        StartSpec {
            program: PathBuf::from(argv[0]),
            argv: argv.iter().map(|arg| (*arg).to_owned()).collect(),
            env: vec![("PATH".into(), "/usr/bin:/bin".into())],
            cwd: self.root.path().to_owned(),
            run_as: None,
            log_dir: self.path("logs"),
            log_name: "t".into(),
            logs: Some(LogLimits { max_files: 3, max_file_bytes: 1 << 20 }),
            control_dir: self.control_dir("control"),
            oom_score_adj: None,
            cgroup_procs: Vec::new(),
        }
    }

    pub fn shell(&self, script: &str) -> StartSpec {
        self.spec(&["/bin/sh", "-c", script])
    }

    pub fn start(&self, spec: &StartSpec) -> Task {
        let identity = self.supervisors.start(spec).unwrap();
        Task { identity, control_dir: spec.control_dir.clone(), log_dir: spec.log_dir.clone() }
    }

    /// Runs a script to its end.
    pub fn run(&self, script: &str) -> (TaskExit, Task) {
        let task = self.start(&self.shell(script));
        (task.wait(), task)
    }
}

impl Task {
    pub fn attach(&self) -> Attachment {
        attach(&self.control_dir, Some(&self.identity)).unwrap()
    }

    pub fn connect(&self) -> Connection {
        match self.attach() {
            Attachment::Supervised(connection) => connection,
            other => panic!("the task is not supervised: {other:?}"),
        }
    }

    pub fn status(&self) -> Status {
        match self.connect().call(&Request::Hello).unwrap() {
            Reply::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    /// As an agent does it: through the supervisor while there is one, from disk afterwards.
    pub fn wait(&self) -> TaskExit {
        self.ask_for_exit(&Request::Wait)
    }

    pub fn stop(&self, signal: i32, timeout: Duration) -> TaskExit {
        self.ask_for_exit(&Request::Stop { signal, timeout })
    }

    fn ask_for_exit(&self, request: &Request) -> TaskExit {
        loop {
            match self.attach() {
                Attachment::Ended(exit) => return exit,
                Attachment::Supervised(mut connection) => {
                    if let Ok(Reply::Exit(exit)) = connection.call(request) {
                        return exit;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }

    pub fn log(&self, stream: &str) -> Vec<u8> {
        let mut files: Vec<(u64, PathBuf)> = fs::read_dir(&self.log_dir)
            .unwrap()
            .filter_map(|entry| {
                let path = entry.unwrap().path();
                let index =
                    path.file_name()?.to_str()?.strip_prefix(&format!("t.{stream}."))?.parse().ok()?;
                Some((index, path))
            })
            .collect();
        files.sort();
        files.iter().flat_map(|(_, path)| fs::read(path).unwrap()).collect()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.log("stdout")).unwrap()
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Ok(Attachment::Supervised(mut connection)) = attach(&self.control_dir, None) {
            let _ = connection.call(&Request::Stop { signal: 9, timeout: Duration::ZERO });
        }
        // A test may have closed that way.
        if self.identity.is_running() {
            kill(self.identity.pid, 9);
        }
    }
}

/// Waits for a condition, not for a time.
pub fn eventually<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = check() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not happen in time");
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

/// A number that a task writes into a file.
pub fn pid_in(file: &Path) -> u32 {
    eventually("the pid file", || fs::read_to_string(file).ok()?.strip_suffix('\n')?.parse().ok())
}

pub fn alive(pid: u32) -> bool {
    procfs::stat(pid).is_ok_and(|stat| !stat.is_zombie())
}

pub fn kill(pid: u32, signal: i32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let signal = rustix::process::Signal::from_named_raw(signal).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}
