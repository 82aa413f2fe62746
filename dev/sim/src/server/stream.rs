//! What a server tells a node to run, as `muster-server`'s `node_rpc/watch.rs`: the whole set first, then what
//! changed, always from a state at least as new as what the node has seen.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_ids::{AllocId, Index, NodeId};
use muster_model::Alloc;
use muster_state::Snapshot;

use crate::event::{ConnId, Event, Message, Push};
use crate::sim::Sim;

#[derive(Debug)]
pub struct Stream {
    conn: ConnId,
    started: bool,
    sent: BTreeMap<AllocId, Index>,
    looking: bool,
}

impl Sim {
    pub(crate) fn open_stream(&mut self, server: usize, conn: ConnId, node: NodeId) {
        let stream = Stream { conn, started: false, sent: BTreeMap::new(), looking: false };
        self.servers[server].streams.insert(node, stream);
        self.on_stream(server, conn, node);
    }

    pub(crate) fn stream_soon(&mut self, server: usize, node: NodeId) {
        let this = &mut self.servers[server];
        let Some(stream) = this.streams.get_mut(&node).filter(|stream| !stream.looking) else { return };
        stream.looking = true;
        let (conn, life) = (stream.conn, this.life);
        let pause = self.rng.micros(50, 3000);
        self.plan(pause, Event::Stream { server, life, conn, node });
    }

    pub(crate) fn on_stream(&mut self, server: usize, conn: ConnId, node: NodeId) {
        let this = &mut self.servers[server];
        let Some(stream) = this.streams.get_mut(&node).filter(|stream| stream.conn == conn) else { return };
        stream.looking = false;
        if !self.nodes[conn.node()].is_connected(conn) {
            this.streams.remove(&node);
            return;
        }
        let snapshot = this.state.snapshot();
        let known = snapshot.node(node).is_some();
        let message = if known {
            stream.next(&snapshot, node).map(Box::new).map(Message::Push)
        } else {
            Some(Message::Lost)
        };
        if let Some(message) = message {
            self.tell(server, conn, message);
        }
    }
}

impl Stream {
    fn next(&mut self, snapshot: &Snapshot, node: NodeId) -> Option<Push> {
        // What takes the place of others is told when those have ended.
        let heard_of = snapshot.allocs_by_node(node).filter(|alloc| !snapshot.is_withheld(alloc));
        let mut current: Vec<&Arc<Alloc>> = heard_of.collect();
        current.sort_unstable_by_key(|alloc| alloc.id);
        let exists = |id: &AllocId| current.binary_search_by_key(id, |alloc| alloc.id).is_ok();
        let removed: Vec<AllocId> = self.sent.keys().filter(|id| !exists(id)).copied().collect();
        let is_news = |alloc: &&&Arc<Alloc>| {
            self.sent.get(&alloc.id).is_none_or(|seen| *seen < alloc.alloc_modify_index)
        };
        let changed: Vec<Arc<Alloc>> =
            current.iter().filter(is_news).map(|alloc| Arc::clone(alloc)).collect();
        let full = !self.started;
        if !full && changed.is_empty() && removed.is_empty() {
            return None;
        }
        self.started = true;
        for id in &removed {
            self.sent.remove(id);
        }
        self.sent.extend(changed.iter().map(|alloc| (alloc.id, alloc.alloc_modify_index)));
        Some(Push { index: snapshot.index(), full, allocs: changed, removed })
    }
}
