//! What security costs: the same dispatches against the same binary without anything, with mutual TLS and ACLs, and with
//! an audit log besides. Rounds alternate, so that a noisy machine disturbs all alike.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use muster_testkit::{Agent, AgentOptions};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::agent::binary;
use crate::figures;

const ROUNDS: usize = 5;
const CONNECTIONS: u32 = 64;
const SPAN: Duration = Duration::from_secs(3);
const WARM_UP: Duration = Duration::from_millis(500);
/// Of what the same dispatches cost without.
const GOAL_SECURED: f64 = 1.10;
const GOAL_AUDITED: f64 = 1.05;

/// One server and how its clients speak to it.
struct Site {
    name: &'static str,
    agent: Agent,
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    token: String,
    rates: Vec<f64>,
    /// CPU time of the server for one dispatch.
    costs: Vec<f64>,
}

pub fn run() {
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let root = tempfile::tempdir().unwrap();
    let mut sites = [plain(root.path()), secured(root.path(), "secured", ""), audited(root.path())];
    for site in &sites {
        register(site);
    }
    for _ in 0..ROUNDS {
        for site in &mut sites {
            let (rate, cost) = load(site);
            site.rates.push(rate);
            site.costs.push(cost);
        }
    }
    let middle = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or_default()
    };
    let mut before: Option<(f64, f64)> = None;
    for site in &sites {
        let (rate, cost) = (middle(&site.rates), middle(&site.costs));
        let base = before.map(|(rate, _)| ("the one before", rate));
        figures::rate(&format!("dispatches, {}", site.name), rate, None, base);
        let goal = if site.name == "audited" { GOAL_AUDITED } else { GOAL_SECURED };
        match before {
            None => println!("  CPU of the server {cost:.0} us each"),
            Some((_, earlier)) => println!(
                "  CPU of the server {cost:.0} us each, {:.2} x of the one before (goal {goal:.2} x)",
                cost / earlier
            ),
        }
        before = Some((rate, cost));
    }
}

fn plain(root: &Path) -> Site {
    let agent = AgentOptions::new(&binary(), root, "plain").server().start();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, agent.options.http_port));
    let (rates, costs) = (Vec::new(), Vec::new());
    Site { name: "in the clear, without ACLs", agent, address, tls: None, token: String::new(), rates, costs }
}

fn audited(root: &Path) -> Site {
    let log = root.join("audit.log");
    secured(root, "audited", &format!("audit {{\n  type = \"file\"\n  path = {log:?}\n}}\n"))
}

/// A server as `operator setup server` makes it, with a policy's token for its clients.
fn secured(root: &Path, name: &'static str, more: &str) -> Site {
    let mut options = AgentOptions::new(&binary(), root, name);
    let etc = options.dir.join("etc");
    let setup = Command::new(&options.binary)
        .args(["operator", "setup", "server", "-wait", "0", "-address", "127.0.0.1", "-config-dir"])
        .arg(&etc)
        .arg("-data-dir")
        .arg(options.dir.join("data"))
        .output()
        .unwrap();
    assert!(setup.status.success(), "{}", String::from_utf8_lossy(&setup.stderr));
    options.args = vec![format!("-config={}", etc.display())];
    options.config = more.to_owned();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, options.http_port));
    let cli = Cli { binary: options.binary.clone(), etc: etc.clone(), address };
    let agent = options.spawn();
    let deadline = Instant::now() + Duration::from_secs(60);
    let first = loop {
        match cli.run(&["acl", "bootstrap", "-json"], "") {
            Ok(text) => break secret(&text),
            Err(error) => assert!(Instant::now() < deadline, "{error}\n{}", agent.output()),
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    let policy = agent.file("dispatcher.hcl", "namespace \"default\" {\n  policy = \"write\"\n}\n");
    cli.run(&["acl", "policy", "apply", "dispatcher", &policy], &first).unwrap();
    let made =
        cli.run(&["acl", "token", "create", "-policy=dispatcher", "-ttl=1h", "-json"], &first).unwrap();
    let tls = Some(Arc::new(client_config(&etc)));
    let (rates, costs) = (Vec::new(), Vec::new());
    let shown = if more.is_empty() { "with mutual TLS and ACLs" } else { "audited" };
    Site { name: shown, agent, address, tls, token: secret(&made), rates, costs }
}

struct Cli {
    binary: PathBuf,
    etc: PathBuf,
    address: SocketAddr,
}

impl Cli {
    fn run(&self, args: &[&str], token: &str) -> Result<String, String> {
        let file = |name: &str| self.etc.join("tls").join(name);
        let output = Command::new(&self.binary)
            .args(args)
            .env("NOMAD_ADDR", format!("https://{}", self.address))
            .env("NOMAD_CACERT", file("ca.pem"))
            .env("NOMAD_CLIENT_CERT", file("cli.pem"))
            .env("NOMAD_CLIENT_KEY", file("cli-key.pem"))
            .env("NOMAD_TOKEN", token)
            .output()
            .unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }
}

fn secret(json: &str) -> String {
    let token: serde_json::Value = serde_json::from_str(json).unwrap();
    token["SecretID"].as_str().unwrap().to_owned()
}

fn client_config(etc: &Path) -> ClientConfig {
    let read = |name: &str| std::fs::read(etc.join("tls").join(name)).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&read("ca.pem")).unwrap()).unwrap();
    let chain = vec![CertificateDer::from_pem_slice(&read("cli.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(&read("cli-key.pem")).unwrap();
    ClientConfig::builder().with_root_certificates(roots).with_client_auth_cert(chain, key).unwrap()
}

fn register(site: &Site) {
    let task = json!({"Name": "work", "Driver": "raw_exec", "Config": {"command": "/bin/true"},
        "Resources": {"CPU": 20, "MemoryMB": 10}, "LogConfig": {"MaxFiles": 1, "MaxFileSizeMB": 1}});
    let job = json!({"Job": {"ID": "dispatched", "Name": "dispatched", "Type": "batch", "Datacenters": ["*"],
        "ParameterizedJob": {"Payload": "optional", "MetaRequired": ["number"]},
        "TaskGroups": [{"Name": "main", "Count": 1, "EphemeralDisk": {"SizeMB": 10}, "Tasks": [task]}]}});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut stream = connect(site.address, site.tls.clone()).await;
        exchange(&mut stream, &request(&site.token, "/v1/jobs", &job.to_string()), &mut Vec::new()).await;
    });
}

