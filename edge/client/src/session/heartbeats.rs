//! Says "alive" before every TTL is over.

use std::time::Duration;

use muster_rpc::Session;
use muster_rpc::messages::NodeHeartbeat;
use tokio::sync::mpsc;

use super::{Link, Lost};
use crate::entropy;

/// Never more often than this, whatever a server asks for.
const SHORTEST: Duration = Duration::from_millis(100);

pub async fn run(
    link: &Link,
    session: &Session,
    first_ttl: Duration,
    learned: mpsc::Sender<Vec<String>>,
) -> Lost {
    let mut ttl = first_ttl.max(SHORTEST);
    loop {
        // Between a quarter and three quarters of the TTL: time for one lost heartbeat remains.
        tokio::time::sleep(entropy::jittered(ttl / 2)).await;
        let beat = NodeHeartbeat { node_id: link.context.node_id, secret: link.context.secret.clone() };
        let reply = match session.call(beat, ttl).await {
            Ok(reply) => reply,
            Err(error) => return Lost::call("heartbeat")(error),
        };
        if !reply.known {
            return Lost::Unknown;
        }
        link.context.contact.heard();
        ttl = reply.heartbeat_ttl.max(SHORTEST);
        // What was told before and is not taken up yet is as good.
        let _full = learned.try_send(reply.servers);
    }
}
