//! What attackers of the HTTP API cost everybody else: the 99th percentile of paced good requests with and without them.
//!
//! Attackers are processes of their own, from another address and at the lowest priority, so that what they take from
//! this machine by merely running is not counted against the server; what they make the server do is.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use muster_testkit::{Agent, AgentOptions};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::agent::binary;
use crate::figures;

/// The argument under which this program is an attacker.
pub const ATTACK: &str = "attack";
const GOOD_CONNECTIONS: u32 = 8;
/// Between two requests of one good connection.
const PACE: Duration = Duration::from_millis(20);
const SPAN: Duration = Duration::from_secs(8);
const ATTACKER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const GOAL_GUESSES: f64 = 1.2;
const GOAL_OTHERS: f64 = 2.0;

const KINDS: [(&str, &str, f64); 5] = [
    ("guesses", "token guesses on 64 connections", GOAL_GUESSES),
    ("garbage", "malformed requests on 64 connections", GOAL_OTHERS),
    ("half-open", "10,000 connections that say half a request", GOAL_OTHERS),
    ("bodies", "bodies announced as 2 GB", GOAL_OTHERS),
    ("bombs", "gzip bombs", GOAL_OTHERS),
];

pub fn run() {
    let root = tempfile::tempdir().unwrap();
    let mut options = AgentOptions::new(&binary(), root.path(), "server").server();
    options.config.push_str("acl {\n  enabled = true\n}\n");
    let server = options.start();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.options.http_port));
    let (status, token) = server.put("/v1/acl/bootstrap", &json!({})).unwrap();
    assert_eq!(status, 200, "{token}");
    let token: serde_json::Value = serde_json::from_str(&token).unwrap();
    let token = token["SecretID"].as_str().unwrap().to_owned();
    for (kind, about, goal) in KINDS {
        let alone = good(address, &token, SPAN);
        let rss = rss_mb(&server);
        let mut attacker = attack(kind, address);
        // Its first moments belong to its start.
        std::thread::sleep(Duration::from_millis(500));
        let attacked = good(address, &token, SPAN);
        let (mut alone, mut attacked) = (alone, attacked);
        let [before, during] = [&mut alone, &mut attacked].map(|values| figures::quantile(values, 0.99));
        let _ended = attacker.kill();
        let said = attacker.wait_with_output().unwrap();
        println!(
            "{about}: p99 of others {:.2} ms, {:.2} ms without: {:.2} x (goal {goal:.1} x); memory {rss:.0} MB before, {:.0} MB after; {}",
            during.as_secs_f64() * 1e3,
            before.as_secs_f64() * 1e3,
            during.as_secs_f64() / before.as_secs_f64().max(1e-9),
            rss_mb(&server),
            String::from_utf8_lossy(&said.stdout).lines().last().unwrap_or("the attacker did not count"),
        );
    }
}

fn rss_mb(server: &Agent) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap_or_default();
    let kb = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    kb.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap_or_default() / 1024.0
}

fn attack(kind: &str, address: SocketAddr) -> Child {
    let mut command = Command::new("nice");
    command.args(["-n", "19"]).arg(std::env::current_exe().unwrap());
    command.args([ATTACK, kind, &address.to_string()]).stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Latencies of requests that come at a steady pace and must be answered.
fn good(address: SocketAddr, token: &str, span: Duration) -> Vec<Duration> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = format!("GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-Nomad-Token: {token}\r\n\r\n");
    runtime.block_on(async {
        let clients = (0..GOOD_CONNECTIONS).map(|client| {
            let request = request.clone();
            async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let begin = Instant::now() + PACE * client / GOOD_CONNECTIONS;
                let (mut latencies, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
                let mut due = begin;
                while due < begin + span {
                    tokio::time::sleep_until(due.into()).await;
                    let asked = Instant::now();
                    stream.write_all(request.as_bytes()).await.unwrap();
                    let read = stream.read(&mut buffer).await.unwrap();
                    let head =
                        String::from_utf8_lossy(buffer.get(..read.min(15)).unwrap_or_default()).into_owned();
                    assert!(head.starts_with("HTTP/1.1 200"), "a good client was answered `{head}`");
                    latencies.push(asked.elapsed());
                    due += PACE;
                }
                latencies
            }
        });
        futures::future::join_all(clients).await.concat()
    })
}

/// The attacker: goes on until it is ended, and tells each second how much it did.
pub fn attacker(mut args: impl Iterator<Item = String>) {
    let (kind, address) = (args.next().unwrap(), args.next().unwrap().parse::<SocketAddr>().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let done = std::rc::Rc::new(std::cell::Cell::new(0_u64));
    let connections = if kind == "half-open" { 10_000 } else { 64 };
    for number in 0..connections {
        let (kind, done) = (kind.clone(), std::rc::Rc::clone(&done));
        local.spawn_local(async move {
            let mut turn = u64::from(number as u32);
            loop {
                let _ended = one(&kind, address, &mut turn, &done).await;
                // Whoever is turned away comes back, but not as fast as the machine can.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    }
    local.block_on(&runtime, async {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            println!("{} attempts", done.get());
        }
    });
}

/// One connection, for as long as the server has it.
async fn one(
    kind: &str,
    address: SocketAddr,
    turn: &mut u64,
    done: &std::cell::Cell<u64>,
) -> std::io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((ATTACKER, 0)))?;
    let mut stream = socket.connect(address).await?;
    let mut buffer = vec![0; 1 << 14];
    loop {
        *turn += 10_000;
        done.set(done.get() + 1);
        let said = words(kind, *turn);
        stream.write_all(&said).await?;
        if kind == "half-open" {
            // Until the server loses patience.
            while stream.read(&mut buffer).await? > 0 {}
            return Ok(());
        }
        if stream.read(&mut buffer).await? == 0 {
            return Ok(());
        }
    }
}

fn words(kind: &str, turn: u64) -> Vec<u8> {
    match kind {
        "guesses" => {
            let guess = uuid::Uuid::from_u128(
                u128::from(turn).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
            );
            format!("GET /v1/jobs HTTP/1.1\r\nHost: localhost\r\nX-Nomad-Token: {guess}\r\n\r\n").into_bytes()
        }
        "garbage" => {
            let text = [
                "GET / HTTP/9.9\r\n\r\n",
                "\0\0\0\0\r\n\r\n",
                "G\u{e9}T /v1/jobs HTTP/1.1\r\n\r\n",
                "POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
                "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
            ];
            text[(turn / 10_000) as usize % text.len()].as_bytes().to_vec()
        }
        "half-open" => b"GET /v1/jobs HTTP/1.1\r\nHost: localh".to_vec(),
        "bodies" => {
            let mut said =
                b"PUT /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2147483648\r\n\r\n".to_vec();
            said.resize(64 << 10, b'{');
            said
        }
        _ => {
            // 1 MB of zeros as a deflate stream of a few bytes, over and over: stored as what gzip makes of it.
            let body = bomb();
            let mut said = format!(
                "PUT /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
                body.len()
            )
            .into_bytes();
            said.extend_from_slice(&body);
            said
        }
    }
}

/// A gzip file of 10 MB of zeros, made once.
fn bomb() -> Vec<u8> {
    static MADE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    MADE.get_or_init(|| {
        let script = "head -c 10000000 /dev/zero | gzip -9";
        Command::new("/bin/sh").args(["-c", script]).output().map(|output| output.stdout).unwrap_or_default()
    })
    .clone()
}
