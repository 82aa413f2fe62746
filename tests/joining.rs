//! From nothing to a secure cluster beyond loopback, on machines of their own: network namespaces.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use common::{LIMIT, nomad};
use muster_testkit::netns::{Machine, Network};
use muster_testkit::{CliOutput, eventually, skipped};
use tempfile::{TempDir, tempdir};

/// A machine with what it needs to be a member.
struct Host<'a> {
    machine: &'a Machine,
    binary: PathBuf,
    dir: PathBuf,
    /// As `env.sh` has it, on the machine of the server.
    env: Vec<(String, String)>,
}

impl<'a> Host<'a> {
    fn new(root: &TempDir, machine: &'a Machine, name: &str) -> Self {
        let dir = root.path().join(name);
        fs::create_dir_all(&dir).unwrap();
        Self { machine, binary: nomad(root), dir, env: Vec::new() }
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).to_string_lossy().into_owned()
    }

    fn run(&self, args: &[&str]) -> CliOutput {
        let mut command = self.machine.command(&self.binary);
        let output = command.args(args).envs(self.env.iter().cloned()).output().unwrap();
        CliOutput {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn setup(&self, kind: &str, args: &[&str]) -> CliOutput {
        let (config, data) = (self.path("etc"), self.path("data"));
        let fixed = ["operator", "setup", kind, "-config-dir", &config, "-data-dir", &data];
        self.run(&[&fixed, args].concat())
    }

    fn agent(&self) -> Running {
        let log = File::options().create(true).append(true).open(self.dir.join("agent.log")).unwrap();
        let mut command = self.machine.command(&self.binary);
        command.args(["agent", "-config", &self.path("etc")]);
        command.env("MUSTER_LOG", "trace,openraft=warn").stdout(log.try_clone().unwrap()).stderr(log);
        Running(command.stdin(Stdio::null()).spawn().unwrap())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.join("agent.log")).unwrap_or_default()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.join(name)).unwrap()
    }

    /// What `env.sh` tells a shell.
    fn source_env(&mut self) {
        let (etc, address) = (self.path("etc"), self.machine.address);
        let token = self.read("etc/bootstrap-token").trim().to_owned();
        let set = |name: &str, value: String| (format!("NOMAD_{name}"), value);
        self.env = vec![
            set("ADDR", format!("https://{address}:4646")),
            set("CACERT", format!("{etc}/tls/ca.pem")),
            set("CLIENT_CERT", format!("{etc}/tls/cli.pem")),
            set("CLIENT_KEY", format!("{etc}/tls/cli-key.pem")),
            set("TOKEN", token),
        ];
        let said = self.read("etc/env.sh");
        for (name, value) in &self.env[..4] {
            assert!(said.contains(&format!("export {name}={value}")), "{name} {value}: {said}");
        }
    }
}

/// Ended when dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = (self.0.kill(), self.0.wait());
    }
}

