//! A node's one connection to a server, as `muster-client`'s `session.rs`: made again whenever it is lost, in turn with
//! every server; heartbeats, reports and pushes run over it, each with its own patience.

use std::time::Duration;

use muster_ids::AllocId;

use crate::clock::Time;
use crate::event::{ConnId, Event, Message, Request};
use crate::sim::Sim;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a connection may take to be made.
const DIAL: Duration = Duration::from_secs(5);
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(15);
const BATCH: usize = 256;

#[derive(Debug)]
pub enum Link {
    Down { retry_at: Time, backoff: Duration, server: usize },
    Up(Box<Connection>),
}

#[derive(Debug)]
pub struct Connection {
    pub id: ConnId,
    pub server: usize,
    server_life: u32,
    pub registered: bool,
    backoff: Duration,
    /// Of registration and of the stream's opening.
    give_up_at: Time,
    beat_at: Time,
    beat_give_up_at: Time,
    update_at: Time,
    update_give_up_at: Time,
    told: Vec<(u64, AllocId)>,
}

impl Link {
    pub const fn down(retry_at: Time) -> Self {
        Self::Down { retry_at, backoff: FIRST_BACKOFF, server: 0 }
    }

    pub const fn connection(&self) -> Option<&Connection> {
        match self {
            Self::Up(connection) => Some(connection),
            Self::Down { .. } => None,
        }
    }

    fn up(&mut self) -> Option<&mut Connection> {
        match self {
            Self::Up(connection) => Some(connection),
            Self::Down { .. } => None,
        }
    }

    fn next(&self) -> Time {
        match self {
            Self::Down { retry_at, .. } => *retry_at,
            Self::Up(up) => {
                let patience = up.give_up_at.min(up.beat_give_up_at).min(up.update_give_up_at);
                patience.min(up.beat_at).min(up.update_at)
            }
        }
    }
}

impl Sim {
    /// Looks again when the session next has something to do.
    fn set_wake(&mut self, node: usize) {
        let machine = &mut self.nodes[node];
        let at = machine.link.next();
        if at < machine.wake_at {
            machine.wake_at = at;
            machine.wake_number += 1;
            let (life, number) = (machine.life, machine.wake_number);
            self.queue.push(at.max(self.now), Event::Wake { node, life, number });
        }
    }

    /// The agent begins to look for a server.
    pub(crate) fn begin_session(&mut self, node: usize) {
        let pause = self.rng.millis(1, 300);
        let retry_at = self.now.after(pause);
        self.nodes[node].link = Link::down(retry_at);
        self.nodes[node].wake_at = Time::NEVER;
        self.set_wake(node);
    }

    pub(crate) fn on_wake(&mut self, node: usize, number: u64) {
        if self.nodes[node].wake_number != number {
            return;
        }
        self.nodes[node].wake_at = Time::NEVER;
        let now = self.now;
        match &self.nodes[node].link {
            Link::Down { retry_at, .. } if *retry_at <= now => self.dial(node),
            Link::Down { .. } => {}
            Link::Up(up) if up.give_up_at.min(up.beat_give_up_at).min(up.update_give_up_at) <= now => {
                self.lose(node);
            }
            Link::Up(up) => {
                let (beats, tells) = (up.beat_at <= now, up.update_at <= now);
                if beats {
                    self.send_beat(node);
                }
                if tells {
                    self.send_reports(node);
                }
            }
        }
        self.set_wake(node);
    }

    fn dial(&mut self, node: usize) {
        let Link::Down { backoff, server, .. } = self.nodes[node].link else { return };
        let next = (server + 1) % self.servers.len();
        let backoff_next = (backoff * 2).min(LONGEST_BACKOFF);
        let open = self.net.opens(server, node, self.now) == self.now;
        if !self.servers[server].up || !open {
            let waited = if open { Duration::from_millis(1) } else { DIAL };
            let retry_at = self.now.after(waited + self.jittered(backoff));
            self.nodes[node].link = Link::Down { retry_at, backoff: backoff_next, server: next };
            return;
        }
        self.next_conn += 1;
        let id = ConnId::new(self.next_conn, node);
        self.nodes[node].link = Link::Up(Box::new(Connection {
            id,
            server,
            server_life: self.servers[server].life,
            registered: false,
            backoff: backoff_next,
            give_up_at: self.now.after(PATIENCE),
            beat_at: Time::NEVER,
            beat_give_up_at: Time::NEVER,
            update_at: Time::NEVER,
            update_give_up_at: Time::NEVER,
            told: Vec::new(),
        }));
        self.send_registration(node);
    }

    /// Between half and one and a half times as long.
    fn jittered(&mut self, pause: Duration) -> Duration {
        let permille = self.rng.small(500, 1500);
        pause * permille / 1000
    }

