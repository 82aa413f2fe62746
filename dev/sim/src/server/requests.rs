//! What nodes ask of a server, as `muster-server`'s `node_rpc/calls.rs`.

use std::time::Duration;

use muster_ids::NodeId;
use muster_model::NodeStatus;
use muster_state::command::{
    AllocClientUpdate, AllocStatusReport, Command, IdSeed, NodeRegister, NodeStatusUpdate,
};

use crate::event::{Answer, ConnId, Event, Life, Message, Request, Waiter};
use crate::sim::Sim;

/// How often a server that is behind looks whether it caught up, and how many times.
const CATCH_UP_PAUSE: Duration = Duration::from_millis(250);
const CATCH_UP_TRIES: u32 = 20;

impl Sim {
    pub(crate) fn on_arrive(&mut self, server: usize, life: Life, conn: ConnId, request: Request) {
        if !self.servers[server].up || self.servers[server].life != life {
            return self.tell(server, conn, Message::Lost);
        }
        match request {
            Request::Register(node) => {
                let (id, seed) = (node.id, IdSeed(self.rng.bytes()));
                let command = NodeRegister { node: *node, secret_hash: [7; 32], seed };
                let waiter = Waiter::Register { conn, node: id };
                self.propose(server, vec![Command::NodeRegister(Box::new(command))], waiter);
            }
            Request::Beat { node } => self.beat(server, conn, node),
            Request::Update { node, updates } => self.update(server, conn, node, updates),
            Request::Watch { node, since, tries } => {
                if self.servers[server].index() >= since {
                    return self.open_stream(server, conn, node);
                }
                if tries > CATCH_UP_TRIES {
                    return self.tell(server, conn, Message::Lost);
                }
                let request = Request::Watch { node, since, tries: tries + 1 };
                self.plan(CATCH_UP_PAUSE, Event::Arrive { server, life, conn, request });
            }
        }
    }

    pub(crate) fn register_answered(&mut self, server: usize, conn: ConnId, node: NodeId, answer: Answer) {
        let wall = self.servers[server].clock.at(self.now);
        let accepted = answer.is_some_and(|(_, replies)| replies.iter().all(Result::is_ok));
        let message = if accepted {
            Message::Registered { ttl: self.servers[server].brain.heartbeats.beat(node, wall) }
        } else {
            Message::Lost
        };
        self.tell(server, conn, message);
    }

    fn beat(&mut self, server: usize, conn: ConnId, node: NodeId) {
        let wall = self.servers[server].clock.at(self.now);
        let status = self.servers[server].state.snapshot().node(node).map(|node| node.status);
        let Some(status) = status else {
            return self.tell(server, conn, Message::Beaten { ttl: Duration::ZERO, known: false });
        };
        if self.servers[server].leads.is_none() {
            return self.tell(server, conn, Message::Lost);
        }
        let ttl = self.servers[server].brain.heartbeats.beat(node, wall);
        if status == NodeStatus::Ready {
            return self.tell(server, conn, Message::Beaten { ttl, known: true });
        }
        let seed = IdSeed(self.rng.bytes());
        let update = NodeStatusUpdate { node_id: node, status: NodeStatus::Ready, description: None, seed };
        self.propose(server, vec![Command::NodeStatusUpdate(update)], Waiter::Beat { conn, ttl });
    }

    pub(crate) fn beat_answered(&mut self, server: usize, conn: ConnId, ttl: Duration, stored: bool) {
        let message = if stored { Message::Beaten { ttl, known: true } } else { Message::Lost };
        self.tell(server, conn, message);
    }

    fn update(&mut self, server: usize, conn: ConnId, node: NodeId, updates: Vec<AllocStatusReport>) {
        if self.servers[server].state.snapshot().node(node).is_none() {
            return self.tell(server, conn, Message::Lost);
        }
        let seed = IdSeed(self.rng.bytes());
        let update = AllocClientUpdate { node_id: node, updates, seed };
        self.propose(server, vec![Command::AllocClientUpdate(update)], Waiter::Update { conn });
    }

    pub(crate) fn update_answered(&mut self, server: usize, conn: ConnId, stored: bool) {
        self.tell(server, conn, if stored { Message::Updated } else { Message::Lost });
    }

    /// Sends to a node, unless the connection breaks on the way: then the node only learns that.
    pub(crate) fn tell(&mut self, server: usize, conn: ConnId, message: Message) {
        let node = conn.node();
        let message = if self.faults_allowed() && self.rng.permille(2) { Message::Lost } else { message };
        let at = self.net.opens(server, node, self.now).after(self.latency());
        let at = self.nodes[node].in_order(at, &message);
        let life = self.nodes[node].life;
        self.queue.push(at, Event::Receive { node, life, conn, message });
    }

    pub(crate) fn latency(&mut self) -> Duration {
        if self.rng.permille(10) { self.rng.millis(5, 1500) } else { self.rng.micros(100, 5000) }
    }
}
