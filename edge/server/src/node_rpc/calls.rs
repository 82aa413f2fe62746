//! Unary calls of client agents.

use std::sync::Arc;
use std::time::Duration;

use muster_consensus::ProposeError;
use muster_model::{NodeStatus, computed_class};
use muster_rpc::messages::{
    AllocUpdate, AllocUpdateReply, CertificateRenew, CertificateRenewReply, NodeDrain, NodeDrainReply,
    NodeHeartbeat, NodeHeartbeatReply, NodeRegister, NodeRegisterReply,
};
use muster_rpc::{CallFailure, FailureCode, IncomingCall};
use muster_state::command::{self, Command, NodeDrainUpdate, NodeStatusUpdate, Refusal, Reply};

use super::{check_node, limits};
use crate::http::error::ApiError;
use crate::joining;
use crate::shared::Shared;

pub(super) async fn handle(shared: Arc<Shared>, call: IncomingCall) {
    match call {
        IncomingCall::NodeHeartbeat(request, responder) => {
            responder.reply(heartbeat(&shared, &request).await).await;
        }
        IncomingCall::NodeDrain(request, responder) => {
            responder.reply(drain(&shared, &request).await).await;
        }
        IncomingCall::CertificateRenew(request, responder) => {
            responder.reply(renew_certificate(&shared, &request)).await;
        }
        IncomingCall::AllocUpdate(request, responder) => {
            responder.reply(alloc_update(&shared, &request).await).await;
        }
        other => {
            let failure = super::unanswered(other.kind().as_str());
            other.refuse(failure).await;
        }
    }
}

pub(super) async fn register(
    shared: &Shared,
    request: &NodeRegister,
) -> Result<NodeRegisterReply, CallFailure> {
    limits::check_node(&request.node)?;
    let node_id = request.node.id;
    let mut node = (*request.node).clone();
    // What is found for one node of a class holds for all of it, so nobody may say that it is of another.
    node.computed_class = computed_class(&node);
    let command = Command::NodeRegister(Box::new(command::NodeRegister {
        node,
        secret_hash: request.secret.sha256(),
        seed: shared.ids.seed(),
    }));
    let proposed = shared.propose_all(vec![command]).await.map_err(|error| unavailable(&error))?;
    match proposed.replies.into_iter().next() {
        Some(Err(refusal)) => Err(refused(&refusal)),
        _ => {
            let heartbeat_ttl = shared.brain.beat(node_id, shared.now());
            let servers = vec![shared.rpc_advertise.to_string()];
            Ok(NodeRegisterReply { node_index: proposed.index, heartbeat_ttl, servers })
        }
    }
}

async fn heartbeat(shared: &Shared, request: &NodeHeartbeat) -> Result<NodeHeartbeatReply, CallFailure> {
    let servers = vec![shared.rpc_advertise.to_string()];
    let snapshot = shared.consensus.snapshot();
    let Some(node) = snapshot.node(request.node_id) else {
        return Ok(NodeHeartbeatReply { heartbeat_ttl: Duration::ZERO, servers, known: false });
    };
    check_node(&snapshot, shared.now(), request.node_id, &request.secret)?;
    if !shared.is_leader() {
        let reason = "this server does not lead, so nobody would count the heartbeat; try again in a moment";
        return Err(CallFailure::unavailable(reason));
    }
    let heartbeat_ttl = shared.brain.beat(request.node_id, shared.now());
    if node.status != NodeStatus::Ready {
        let update = NodeStatusUpdate {
            node_id: request.node_id,
            status: NodeStatus::Ready,
            description: None,
            seed: shared.ids.seed(),
        };
        shared.propose(Command::NodeStatusUpdate(update)).await.map_err(|error| failed(&error))?;
    }
    Ok(NodeHeartbeatReply { heartbeat_ttl, servers, known: true })
}

/// A node may empty itself, and ask whether that is done. What an operator has begun is not changed.
async fn drain(shared: &Shared, request: &NodeDrain) -> Result<NodeDrainReply, CallFailure> {
    let snapshot = shared.consensus.snapshot();
    check_node(&snapshot, shared.now(), request.node_id, &request.secret)?;
    let draining = snapshot.node(request.node_id).is_some_and(|node| node.drain.is_some());
    let Some(spec) = request.begin.filter(|_| !draining) else { return Ok(NodeDrainReply { draining }) };
    drop(snapshot);
    let update = NodeDrainUpdate {
        node_id: request.node_id,
        drain: Some(spec),
        mark_eligible: false,
        accessor: None,
        meta: [("message".into(), "the agent is leaving".into())].into(),
        seed: shared.ids.seed(),
    };
    let update = Command::NodeDrainUpdate(Box::new(update));
    shared.propose(update).await.map_err(|error| failed(&error))?;
    Ok(NodeDrainReply { draining: true })
}

/// Only a node that registered may ask, and only with its own secret.
fn renew_certificate(
    shared: &Shared,
    request: &CertificateRenew,
) -> Result<CertificateRenewReply, CallFailure> {
    check_node(&shared.consensus.snapshot(), shared.now(), request.node_id, &request.secret)?;
    let (certificate_pem, ca_pem) = joining::renew(shared, &request.csr_pem)?;
    tracing::info!(node = %request.node_id, "rpc: a node's certificate was renewed");
    Ok(CertificateRenewReply { certificate_pem, ca_pem })
}

async fn alloc_update(shared: &Shared, request: &AllocUpdate) -> Result<AllocUpdateReply, CallFailure> {
    let snapshot = shared.consensus.snapshot();
    check_node(&snapshot, shared.now(), request.node_id, &request.secret)?;
    let updates = limits::bounded(&snapshot, request.node_id, &request.updates)?;
    drop(snapshot);
    let command = Command::AllocClientUpdate(command::AllocClientUpdate {
        node_id: request.node_id,
        updates,
        seed: shared.ids.seed(),
    });
    let (index, reply) = shared.propose(command).await.map_err(|error| failed(&error))?;
    let unknown = match reply {
        Reply::AllocsUpdated { unknown, .. } => unknown,
        _ => Vec::new(),
    };
    Ok(AllocUpdateReply { index, unknown })
}

fn refused(refusal: &Refusal) -> CallFailure {
    let code = match refusal {
        Refusal::NodeNotFound => FailureCode::NotFound,
        Refusal::NodeSecretMismatch | Refusal::NodeBanned { .. } => FailureCode::Denied,
        _ => FailureCode::Invalid,
    };
    CallFailure::new(code, refusal.to_string())
}

fn unavailable(error: &ProposeError) -> CallFailure {
    CallFailure::unavailable(error.to_string())
}

fn failed(error: &ApiError) -> CallFailure {
    CallFailure::unavailable(error.message.as_str())
}
