//! Agents whose API is HTTPS, and callers of it.

use std::process::{Command, Stdio};

use muster_testkit::{Agent, AgentOptions, CliOutput, eventually};

use super::common::LIMIT;
use super::pki::Pki;

/// Who calls: a certificate of `pki`, which trusts that authority.
pub struct Caller<'a> {
    pub pki: &'a Pki,
    pub certificate: &'a str,
}

impl Caller<'_> {
    /// curl with this caller's certificate, to be given more.
    pub fn curl_command(&self) -> Command {
        let mut command = Command::new("curl");
        command
            .args(["-sS", "--cacert", &self.pki.path("nomad-ca.pem")])
            .args(["--cert", &self.pki.path(&format!("{}.pem", self.certificate))])
            .args(["--key", &self.pki.path(&format!("{}.key", self.certificate))]);
        command
    }

    /// A request with curl; the status and the answer's text.
    pub fn curl(&self, agent: &Agent, path: &str, more: &[&str]) -> Result<(u16, String), String> {
        let output = self
            .curl_command()
            .args(["--max-time", "20", "-w", "\n%{http_code}"])
            .args(more)
            .arg(url(agent, path))
            .output()
            .unwrap();
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (body, status) = text.rsplit_once('\n').unwrap();
        Ok((status.parse().unwrap(), body.to_owned()))
    }

    /// A command with the variables that operators set.
    pub fn cli(&self, agent: &Agent, args: &[&str]) -> CliOutput {
        let output = Command::new(&agent.options.binary)
            .args(args)
            .env("NOMAD_ADDR", url(agent, ""))
            .env("NOMAD_CACERT", self.pki.path("nomad-ca.pem"))
            .env("NOMAD_CLIENT_CERT", self.pki.path(&format!("{}.pem", self.certificate)))
            .env("NOMAD_CLIENT_KEY", self.pki.path(&format!("{}.key", self.certificate)))
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

    /// Starts an agent and waits until it answers this caller.
    pub fn start(&self, options: AgentOptions) -> Agent {
        let agent = options.spawn();
        self.wait(&agent);
        agent
    }

    pub fn wait(&self, agent: &Agent) {
        eventually("the agent answering over TLS", LIMIT, || {
            let said = agent.output();
            assert!(!said.contains("cannot start"), "{said}");
            self.curl(agent, "/v1/agent/health", &[]).map(drop)
        });
    }

    /// Waits until this many nodes are ready.
    pub fn wait_nodes(&self, agent: &Agent, count: usize) {
        eventually("nodes being ready", LIMIT, || {
            let (_, text) = self.curl(agent, "/v1/nodes", &[])?;
            let ready = text.matches("\"Status\":\"ready\"").count();
            (ready == count).then_some(()).ok_or(text)
        });
    }
}

pub fn url(agent: &Agent, path: &str) -> String {
    format!("https://127.0.0.1:{}{path}", agent.options.http_port)
}

/// What an agent that does not start says.
pub fn refusal(options: AgentOptions) -> String {
    let mut agent = options.spawn();
    let code = agent.wait_exit();
    assert_eq!(code, Some(1), "{}", agent.output());
    agent.output()
}

/// Waits until the agent's log has a line with all of these.
pub fn wait_log(agent: &Agent, words: &[&str]) -> String {
    eventually(&format!("a line with {words:?}"), LIMIT, || {
        let output = agent.output();
        let line = output.lines().find(|line| words.iter().all(|word| line.contains(word)));
        line.map(str::to_owned).ok_or(output.clone())
    })
}
