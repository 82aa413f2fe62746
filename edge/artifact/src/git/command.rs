//! One git command: what it sees, how long its words may be, and that nothing of it stays.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use muster_sys::confine::{Access, Confinement};
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

use super::{GitContext, GitError, GitRequest};
use crate::staging::TREE;

/// Names in the staging directory.
pub const HOME: &str = "home";
pub const BUNDLE: &str = "authorities.pem";
pub const SSH_KEY: &str = "key";

/// Where git, ssh and their helpers are looked for; the agent's own path may lead anywhere.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MAX_MESSAGE_BYTES: u64 = 16 << 10;

/// Configuration that holds whatever a repository says.
const CONFIG: [(&str, &str); 16] = [
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.askPass", "false"),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("core.autocrlf", "false"),
    ("credential.helper", ""),
    ("protocol.allow", "never"),
    ("protocol.https.allow", "always"),
    ("protocol.http.allow", "always"),
    ("protocol.ssh.allow", "always"),
    ("protocol.git.allow", "always"),
    ("http.followRedirects", "initial"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("advice.detachedHead", "false"),
];

/// What the system gives every program; read only.
const SYSTEM: [&str; 16] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/etc",
    "/opt",
    "/nix/store",
    "/dev/urandom",
    "/dev/zero",
    "/proc/self",
    "/proc/sys/kernel/random",
    "/run/systemd/resolve",
    "/run/resolvconf",
    "/var/lib/ca-certificates",
    "/sys/devices/system/cpu",
];

#[derive(Debug)]
pub struct Git<'a> {
    request: &'a GitRequest,
    context: &'a GitContext<'a>,
}

impl<'a> Git<'a> {
    pub const fn new(request: &'a GitRequest, context: &'a GitContext<'a>) -> Self {
        Self { request, context }
    }

    /// Runs in the staging directory.
    pub async fn run(&self, action: &'static str, arguments: &[&str]) -> Result<(), GitError> {
        self.run_in(self.context.staging_path, action, arguments).await
    }

    /// Runs in the repository.
    pub async fn inside(&self, action: &'static str, arguments: &[&str]) -> Result<(), GitError> {
        self.run_in(&self.context.staging_path.join(TREE), action, arguments).await
    }

