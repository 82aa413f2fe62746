//! The server's side of the transport, without a state machine behind it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use muster_ids::{AllocId, Index, Namespace};
use muster_model::{ClientStatus, Node, PoolBinding};
use muster_rpc::messages::{
    AllocAssignment, AllocPush, AllocUpdateReply, AllocWatch, NodeHeartbeatReply, NodeRegisterReply,
};
use muster_rpc::{
    IdentityStore, Incoming, IncomingCall, IncomingStream, IncomingSubscription, Limits, Listener, Opening,
    Role, Session, UserCa,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::SavedAlloc;
use crate::testing;

/// What the server heard.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub node: Option<Node>,
    pub registrations: u32,
    pub beats: u32,
    pub statuses: BTreeMap<AllocId, Vec<ClientStatus>>,
    session: Option<Session>,
}

/// What the server wants.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    index: u64,
    allocs: BTreeMap<AllocId, SavedAlloc>,
    removed: Vec<AllocId>,
    bindings: BTreeMap<Namespace, PoolBinding>,
    damage: Option<Damage>,
}

#[derive(Clone, Copy, Debug)]
pub enum Damage {
    Job,
    Group,
    Index,
}

pub struct Server {
    addr: SocketAddr,
    seen: watch::Sender<Seen>,
    wanted: watch::Sender<Wanted>,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(ca: &UserCa, earlier: Option<(SocketAddr, Wanted)>) -> Self {
        let identity = IdentityStore::new(testing::identity(ca, Role::Server));
        let (addr, wanted) = earlier.unwrap_or_else(|| (([127, 0, 0, 1], 0).into(), Wanted::default()));
        let listener = Listener::bind(addr, identity, Limits::default()).await.unwrap();
        let (seen, wanted) = (watch::Sender::new(Seen::default()), watch::Sender::new(wanted));
        let addr = listener.local_addr();
        let (heard, wishes) = (seen.clone(), wanted.clone());
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((session, incoming)) = listener.accept().await {
                heard.send_modify(|seen| seen.session = Some(session.clone()));
                connections.spawn(converse(incoming, heard.clone(), wishes.clone()));
            }
        });
        Self { addr, seen, wanted, task }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    pub fn wanted(&self) -> Wanted {
        self.wanted.borrow().clone()
    }

    pub async fn session(&self) -> Session {
        let mut seen = self.seen.subscribe();
        let found = seen.wait_for(|seen| seen.session.is_some()).await.unwrap();
        found.session.clone().unwrap()
    }

    pub fn want(&self, alloc: SavedAlloc) {
        self.wanted.send_modify(|wanted| {
            wanted.index += 1;
            wanted.allocs.insert(alloc.id, alloc);
        });
    }

    pub fn bind(&self, namespace: Namespace, allowed: &str) {
        let binding = PoolBinding { allowed: Some(vec![allowed.into()]), ..PoolBinding::default() };
        self.wanted.send_modify(|wanted| drop(wanted.bindings.insert(namespace, binding)));
    }

    pub fn forget(&self, id: AllocId) {
        self.wanted.send_modify(|wanted| {
            wanted.index += 1;
            wanted.allocs.remove(&id);
            wanted.removed.push(id);
        });
    }

    /// Sends one push that must be refused; the next is good again.
    pub async fn push_damaged(&self, damage: Damage) {
        self.wanted.send_modify(|wanted| {
            wanted.index += 1;
            wanted.damage = Some(damage);
        });
        let mut wanted = self.wanted.subscribe();
        wanted.wait_for(|wanted| wanted.damage.is_none()).await.unwrap();
    }

    pub async fn until(&self, heard: impl Fn(&Seen) -> bool) {
        let mut seen = self.seen.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(10), seen.wait_for(heard)).await;
        assert!(waited.is_ok(), "never heard: {:?}", self.seen());
    }

    pub async fn until_status(&self, id: AllocId, status: ClientStatus) {
        self.until(|seen| seen.statuses.get(&id).is_some_and(|all| all.last() == Some(&status))).await;
    }

    pub async fn stop(&mut self) {
        self.task.abort();
        let _ended = (&mut self.task).await;
        self.seen.send_modify(|seen| seen.session = None);
    }
}