    /// The connection is of no more use: another, in a while. Nothing that runs here cares.
    pub(crate) fn lose(&mut self, node: usize) {
        let Link::Up(up) = &self.nodes[node].link else { return };
        let (backoff, server) = (up.backoff, (up.server + 1) % self.servers.len());
        let retry_at = self.now.after(self.jittered(backoff));
        let backoff = (backoff * 2).min(LONGEST_BACKOFF);
        self.nodes[node].link = Link::Down { retry_at, backoff, server };
        self.set_wake(node);
    }

    pub(crate) fn send_registration(&mut self, node: usize) {
        let facts = Box::new(self.nodes[node].facts.clone());
        self.send(node, Request::Register(facts));
    }

    fn send_beat(&mut self, node: usize) {
        let (id, now) = (self.nodes[node].id(), self.now);
        if let Some(up) = self.nodes[node].link.up() {
            up.beat_at = Time::NEVER;
            up.beat_give_up_at = now.after(Duration::from_secs(12));
        }
        self.send(node, Request::Beat { node: id });
    }

    fn send_reports(&mut self, node: usize) {
        let pending = self.nodes[node].outbox.pending(BATCH);
        let (id, now) = (self.nodes[node].id(), self.now);
        let Some(up) = self.nodes[node].link.up() else { return };
        up.update_at = Time::NEVER;
        if pending.is_empty() {
            return;
        }
        up.update_give_up_at = now.after(PATIENCE);
        up.told = pending.iter().map(|(number, report)| (*number, report.id)).collect();
        let updates = pending.into_iter().map(|(_, report)| report).collect();
        self.send(node, Request::Update { node: id, updates });
    }

    /// Something waits to be told.
    pub(crate) fn outbox_filled(&mut self, node: usize) {
        let pause = if self.rng.permille(800) { self.rng.millis(5, 12) } else { self.rng.millis(12, 200) };
        let at = self.now.after(pause);
        let Some(up) = self.nodes[node].link.up() else { return };
        if up.registered && up.update_give_up_at == Time::NEVER && up.update_at == Time::NEVER {
            up.update_at = at;
            self.set_wake(node);
        }
    }

    fn send(&mut self, node: usize, request: Request) {
        let Some(up) = self.nodes[node].link.connection() else { return };
        let (server, life, conn) = (up.server, up.server_life, up.id);
        let at = self.net.opens(server, node, self.now).after(self.latency());
        self.queue.push(at, Event::Arrive { server, life, conn, request });
    }

    pub(crate) fn on_receive(&mut self, node: usize, conn: ConnId, message: Message) {
        if !self.nodes[node].is_connected(conn) {
            return;
        }
        match message {
            Message::Lost | Message::Beaten { known: false, .. } => self.lose(node),
            Message::Registered { ttl } => {
                self.heard(node);
                self.registered(node, ttl);
            }
            Message::Beaten { ttl, .. } => {
                self.heard(node);
                self.set_beat(node, ttl);
            }
            Message::Updated => self.reports_stored(node),
            Message::Push(push) => {
                if let Some(up) = self.nodes[node].link.up().filter(|_| push.full) {
                    up.give_up_at = Time::NEVER;
                }
                if !self.take_push(node, *push) {
                    self.lose(node);
                }
            }
        }
        self.set_wake(node);
    }

    fn registered(&mut self, node: usize, ttl: Duration) {
        let (id, since) = (self.nodes[node].id(), self.nodes[node].seen);
        let now = self.now;
        let Some(up) = self.nodes[node].link.up() else { return };
        if std::mem::replace(&mut up.registered, true) {
            return;
        }
        up.backoff = FIRST_BACKOFF;
        up.give_up_at = now.after(PATIENCE);
        self.set_beat(node, ttl);
        self.send(node, Request::Watch { node: id, since, tries: 0 });
        if !self.nodes[node].outbox.is_empty() {
            self.outbox_filled(node);
        }
    }

    fn set_beat(&mut self, node: usize, ttl: Duration) {
        let pause = self.jittered(ttl.max(Duration::from_millis(100)) / 2);
        let at = self.now.after(pause);
        if let Some(up) = self.nodes[node].link.up() {
            up.beat_at = at;
            up.beat_give_up_at = Time::NEVER;
        }
    }

    fn reports_stored(&mut self, node: usize) {
        let Some(up) = self.nodes[node].link.up() else { return };
        up.update_give_up_at = Time::NEVER;
        let told = std::mem::take(&mut up.told);
        self.nodes[node].outbox.ack(&told);
        if !self.nodes[node].outbox.is_empty() {
            self.outbox_filled(node);
        }
    }
}
