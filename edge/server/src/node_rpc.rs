//! Connections of client agents: calls, the allocation stream, and forwarded HTTP.
//!
//! Everything a node says is hostile until its certificate's role (checked by `muster-rpc`) and the secret it
//! registered with have been checked; a node may speak for itself only.

mod calls;
mod disk;
mod limits;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use muster_ids::{NodeId, UnixNanos};
use muster_rpc::messages::{NodeRegister, NodeRegisterReply};
use muster_rpc::{
    AcceptError, BytesPurpose, CallFailure, FailureCode, Incoming, IncomingCall, IncomingStream,
    IncomingSubscription, Listener, Secret, Session,
};
use muster_state::Snapshot;
use muster_telemetry::metrics::names;
use tokio_util::sync::CancellationToken;

use crate::agent::AgentInfo;
use crate::http;
use crate::shared::Shared;

/// Accepts agents until stopped.
pub(crate) async fn serve(
    listener: Listener,
    shared: Arc<Shared>,
    agent: Arc<AgentInfo>,
    stop: CancellationToken,
) {
    let connections = AtomicU64::new(0);
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((session, incoming)) => {
                let connection = Connection {
                    id: connections.fetch_add(1, Ordering::Relaxed),
                    session,
                    shared: Arc::clone(&shared),
                    agent: Arc::clone(&agent),
                    stop: stop.child_token(),
                };
                tokio::spawn(connection.run(incoming));
            }
            Err(AcceptError::Closed) => return,
            Err(error) => {
                shared.metrics.count(names::RPC_REQUEST_ERROR, &[], 1.0);
                tracing::info!(%error, "rpc: refused a connection");
            }
        }
    }
}

#[derive(Clone)]
struct Connection {
    id: u64,
    session: Session,
    shared: Arc<Shared>,
    agent: Arc<AgentInfo>,
    stop: CancellationToken,
}

impl Connection {
    async fn run(self, mut incoming: Incoming) {
        let mut node = None;
        loop {
            let stream = tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                stream = incoming.next() => stream,
            };
            if matches!(stream, Some(IncomingStream::Call(_) | IncomingStream::Stream(_))) {
                self.shared.metrics.count(names::RPC_REQUEST, &[], 1.0);
            }
            match stream {
                None => break,
                Some(IncomingStream::Call(IncomingCall::NodeRegister(request, responder))) => {
                    // Registration binds the connection to its node, so it is handled in order.
                    let result = self.register(&request, &mut node).await;
                    responder.reply(result).await;
                }
                Some(IncomingStream::Call(call)) => {
                    tokio::spawn(calls::handle(Arc::clone(&self.shared), call));
                }
                Some(IncomingStream::Stream(IncomingSubscription::AllocWatch(request, opening))) => {
                    let (shared, stop) = (Arc::clone(&self.shared), self.stop.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = watch::run(&shared, &request, opening) => {}
                        }
                    });
                }
                Some(IncomingStream::Stream(IncomingSubscription::DiskFetch(request, opening))) => {
                    let (shared, stop) = (Arc::clone(&self.shared), self.stop.clone());
                    tokio::spawn(async move {
                        tokio::select! {
                            () = stop.cancelled() => {}
                            () = disk::run(&shared, &request, opening) => {}
                        }
                    });
                }
                Some(IncomingStream::Stream(other)) => {
                    let failure = unanswered(other.kind().as_str());
                    other.refuse(failure).await;
                }
                Some(IncomingStream::Dialogue(other)) => {
                    let failure = unanswered(other.kind().as_str());
                    other.refuse(failure).await;
                }
                Some(IncomingStream::Bytes(BytesPurpose::Http, io)) => {
                    tokio::spawn(http::serve_stream(io, Arc::clone(&self.shared), Arc::clone(&self.agent)));
                }
            }
        }
        self.session.close();
        if let Some(node) = node {
            self.shared.sessions.remove(node, self.id);
            tracing::info!(%node, "rpc: node disconnected");
        }
    }
}

impl Connection {
    /// A connection speaks for one node, whose it is from then on.
    async fn register(
        &self,
        request: &NodeRegister,
        node: &mut Option<NodeId>,
    ) -> Result<NodeRegisterReply, CallFailure> {
        if let Some(bound) = node.filter(|bound| *bound != request.node.id) {
            let refusal = format!("this connection speaks for node `{bound}`: open another for another node");
            return Err(CallFailure::denied(refusal));
        }
        let reply = calls::register(&self.shared, request).await.inspect_err(|failure| {
            let (node, peer) = (request.node.id, self.session.peer().addr);
            tracing::warn!(%node, %peer, reason = %failure.message, "rpc: refused the registration of a node");
        })?;
        *node = Some(request.node.id);
        self.shared.sessions.insert(request.node.id, self.id, self.session.clone());
        Ok(reply)
    }
}

/// Requests that only agents answer.
fn unanswered(kind: &str) -> CallFailure {
    CallFailure::new(FailureCode::Unsupported, format!("servers do not answer `{kind}`"))
}

/// Checks that the caller is the node it says it is, and that it is not banned.
fn check_node(snapshot: &Snapshot, now: UnixNanos, node: NodeId, secret: &Secret) -> Result<(), CallFailure> {
    let Some(expected) = snapshot.node_secret_hash(node) else {
        return Err(CallFailure::not_found(format!("node `{node}` is not registered")));
    };
    if !secret.matches_sha256(&expected) {
        let refusal = format!("the secret presented for node `{node}` is not the registered one");
        return Err(CallFailure::denied(refusal));
    }
    match snapshot.node_ban(node, now) {
        None => Ok(()),
        Some(ban) => {
            tracing::warn!(%node, reason = %ban.reason, "rpc: refused what a banned node asks");
            Err(CallFailure::denied(format!("node `{node}` is banned: {}", ban.reason)))
        }
    }
}

#[cfg(test)]
mod tests;