fn request(token: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Nomad-Token: {token}\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

trait Stream: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

async fn connect(address: SocketAddr, tls: Option<Arc<ClientConfig>>) -> Box<dyn Stream> {
    let tcp = TcpStream::connect(address).await.unwrap();
    tcp.set_nodelay(true).unwrap();
    let Some(tls) = tls else { return Box::new(tcp) };
    let name = ServerName::try_from("localhost").unwrap();
    Box::new(TlsConnector::from(tls).connect(name, tcp).await.unwrap())
}

/// Dispatches a second, and the server's CPU time for each in microseconds.
fn load(site: &Site) -> (f64, f64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let token = Rc::new(site.token.clone());
    let begin = Instant::now() + WARM_UP;
    let drive = |client: u32| {
        let (address, tls, token) = (site.address, site.tls.clone(), Rc::clone(&token));
        async move {
            let mut stream = connect(address, tls).await;
            let (mut counted, mut number, mut buffer) = (0_u32, client, Vec::new());
            while Instant::now() < begin + SPAN {
                let body = json!({"Payload": "cGF5bG9hZA==", "Meta": {"number": number.to_string()}});
                let asked = request(&token, "/v1/job/dispatched/dispatch", &body.to_string());
                let counts = Instant::now() >= begin;
                exchange(&mut stream, &asked, &mut buffer).await;
                counted += u32::from(counts);
                number += CONNECTIONS;
            }
            counted
        }
    };
    let clients: Vec<_> = (0..CONNECTIONS).map(|client| local.spawn_local(drive(client))).collect();
    let pid = site.agent.pid();
    let measured = local.spawn_local(async move {
        tokio::time::sleep_until(begin.into()).await;
        let before = figures::cpu_time_of(pid);
        tokio::time::sleep(SPAN).await;
        figures::cpu_time_of(pid).saturating_sub(before)
    });
    let (count, cpu) = local.block_on(&runtime, async {
        let mut count = 0;
        for client in clients {
            count += client.await.unwrap();
        }
        (count, measured.await.unwrap())
    });
    (f64::from(count) / SPAN.as_secs_f64(), cpu.as_secs_f64() * 1e6 / f64::from(count.max(1)))
}

/// One request and its answer; anything but 200 ends the benchmark.
async fn exchange(stream: &mut Box<dyn Stream>, request: &[u8], buffer: &mut Vec<u8>) {
    stream.write_all(request).await.unwrap();
    stream.flush().await.unwrap();
    buffer.clear();
    let mut whole = None;
    while whole.is_none_or(|whole| buffer.len() < whole) {
        let read = stream.read_buf(buffer).await.unwrap();
        assert!(read > 0, "the server hung up");
        if whole.is_none()
            && let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{}", String::from_utf8_lossy(buffer));
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            whole = Some(end + 4 + length.trim().parse::<usize>().unwrap());
        }
    }
}
