//! Dispatches of a parameterized job over HTTP on 64 connections, each durable before it is answered, while the server
//! places the children on nodes that exist in its state only.
//!
//! The server is a process of its own, so that its CPU time and that of the clients can be told apart; both share the
//! machine. The yardstick is what the same clients get from the same server without its log.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use muster_server::http::{HttpConfig, HttpListener, Service};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cluster::{Cluster, block_on, placed};
use crate::{figures, jobs, limits};

/// The argument under which this program is the server.
pub const SERVE: &str = "serve-dispatch";
const NODES: u32 = 5000;
const CONNECTIONS: u32 = 64;
const SPAN: Duration = Duration::from_secs(5);
/// Before counting: connections open, code and caches warm.
const WARM_UP: Duration = Duration::from_secs(1);
const GOAL: f64 = 8000.0;
const GOAL_P99: Duration = Duration::from_millis(25);

/// What one load of requests came to.
struct Load {
    answers: usize,
    time: Duration,
    latencies: Vec<Duration>,
    server_cpu: Duration,
    client_cpu: Duration,
}

impl Load {
    fn rate(&self) -> f64 {
        self.answers as f64 / self.time.as_secs_f64()
    }
}

pub fn run() {
    let (mut server, address) = start();
    let registered = ureq::put(&format!("http://{address}/v1/jobs")).send(&job().to_string()).unwrap();
    assert_eq!(registered.status(), 200);
    let syncs = limits::fdatasyncs_per_second();
    let pid = server.id();

    let plain = load(address, pid, |_| request("GET", "/v1/status/leader", ""));
    figures::rate(&format!("GET of the leader on {CONNECTIONS} connections"), plain.rate(), None, None);
    print_load(plain.latencies.clone(), &plain, None);

    let dispatched = load(address, pid, |number| {
        let body = json!({"Payload": "cGF5bG9hZA==", "Meta": {"number": number.to_string()}});
        request("POST", "/v1/job/dispatched/dispatch", &body.to_string())
    });
    figures::rate(
        &format!("dispatches on {CONNECTIONS} connections"),
        dispatched.rate(),
        Some(GOAL),
        Some(("GET", plain.rate())),
    );
    print_load(dispatched.latencies.clone(), &dispatched, Some(GOAL_P99));
    println!("  {:.2} dispatches per fdatasync ({syncs:.0}/s)", dispatched.rate() / syncs);
    stop(&mut server);
}

fn print_load(mut latencies: Vec<Duration>, load: &Load, goal: Option<Duration>) {
    figures::time("  p50", figures::quantile(&mut latencies, 0.5), None, None);
    figures::time("  p99", figures::quantile(&mut latencies, 0.99), goal, None);
    let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / load.answers.max(1) as f64;
    println!(
        "  CPU of the server {:.1} s, {:.0} us each; of the clients {:.1} s, {:.0} us each",
        load.server_cpu.as_secs_f64(),
        each(load.server_cpu),
        load.client_cpu.as_secs_f64(),
        each(load.client_cpu),
    );
}

/// Small enough that two million would fit.
fn job() -> Value {
    let task = json!({"Name": "work", "Driver": "raw_exec", "Config": {"command": "/bin/true"},
        "Resources": {"CPU": 20, "MemoryMB": 10}, "LogConfig": {"MaxFiles": 1, "MaxFileSizeMB": 1}});
    json!({"Job": {"ID": "dispatched", "Name": "dispatched", "Type": "batch", "Datacenters": ["*"],
        "ParameterizedJob": {"Payload": "optional", "MetaRequired": ["number"]},
        "TaskGroups": [{"Name": "main", "Count": 1, "EphemeralDisk": {"SizeMB": 10}, "Tasks": [task]}]}})
}

fn start() -> (Child, SocketAddr) {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .arg(SERVE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    (server, line.trim().parse().expect("the server says where it listens"))
}

/// Ends the server, which checks its state first.
fn stop(server: &mut Child) {
    drop(server.stdin.take());
    let mut said = String::new();
    server.stdout.as_mut().unwrap().read_to_string(&mut said).unwrap();
    assert!(server.wait().unwrap().success(), "the server's state is not sound");
    print!("{said}");
}

/// The server: prints its address, and serves until its input ends.
pub fn serve() {
    block_on(async {
        let cluster = Cluster::start((0..NODES).map(jobs::node)).await;
        let config = HttpConfig {
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: None,
            any_host: false,
            max_connections: 1000,
            max_per_address: None,
            handshake_timeout: Duration::from_secs(5),
            header_timeout: Duration::from_secs(5),
            response_headers: Vec::new(),
        };
        let service = Service::Local(cluster.shared(), cluster.info());
        let listener = HttpListener::bind(config, service).await.unwrap();
        println!("{}", listener.local_addr());
        let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        ended.await.unwrap().unwrap();
        listener.shutdown().await;
        cluster.check();
        println!(
            "  {} children placed by now; every invariant of the state holds",
            placed(&cluster.snapshot())
        );
        cluster.shutdown().await;
    });
}

fn request(method: &str, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Keeps every connection busy; clients are one thread, so that they take little from the server.
fn load(address: SocketAddr, server: u32, request: impl Fn(u32) -> Vec<u8> + 'static) -> Load {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let request = Rc::new(request);
    let begin = Instant::now() + WARM_UP;
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|client| local.spawn_local(drive(address, client, Rc::clone(&request), begin)))
        .collect();
    let measured = local.spawn_local(async move {
        tokio::time::sleep_until(begin.into()).await;
        let cpu = || (figures::cpu_time_of(server), figures::cpu_time());
        let before = cpu();
        tokio::time::sleep(SPAN).await;
        let after = cpu();
        (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1))
    });
    let mut latencies = Vec::new();
    let (server_cpu, client_cpu) = local.block_on(&runtime, async {
        for client in clients {
            latencies.extend(client.await.unwrap());
        }
        measured.await.unwrap()
    });
    Load { answers: latencies.len(), time: SPAN, latencies, server_cpu, client_cpu }
}

/// One connection: the next request follows the answer. The latencies of what was answered in the measured time.
async fn drive(
    address: SocketAddr,
    client: u32,
    request: Rc<impl Fn(u32) -> Vec<u8>>,
    begin: Instant,
) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut latencies, mut buffer, mut number) = (Vec::new(), Vec::new(), client);
    loop {
        let asked = Instant::now();
        if asked >= begin + SPAN {
            return latencies;
        }
        stream.write_all(&request(number)).await.unwrap();
        answer(&mut stream, &mut buffer).await;
        if asked >= begin {
            latencies.push(asked.elapsed());
        }
        number += CONNECTIONS;
    }
}

/// Reads one answer; anything but 200 ends the benchmark.
async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
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
