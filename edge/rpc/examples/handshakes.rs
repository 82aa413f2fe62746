//! Prints what connections cost: handshakes and calls a second, memory a connection. Both ends run in this process, so
//! a server alone does better than these figures. Run with `--release`; the argument is the number of connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures::StreamExt;
use muster_ids::{NodeId, Region};
use muster_rpc::messages::{NodeHeartbeat, NodeHeartbeatReply};
use muster_rpc::pki::LEAF_LIFETIME;
use muster_rpc::{
    IdentityStore, Incoming, IncomingCall, IncomingStream, Limits, Listener, Role, Secret, Session, UserCa,
    connect,
};

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Ends = (Session, Incoming);

const DEADLINE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let count = std::env::args().nth(1).map_or(Ok(2_000), |text| text.parse())?;
    let bench = Bench::new().await?;
    let empty = resident_bytes()?;
    let started = Instant::now();
    let connections = bench.connect_many(count).await?;
    let took = started.elapsed();
    let each = resident_bytes()?.saturating_sub(empty) / count.max(1);
    println!(
        "{count} connections: {:.0} handshakes/s, {each} bytes a connection (both ends)",
        rate(count, took)
    );
    for concurrency in [1, 64] {
        let rate = calls(&connections, concurrency).await?;
        println!("{rate:.0} unary calls/s, {concurrency} at a time, over one connection");
    }
    Ok(())
}

struct Bench {
    listener: Arc<Listener>,
    client: IdentityStore,
}

impl Bench {
    async fn new() -> Result<Self, Failure> {
        let ca = UserCa::in_memory()?;
        let identity = |role| ca.issue(role, &Region::global(), SystemTime::now(), LEAF_LIFETIME);
        let server = IdentityStore::new(identity(Role::Server)?);
        let addr: SocketAddr = "127.0.0.1:0".parse()?;
        let listener = Arc::new(Listener::bind(addr, server, Limits::default()).await?);
        Ok(Self { listener, client: IdentityStore::new(identity(Role::Client)?) })
    }

    /// The agents' ends; the server's answer heartbeats.
    async fn connect_many(&self, count: usize) -> Result<Vec<Ends>, Failure> {
        let listener = Arc::clone(&self.listener);
        let server = tokio::spawn(async move {
            for _ in 0..count {
                let (session, incoming) = listener.accept().await?;
                tokio::spawn(serve(session, incoming));
            }
            Ok::<_, Failure>(())
        });
        let (addr, region) = (self.listener.local_addr(), Region::global());
        let dial = |_| connect(addr, &self.client, Role::Server, &region, Limits::default());
        let mut dials = futures::stream::iter(0..count).map(dial).buffer_unordered(64);
        let mut connections = Vec::with_capacity(count);
        while let Some(ends) = dials.next().await {
            connections.push(ends?);
        }
        server.await??;
        Ok(connections)
    }
}

async fn serve(_session: Session, mut incoming: Incoming) {
    while let Some(request) = incoming.next().await {
        if let IncomingStream::Call(IncomingCall::NodeHeartbeat(_, responder)) = request {
            let reply = NodeHeartbeatReply { heartbeat_ttl: DEADLINE, servers: vec![], known: true };
            responder.reply(Ok(reply)).await;
        }
    }
}

async fn calls(connections: &[Ends], concurrency: usize) -> Result<f64, Failure> {
    const CALLS: usize = 20_000;
    let (session, _) = connections.first().ok_or("no connection")?;
    let call = |_| async {
        let request = NodeHeartbeat { node_id: NodeId::default(), secret: Secret::new("secret")? };
        session.call(request, DEADLINE).await?;
        Ok::<_, Failure>(())
    };
    let started = Instant::now();
    let mut answers = futures::stream::iter(0..CALLS).map(call).buffer_unordered(concurrency);
    while let Some(answer) = answers.next().await {
        answer?;
    }
    Ok(rate(CALLS, started.elapsed()))
}

fn rate(count: usize, took: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / took.as_secs_f64()
}

/// What the process holds in memory, from Linux' `/proc`.
fn resident_bytes() -> Result<usize, Failure> {
    let text = std::fs::read_to_string("/proc/self/statm")?;
    let pages: usize =
        text.split_whitespace().nth(1).ok_or("no resident size in /proc/self/statm")?.parse()?;
    Ok(pages * 4096)
}