async fn converse(mut incoming: Incoming, seen: watch::Sender<Seen>, wanted: watch::Sender<Wanted>) {
    let mut pushes = tokio::task::JoinSet::new();
    while let Some(request) = incoming.next().await {
        match request {
            IncomingStream::Call(call) => answer(call, &seen).await,
            IncomingStream::Stream(IncomingSubscription::AllocWatch(watch, opening)) => {
                pushes.spawn(push(watch, opening, wanted.clone()));
            }
            IncomingStream::Stream(other) => drop(other),
            IncomingStream::Dialogue(other) => drop(other),
            IncomingStream::Bytes(_, stream) => {
                tokio::spawn(async move {
                    let (mut from, mut to) = tokio::io::split(stream);
                    tokio::io::copy(&mut from, &mut to).await.unwrap();
                    tokio::io::AsyncWriteExt::shutdown(&mut to).await.unwrap();
                });
            }
        }
    }
}

async fn answer(call: IncomingCall, seen: &watch::Sender<Seen>) {
    let heartbeat_ttl = Duration::from_millis(200);
    match call {
        IncomingCall::NodeRegister(request, to) => {
            let reply = NodeRegisterReply { node_index: Index(1), heartbeat_ttl, servers: Vec::new() };
            to.reply(Ok(reply)).await;
            seen.send_modify(|seen| {
                seen.registrations += 1;
                seen.node = Some(*request.node);
            });
        }
        IncomingCall::NodeHeartbeat(_, to) => {
            seen.send_modify(|seen| seen.beats += 1);
            to.reply(Ok(NodeHeartbeatReply { heartbeat_ttl, servers: Vec::new(), known: true })).await;
        }
        IncomingCall::AllocUpdate(request, to) => {
            seen.send_modify(|seen| {
                for update in request.updates {
                    seen.statuses.entry(update.id).or_default().push(update.status);
                }
            });
            to.reply(Ok(AllocUpdateReply { index: Index(1), unknown: Vec::new() })).await;
        }
        other => drop(other),
    }
}

async fn push(_: AllocWatch, opening: Opening<AllocWatch>, wanted: watch::Sender<Wanted>) {
    let mut sender = opening.accept().await.unwrap();
    let mut changes = wanted.subscribe();
    let mut full = true;
    loop {
        let now = changes.borrow_and_update().clone();
        if sender.send(&compose(&now, full)).await.is_err() {
            return;
        }
        full = false;
        if now.damage.is_some() {
            wanted.send_modify(|wanted| wanted.damage = None);
        }
        if changes.changed().await.is_err() {
            return;
        }
    }
}

fn compose(wanted: &Wanted, full: bool) -> AllocPush {
    let mut push = AllocPush {
        index: Index(wanted.index),
        full,
        jobs: wanted.allocs.values().map(|alloc| Arc::clone(&alloc.job)).collect(),
        allocs: wanted.allocs.values().zip(0_u32..).map(|(alloc, job)| assignment(alloc, job)).collect(),
        bindings: wanted.bindings.clone(),
        removed: wanted.removed.clone(),
    };
    match wanted.damage {
        None => {}
        Some(Damage::Job) => push.jobs.clear(),
        Some(Damage::Group) => push.allocs.iter_mut().for_each(|alloc| alloc.group = 7),
        Some(Damage::Index) => {
            push.index = Index(0);
            push.removed = wanted.allocs.keys().copied().collect();
        }
    }
    push
}

fn assignment(alloc: &SavedAlloc, job: u32) -> AllocAssignment {
    AllocAssignment {
        id: alloc.id,
        eval_id: alloc.eval_id,
        namespace: alloc.job.namespace.clone(),
        job,
        group: alloc.group,
        name_index: alloc.name_index,
        desired: alloc.desired,
        transition: alloc.transition,
        ports: alloc.ports.clone(),
        allotted: alloc.allotted.clone(),
        previous: alloc.previous,
        deployment: alloc.deployment,
        alloc_modify_index: alloc.alloc_modify_index,
        create_index: alloc.create_index,
        create_time: alloc.create_time,
        unknown: alloc.unknown,
    }
}
