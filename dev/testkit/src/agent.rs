//! Real agent processes, and the command line against them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{eventually, free_port};

/// The largest answer read: lists of everything, late in a long test.
const MAX_ANSWER: u64 = 1 << 30;

/// What an agent is started with. Ports are chosen here and kept over restarts.
#[derive(Clone)]
pub struct AgentOptions {
    pub binary: PathBuf,
    /// Directory of this agent alone: data, configuration, log of its output.
    pub dir: PathBuf,
    /// State directory of the "user" whose agents trust each other.
    pub user_state: PathBuf,
    /// Arguments after `agent`.
    pub args: Vec<String>,
    /// Further configuration, HCL.
    pub config: String,
    pub env: Vec<(String, String)>,
    pub http_port: u16,
    pub rpc_port: u16,
}

impl AgentOptions {
    /// An agent named `name` below `root`; agents of one root share a user.
    #[must_use]
    pub fn new(binary: &str, root: &Path, name: &str) -> Self {
        let dir = root.join(name);
        fs::create_dir_all(&dir).unwrap();
        Self {
            binary: binary.into(),
            dir,
            user_state: root.join("user-state"),
            args: Vec::new(),
            config: String::new(),
            env: Vec::new(),
            http_port: free_port(),
            rpc_port: free_port(),
        }
    }

    /// A server on disk.
    #[must_use]
    pub fn server(mut self) -> Self {
        let data = self.dir.join("data");
        self.config = format!(
            "data_dir = {data:?}\nname = {:?}\nserver {{\n  enabled = true\n  bootstrap_expect = 1\n}}\n",
            self.name()
        );
        self
    }

    /// A client agent of the server listening on `server_rpc`; `extra` goes into its `client` block.
    #[must_use]
    pub fn client(mut self, server_rpc: u16, extra: &str) -> Self {
        let data = self.dir.join("data");
        self.config = format!(
            "data_dir = {data:?}\nname = {:?}\nclient {{\n  enabled = true\n  servers = [\"127.0.0.1:{server_rpc}\"]\n{extra}\n}}\n\
             plugin \"raw_exec\" {{\n  config {{\n    enabled = true\n  }}\n}}\n",
            self.name()
        );
        self
    }

    fn name(&self) -> String {
        self.dir.file_name().unwrap().to_string_lossy().into_owned()
    }

    /// Starts it and waits until it answers.
    #[must_use]
    pub fn start(self) -> Agent {
        let mut agent = self.spawn();
        agent.wait_ready();
        agent
    }

    /// Starts it without waiting.
    #[must_use]
    pub fn spawn(self) -> Agent {
        let log = self.dir.join("output.log");
        let child = self.run(&log);
        Agent { options: self, child: Some(child), log }
    }

    fn run(&self, log: &Path) -> Child {
        let config = self.dir.join("agent.hcl");
        let ports = format!("ports {{\n  http = {}\n  rpc = {}\n}}\n", self.http_port, self.rpc_port);
        fs::write(&config, format!("{}{ports}", self.config)).unwrap();
        let out = File::options().create(true).append(true).open(log).unwrap();
        Command::new(&self.binary)
            .arg("agent")
            .args(&self.args)
            .arg(format!("-config={}", config.display()))
            .env("XDG_STATE_HOME", &self.user_state)
            // A dev agent's own directory lies here too, so that everything it leaves is found again.
            .env("TMPDIR", &self.dir)
            .env("MUSTER_LOG", "info,openraft=warn")
            .envs(self.env.iter().cloned())
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.binary.display()))
    }
}

/// A running (or killed) agent process; ended when dropped.
pub struct Agent {
    pub options: AgentOptions,
    child: Option<Child>,
    log: PathBuf,
}

/// What a command printed and its exit code.
#[derive(Debug, Clone)]
pub struct CliOutput {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl CliOutput {
    /// The output of a command that must succeed.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self.stdout
    }
}

impl Agent {
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.options.http_port)
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the agent runs").id()
    }

    /// Everything the agent printed.
    #[must_use]
    pub fn output(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    pub fn wait_ready(&mut self) {
        let url = format!("{}/v1/agent/health", self.address());
        let log = self.log.clone();
        let child = self.child.as_mut().expect("the agent runs");
        eventually("the agent being healthy", Duration::from_secs(30), || {
            if let Ok(Some(status)) = child.try_wait() {
                panic!("the agent ended with {status}:\n{}", fs::read_to_string(&log).unwrap_or_default());
            }
            ureq::get(&url).call().map(|_| ()).map_err(|error| error.to_string())
        });
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGINT; returns the exit code once the agent is gone.
    pub fn interrupt(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("the agent runs");
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        child.wait().unwrap().code()
    }

    /// Waits for an agent that ends by itself.
    pub fn wait_exit(&mut self) -> Option<i32> {
        self.child.take().expect("the agent was started").wait().unwrap().code()
    }

    /// Starts it again on the same directories and ports.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "stop it first");
        self.child = Some(self.options.run(&self.log));
        self.wait_ready();
    }

    /// Runs a command against this agent.
    #[must_use]
    pub fn cli(&self, args: &[&str]) -> CliOutput {
        let output = Command::new(&self.options.binary)
            .args(args)
            .env("NOMAD_ADDR", self.address())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        CliOutput {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// GET as JSON; panics on anything but success.
    #[must_use]
    pub fn get(&self, path: &str) -> Value {
        self.try_get(path).unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// GET as JSON.
    ///
    /// # Errors
    /// The transport's words, or the status and body of an error answer.
    pub fn try_get(&self, path: &str) -> Result<Value, String> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut response =
            agent.get(format!("{}{path}", self.address())).call().map_err(|e| e.to_string())?;
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER)
            .read_to_string()
            .map_err(|e| e.to_string())?;
        if !response.status().is_success() {
            return Err(format!("{} {text}", response.status()));
        }
        serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))
    }

    /// PUT of a JSON body; the answer's status and body.
    ///
    /// # Errors
    /// The transport's words when no answer came: the write may or may not have happened.
    pub fn put(&self, path: &str, body: &Value) -> Result<(u16, String), String> {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let request = agent.put(format!("{}{path}", self.address()));
        let mut response = request.send(&body.to_string()).map_err(|error| error.to_string())?;
        let text = response
            .body_mut()
            .with_config()
            .limit(MAX_ANSWER)
            .read_to_string()
            .map_err(|error| error.to_string())?;
        Ok((response.status().as_u16(), text))
    }

    /// Writes a file beside the agent's own and gives its path.
    #[must_use]
    pub fn file(&self, name: &str, content: &str) -> String {
        let path = self.options.dir.join(name);
        fs::write(&path, content).unwrap();
        path.to_string_lossy().into_owned()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- output of {}:\n{}", self.options.dir.display(), self.output());
        }
        if let Some(mut child) = self.child.take() {
            let _gone = kill_process(Pid::from_child(&child), Signal::INT);
            let deadline = Instant::now() + STOP_PATIENCE;
            while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ended = (child.kill(), child.wait());
        }
        self.end_tasks();
    }
}

/// How long an agent may take to end at the end of a test.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

impl Agent {
    /// Tasks outlive their agent by design; a test's must not outlive the test. Theirs is whatever works below the
    /// agent's directory; their supervisors end with them.
    fn end_tasks(&self) {
        for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let pid = process.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
            let works_here =
                fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&self.options.dir));
            if let Some(pid) = pid.filter(|_| works_here) {
                let _gone = kill_process(pid, Signal::KILL);
            }
        }
    }
}
