//! What the log says of banned nodes and revoked certificates, brought to every connection of this server.
//!
//! Looked at again and again instead of once a change: revocations also end by the clock. New handshakes and open
//! connections look at the list themselves; connections of a banned node are closed here.

use std::sync::Arc;
use std::time::Duration;

use muster_ids::{NodeId, Text};
use muster_model::RevokedSubject;
use muster_rpc::{CertificateMark, Revocations, RevokedList};
use tokio_util::sync::CancellationToken;

use crate::shared::Shared;

/// A revocation takes effect within seconds, however busy the server is.
const INTERVAL: Duration = Duration::from_millis(500);

pub(crate) async fn run(shared: Arc<Shared>, list: Revocations, stop: CancellationToken) {
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        let (certificates, nodes) = in_force(&shared);
        list.replace(certificates);
        for (node, reason) in nodes {
            if let Some(session) = shared.sessions.get(node) {
                let peer = session.peer().addr;
                tracing::warn!(%node, %peer, %reason, "rpc: TLS: closed the connection of a banned node");
                session.close();
            }
        }
    }
}

fn in_force(shared: &Shared) -> (RevokedList, Vec<(NodeId, Text)>) {
    let (snapshot, now) = (shared.consensus.snapshot(), shared.now());
    let (mut certificates, mut nodes) = (RevokedList::new(), Vec::new());
    for revocation in snapshot.revocations().filter(|revocation| revocation.in_force(now)) {
        let reason = revocation.reason.clone();
        let mark = match &revocation.subject {
            RevokedSubject::Node(node) => {
                nodes.push((*node, reason));
                continue;
            }
            RevokedSubject::Serial(serial) => CertificateMark::Serial(serial.to_string()),
            RevokedSubject::Fingerprint(text) => match fingerprint(text) {
                Some(bytes) => CertificateMark::Fingerprint(bytes),
                None => continue,
            },
        };
        certificates.insert(mark, reason.to_string());
    }
    (certificates, nodes)
}

fn fingerprint(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