/// The last word of the line that `setup` and `join-token create` print.
fn join_code(said: &str) -> String {
    let line = said.lines().find(|line| line.contains("muster-join-1.")).unwrap_or_else(|| panic!("{said}"));
    line.split_whitespace().last().unwrap().to_owned()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

const RAW_EXEC: &str = "plugin \"raw_exec\" {\n  config {\n    enabled = true\n  }\n}\n";

const JOB: &str = r#"
job "whispered" {
  type = "batch"
  node_pool = "all"
  group "g" {
    task "t" {
      driver = "raw_exec"
      config {
        command = "/bin/sh"
        args    = ["-c", "echo $PASSWORD"]
      }
      env { PASSWORD = "plaintext-canary" }
    }
  }
}
"#;

/// Checklist R002-R009, R056, R060, R212, R214; acceptance line 1.
#[test]
fn a_server_and_two_agents_make_a_cluster_that_says_nothing_in_the_clear() {
    let network = match Network::new(3) {
        Ok(network) => network,
        Err(why) => return skipped("joining over a network", &why),
    };
    let root = tempdir().unwrap();
    let recorded = root.path().join("recorded");
    let recording = network.record(&recorded);
    let mut server = Host::new(&root, network.machine(1), "server");
    let waiting = {
        let (config, data) = (server.path("etc"), server.path("data"));
        let mut command = server.machine.command(&server.binary);
        command.args(["operator", "setup", "server", "-config-dir", &config, "-data-dir", &data]);
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    eventually("the configuration being written", LIMIT, || {
        fs::metadata(server.dir.join("etc/env.sh")).map_err(|error| error.to_string())
    });
    let _server = server.agent();
    let said = String::from_utf8(waiting.wait_with_output().unwrap().stdout).unwrap();
    server.source_env();
    let token = server.read("etc/bootstrap-token").trim().to_owned();
    assert!(!said.contains(&token), "the first token is for its file alone: {said}");

    // The first agent joins with the code that the setup printed, the second with one of its own.
    let first = Host::new(&root, network.machine(2), "first");
    let code = join_code(&said);
    first.setup("client", &["-name", "first", &code]).ok();
    let second = Host::new(&root, network.machine(3), "second");
    let replayed = second.setup("client", &["-name", "second", &code]);
    assert_eq!(replayed.code, 1);
    assert!(replayed.stderr.contains("was used before, by `first`"), "{}", replayed.stderr);
    let other = server.run(&["operator", "join-token", "create", "-quiet", "-node-name", "second"]).ok();
    let misnamed = second.setup("client", &["-name", "third", other.trim()]);
    assert!(misnamed.stderr.contains("is for `second` only"), "{}", misnamed.stderr);
    second.setup("client", &["-name", "second", other.trim()]).ok();
    for host in [&first, &second] {
        fs::write(host.dir.join("etc/raw_exec.hcl"), RAW_EXEC).unwrap();
    }
    let _agents = (first.agent(), second.agent());
    eventually("two nodes being ready", LIMIT, || {
        let nodes = server.run(&["node", "status"]).ok();
        if nodes.matches(" ready").count() == 2 { Ok(()) } else { Err(nodes) }
    });

    // Work over the new connections, with a secret that must not be seen on any of them.
    let job = root.path().join("whispered.nomad.hcl");
    fs::write(&job, JOB).unwrap();
    server.run(&["job", "run", &job.to_string_lossy()]).ok();
    let log = eventually("the output being there", LIMIT, || {
        let output = server.run(&["alloc", "logs", "-job", "whispered"]);
        if output.stdout.contains("plaintext-canary") { Ok(output.stdout) } else { Err(output.stderr) }
    });
    assert_eq!(log.trim(), "plaintext-canary");

    drop(recording);
    let seen = fs::read(&recorded).unwrap();
    assert!(seen.len() > 20_000, "the links were recorded: {} bytes", seen.len());
    let joined: Vec<String> = vec![
        token.clone(),
        code,
        "plaintext-canary".into(),
        "whispered".into(),
        "/v1/".into(),
        "HTTP/1.1".into(),
        "X-Nomad-Token".into(),
    ];
    for text in &joined {
        assert!(!contains(&seen, text), "`{text}` crossed the network in the clear");
    }
    let logs = [server.log(), first.log(), second.log()].join("\n");
    for secret in [&token, &joined[1]] {
        assert!(!logs.contains(secret.as_str()), "a secret is in a log");
    }
    assert!(server.log().contains("authentication failed: refused to let a machine join over TLS"));
    refused_from_outside(&server, &second);
}

/// Who has no certificate of this cluster learns nothing, whatever port it tries.
fn refused_from_outside(server: &Host<'_>, outside: &Host<'_>) {
    let address = format!("https://{}:4646", server.machine.address);
    let ca = server.path("etc/tls/ca.pem");
    let stranger = outside.run(&["job", "status", "-address", &address, "-ca-cert", &ca]);
    assert_eq!(stranger.code, 1, "no client certificate");
    let (cert, key) = (outside.path("data/client/tls/agent.pem"), outside.path("data/client/tls/agent.pem"));
    let args = ["-address", &address, "-ca-cert", &ca, "-client-cert", &cert, "-client-key", &key];
    let tokenless = outside.run(&[&["job", "status"], &args[..]].concat());
    assert!(
        tokenless.stderr.contains("Permission denied"),
        "an agent's certificate is no token: {}",
        tokenless.stderr
    );
    let plain = outside.run(&["job", "status", "-address", &address.replace("https", "http")]);
    assert_eq!(plain.code, 1, "no plain HTTP");
    let rpc = format!("https://{}:4647", server.machine.address);
    let wrong_port = outside.run(&["job", "status", "-address", &rpc, "-ca-cert", &ca]);
    assert_eq!(wrong_port.code, 1);
}

/// R115, R116: the servers renew the certificates of agents before they end.
#[test]
fn certificates_of_agents_are_renewed_while_they_work() {
    let network = match Network::new(2) {
        Ok(network) => network,
        Err(why) => return skipped("renewing certificates", &why),
    };
    let root = tempdir().unwrap();
    let mut server = Host::new(&root, network.machine(1), "server");
    server.setup("server", &["-wait", "0"]).ok();
    let config = server.read("etc/server.hcl");
    // Also with an authority of the server's own, as in a configuration that names none.
    let own: String = config
        .lines()
        .filter(|line| !line.contains("ca_key_file") && !line.starts_with("    ca_file"))
        .map(|line| format!("{line}\n"))
        .collect();
    let short =
        own.replace("allow_registration = true", "allow_registration = true\n    certificate_ttl = \"1m\"");
    assert_ne!(short, own);
    fs::write(server.dir.join("etc/server.hcl"), short).unwrap();
    let _server = server.agent();
    let bootstrap = || {
        let etc = server.path("etc");
        let address = format!("https://{}:4646", server.machine.address);
        let tls = [("ca-cert", "ca.pem"), ("client-cert", "cli.pem"), ("client-key", "cli-key.pem")];
        let flags = tls.map(|(flag, file)| format!("-{flag}={etc}/tls/{file}"));
        let mut args = vec!["acl", "bootstrap", "-json", "-address", &address];
        args.extend(flags.iter().map(String::as_str));
        let output = server.run(&args);
        if output.code == 0 { Ok(output.stdout) } else { Err(output.stderr) }
    };
    let token = eventually("the server being bootstrapped", LIMIT, bootstrap);
    let token: serde_json::Value = serde_json::from_str(&token).unwrap();
    fs::write(server.dir.join("etc/bootstrap-token"), token["SecretID"].as_str().unwrap()).unwrap();
    server.source_env();
    let code = server.run(&["operator", "join-token", "create", "-quiet"]).ok();
    let agent = Host::new(&root, network.machine(2), "agent");
    agent.setup("client", &["-name", "agent", code.trim()]).ok();
    let first = agent.read("data/client/tls/agent.pem");
    let _agent = agent.agent();
    eventually("the certificate being another", Duration::from_secs(90), || {
        let now = agent.read("data/client/tls/agent.pem");
        if now != first && agent.log().contains("this agent's certificate was renewed") {
            Ok(())
        } else {
            Err("still the first".to_owned())
        }
    });
    eventually("the node being ready", LIMIT, || {
        let nodes = server.run(&["node", "status"]).ok();
        if nodes.contains(" ready") { Ok(()) } else { Err(nodes) }
    });
    assert!(Path::new(&server.path("data/server/agent-ca/ca.pem")).exists());
}