    async fn run_in(&self, dir: &Path, action: &'static str, arguments: &[&str]) -> Result<(), GitError> {
        let failed = |problem: String| GitError::Failed { action, url: self.request.shown(), problem };
        let mut command = self.command(dir, arguments);
        let confinement = self.confinement();
        if !confinement.apply(command.as_std_mut()).map_err(|error| failed(error.to_string()))? {
            tracing::debug!("git runs without restriction of the file system");
        }
        let child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => GitError::NotInstalled(error),
            _ => failed(error.to_string()),
        })?;
        let mut running = Running(child);
        let mut message = Vec::new();
        if let Some(mut words) = running.0.stderr.take() {
            let read = (&mut words).take(MAX_MESSAGE_BYTES).read_to_end(&mut message).await;
            read.map_err(|error| failed(error.to_string()))?;
            // What is said beyond the bound is read, so that git can go on, and forgotten.
            let _rest = tokio::io::copy(&mut words, &mut tokio::io::sink()).await;
        }
        let status = running.0.wait().await.map_err(|error| failed(error.to_string()))?;
        if status.success() {
            return Ok(());
        }
        Err(failed(self.message(&String::from_utf8_lossy(&message), status)))
    }

    fn command(&self, dir: &Path, arguments: &[&str]) -> Command {
        let staging = self.context.staging_path;
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command.kill_on_drop(true).env_clear().envs(self.context.environment);
        command
            .env("PATH", PATH)
            .env("HOME", staging.join(HOME))
            .env("TMPDIR", staging.join(HOME))
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", self.protocols())
            .env("GIT_CEILING_DIRECTORIES", staging)
            .env("GIT_LFS_SKIP_SMUDGE", "1");
        if !self.context.environment.contains_key("GIT_SSH_COMMAND") {
            command.env("GIT_SSH_COMMAND", self.ssh());
        }
        for (at, (key, value)) in self.config().into_iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{at}"), key).env(format!("GIT_CONFIG_VALUE_{at}"), value);
        }
        command.env("GIT_CONFIG_COUNT", self.config().len().to_string());
        #[cfg(unix)]
        command.process_group(0);
        command
    }

    fn protocols(&self) -> &'static str {
        if self.context.settings.host_files { "https:http:ssh:git:file" } else { "https:http:ssh:git" }
    }

    fn config(&self) -> Vec<(&'static str, String)> {
        let mut config: Vec<_> = CONFIG.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        if self.context.settings.host_files {
            config.push(("protocol.file.allow", "always".to_owned()));
        }
        if self.context.bundle.is_some() {
            let path = self.context.staging_path.join(BUNDLE);
            config.push(("http.sslCAInfo", path.to_string_lossy().into_owned()));
        }
        if self.context.insecure {
            config.push(("http.sslVerify", "false".to_owned()));
        }
        config
    }

    /// No configuration, no questions, no keys but the job's; hosts must be known, unless the job says `insecure`.
    fn ssh(&self) -> String {
        let mut ssh = "ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=30".to_owned();
        let hosts = known_hosts().unwrap_or_else(|| "/dev/null".into());
        if self.context.insecure {
            ssh.push_str(" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null");
        } else {
            ssh.push_str(" -o StrictHostKeyChecking=yes -o UserKnownHostsFile=");
            ssh.push_str(&quoted(&hosts));
        }
        match &self.request.ssh_key {
            Some(_) => {
                ssh.push_str(" -o IdentitiesOnly=yes -i ");
                ssh.push_str(&quoted(&self.context.staging_path.join(SSH_KEY)));
            }
            None => ssh.push_str(" -o IdentityFile=none"),
        }
        ssh
    }

    fn confinement(&self) -> Confinement {
        let settings = self.context.settings;
        let mut confinement = Confinement::new().max_file_bytes(settings.limits.max_bytes);
        if settings.host_files {
            return confinement;
        }
        for path in SYSTEM {
            confinement = confinement.allow(path, Access::Read);
        }
        confinement =
            confinement.allow("/dev/null", Access::Write).allow(self.context.staging_path, Access::Write);
        if let Some(hosts) = known_hosts() {
            confinement = confinement.allow(hosts, Access::Read);
        }
        for (path, access) in settings.extra_paths.iter().filter_map(|text| extra_path(text)) {
            confinement = confinement.allow(path, access);
        }
        confinement
    }

    /// git's last words that say what was wrong, without what the repository was fetched with.
    fn message(&self, words: &str, status: std::process::ExitStatus) -> String {
        let telling = |line: &&str| {
            let starts = ["fatal:", "error:", "ssh:", "remote:", "Host key verification failed", "Load key"];
            starts.iter().any(|start| line.starts_with(start)) || line.contains(": Permission denied (")
        };
        let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let told: Vec<&str> = lines.iter().copied().filter(telling).take(3).collect();
        let text = if told.is_empty() {
            lines.last().copied().unwrap_or_default().to_owned()
        } else {
            told.join("; ")
        };
        let text = text.replace(self.request.url.as_str(), &self.request.shown());
        if text.is_empty() { format!("it ended with {status}") } else { format!("{text}{}", hint(words)) }
    }
}

/// What to do about a host that ssh does not believe.
fn hint(words: &str) -> &'static str {
    if words.contains("REMOTE HOST IDENTIFICATION HAS CHANGED") {
        "; the server shows another key than the one the node knows it by: either its key was replaced, or somebody \
         pretends to be it. Correct the node's known hosts only after comparing the key with its operator"
    } else if words.contains("Host key verification failed") {
        "; add the server's key to /etc/ssh/ssh_known_hosts on the node"
    } else {
        ""
    }
}

/// `d:rwc:/path`, as the contract writes it; files are `f`.
fn extra_path(text: &str) -> Option<(PathBuf, Access)> {
    let mut parts = text.splitn(3, ':');
    let (_kind, rights, path) = (parts.next()?, parts.next()?, parts.next()?);
    Some((PathBuf::from(path), if rights.contains(['w', 'c']) { Access::Write } else { Access::Read }))
}

/// The agent's own list of hosts, when it has one. The machine's is read by ssh itself.
fn known_hosts() -> Option<PathBuf> {
    let path = crate::fetcher::home()?.join(".ssh/known_hosts");
    path.is_file().then_some(path)
}

/// For the shell that git starts ssh with.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', "'\\''"))
}

/// Ends git and what it started when nobody waits any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // Gone already, most of the time.
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}
