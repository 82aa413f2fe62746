//! Two connected ends, and the answers of the simplest handlers.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use muster_ids::{NodeId, Region};

use crate::messages::{Empty, NodeHeartbeat, NodeHeartbeatReply};
use crate::pki::LEAF_LIFETIME;
use crate::{
    IdentityStore, Incoming, IncomingCall, IncomingStream, Limits, Listener, Role, Secret, Session, UserCa,
    connect,
};

/// Longer than anything here takes; a test that waits for it fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn store(ca: &UserCa, role: Role) -> IdentityStore {
    store_of(ca, role, "global")
}

pub(super) fn store_of(ca: &UserCa, role: Role, region: &str) -> IdentityStore {
    let region = Region::new(region).unwrap();
    IdentityStore::new(ca.issue(role, &region, SystemTime::now(), LEAF_LIFETIME).unwrap())
}

pub(super) fn expired(ca: &UserCa, role: Role) -> IdentityStore {
    let then = SystemTime::now() - Duration::from_secs(10 * 24 * 3600);
    IdentityStore::new(ca.issue(role, &Region::global(), then, LEAF_LIFETIME).unwrap())
}

pub(super) async fn listen(identity: IdentityStore, limits: Limits) -> Listener {
    Listener::bind("127.0.0.1:0".parse::<SocketAddr>().unwrap(), identity, limits).await.unwrap()
}

pub(super) async fn dial(
    listener: &Listener,
    identity: &IdentityStore,
    limits: Limits,
) -> (Session, Incoming) {
    connect(listener.local_addr(), identity, Role::Server, &Region::global(), limits).await.unwrap()
}

pub(super) struct Ends {
    pub(super) client: (Session, Incoming),
    pub(super) server: (Session, Incoming),
    pub(super) listener: Listener,
}

/// An agent connected to a server.
pub(super) async fn ends() -> Ends {
    ends_with(Limits::default(), Limits::default()).await
}

pub(super) async fn ends_with(client: Limits, server: Limits) -> Ends {
    let ca = UserCa::in_memory().unwrap();
    let listener = listen(store(&ca, Role::Server), server).await;
    let identity = store(&ca, Role::Client);
    let (client, server) = tokio::join!(dial(&listener, &identity, client), listener.accept());
    Ends { client, server: server.unwrap(), listener }
}

pub(super) fn heartbeat(n: u8) -> NodeHeartbeat {
    NodeHeartbeat { node_id: NodeId::from_bytes([n; 16]), secret: Secret::new("s").unwrap() }
}

/// Answers heartbeats by the parity of the node's first byte, and everything else with "done".
pub(super) async fn answer_all(mut incoming: Incoming) {
    while let Some(request) = incoming.next().await {
        let IncomingStream::Call(call) = request else { panic!("unexpected {request:?}") };
        match call {
            IncomingCall::NodeHeartbeat(request, responder) => {
                let known = request.node_id.as_bytes()[0] % 2 == 0;
                let reply = NodeHeartbeatReply { heartbeat_ttl: PATIENCE, servers: vec![], known };
                responder.reply(Ok(reply)).await;
            }
            IncomingCall::AllocGc(_, responder) => responder.reply(Ok(Empty {})).await,
            other => panic!("unexpected {other:?}"),
        }
    }
}
