//! A server against client agents, honest and not, over the real transport.

#![expect(clippy::unwrap_used, reason = "tests")]

mod disk;

use std::sync::Arc;

use muster_ids::{AllocId, Index, Region};
use muster_model::{ClientStatus, DesiredStatus, JobType, Node, TaskState, computed_class};
use muster_rpc::messages::{
    AllocPush, AllocReport, AllocUpdate, AllocWatch, NodeHeartbeat, NodeRegister, NodeRegisterReply,
};
use muster_rpc::{CallError, Limits, Role, Subscription, connect};
use muster_state::command::{Command, GarbageCollect, JobDeregister};
use muster_testkit::build;

use super::*;
use crate::Server;
use crate::testing::{PATIENCE, Setup, key, propose, register_job, register_node, secret, until, until_live};

struct World {
    setup: Setup,
    server: Server,
}

impl World {
    async fn new() -> Self {
        let setup = Setup::new();
        let (server, _) = setup.start().await;
        Self { setup, server }
    }

    async fn agent(&self) -> Session {
        let identity = self.setup.identity(Role::Client);
        let address = self.server.rpc_addr();
        let (session, _incoming) =
            connect(address, &identity, Role::Server, &Region::global(), Limits::default()).await.unwrap();
        session
    }

    fn knows(&self, node: &Node) -> bool {
        self.server.shared().sessions.get(node.id).is_some()
    }

    /// A node with one running allocation of `web`.
    async fn with_web() -> (Self, Node, AllocId) {
        let world = Self::new().await;
        let node = build::node(1);
        propose(&world.server, register_node(node.clone())).await.unwrap();
        propose(&world.server, register_job(build::job("web", JobType::Service, 1), 1)).await.unwrap();
        let alloc = until_live(&world.server, "web", 1).await[0].id;
        (world, node, alloc)
    }
}

async fn register(session: &Session, node: &Node, secret: Secret) -> Result<NodeRegisterReply, CallError> {
    session.call(NodeRegister { node: Box::new(node.clone()), secret }, PATIENCE).await
}

fn other_secret() -> Secret {
    Secret::new("another").unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, CallError>) -> FailureCode {
    match result {
        Err(CallError::Failed(failure)) => failure.code,
        other => unreachable!("not refused by the handler: {other:?}"),
    }
}

async fn watch(
    session: &Session,
    node: &Node,
    secret: Secret,
    since: Index,
) -> Result<Subscription<AllocPush>, CallError> {
    session.subscribe(AllocWatch { node_id: node.id, secret, since }, PATIENCE).await
}

async fn next(pushes: &mut Subscription<AllocPush>) -> AllocPush {
    tokio::time::timeout(PATIENCE, pushes.next()).await.unwrap().unwrap().unwrap()
}

fn report(id: AllocId, status: ClientStatus, text: &str) -> AllocReport {
    AllocReport {
        id,
        status,
        description: Some(text.into()),
        tasks: vec![TaskState::default(); 3],
        health: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_class_of_a_node_is_what_its_facts_make_it() {
    let world = World::new().await;
    let honest = Node { computed_class: computed_class(&build::node(1)), ..build::node(1) };
    let mut other = build::node(2);
    other.attributes.insert("kernel.name".into(), "other".into());
    other.computed_class = honest.computed_class.clone();
    let agent = world.agent().await;
    register(&agent, &other, secret()).await.unwrap();
    let snapshot = world.server.shared().consensus.snapshot();
    let stored = &snapshot.node(other.id).unwrap().computed_class;
    assert_eq!(*stored, computed_class(&other));
    assert_ne!(*stored, honest.computed_class);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_takes_over_a_node_without_its_secret() {
    let world = World::new().await;
    let node = build::node(1);
    let (owner, thief) = (world.agent().await, world.agent().await);
    register(&owner, &node, secret()).await.unwrap();
    assert!(world.knows(&node));
    let shared = world.server.shared();
    let peer = |session: Option<Session>| session.unwrap().peer().addr;
    let before = peer(shared.sessions.get(node.id));

    assert_eq!(code(register(&thief, &node, other_secret()).await), FailureCode::Denied);
    assert_eq!(peer(shared.sessions.get(node.id)), before, "the session map is as it was");
    let beat = NodeHeartbeat { node_id: node.id, secret: other_secret() };
    assert_eq!(code(thief.call(beat, PATIENCE).await), FailureCode::Denied);
    let update = AllocUpdate { node_id: node.id, secret: other_secret(), updates: Vec::new() };
    assert_eq!(code(thief.call(update, PATIENCE).await), FailureCode::Denied);
    let watched = watch(&thief, &node, other_secret(), Index::ZERO).await;
    assert_eq!(code(watched), FailureCode::Denied);
    // The thief's leaving does not take the owner's session along.
    thief.close();
    thief.closed().await;
    assert!(owner.call(NodeHeartbeat { node_id: node.id, secret: secret() }, PATIENCE).await.unwrap().known);
    assert!(world.knows(&node));
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_speaks_for_one_node_until_it_closes() {
    let world = World::new().await;
    let (one, two) = (build::node(1), build::node(2));
    let session = world.agent().await;
    register(&session, &one, secret()).await.unwrap();
    register(&session, &one, secret()).await.unwrap();
    assert_eq!(code(register(&session, &two, secret()).await), FailureCode::Denied);
    assert!(world.server.consensus().snapshot().node(two.id).is_none());
    session.close();
    let gone = async {
        while world.knows(&one) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    assert_eq!(world.server.shared().sessions.len(), 0);
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_node_is_told_so_and_a_boundless_one_is_refused() {
    let world = World::new().await;
    let session = world.agent().await;
    let beat = NodeHeartbeat { node_id: build::node(9).id, secret: secret() };
    assert!(!session.call(beat, PATIENCE).await.unwrap().known);
    let watched = watch(&session, &build::node(9), secret(), Index::ZERO).await;
    assert_eq!(code(watched), FailureCode::NotFound);
    let mut boundless = build::node(9);
    boundless.meta.insert("k".into(), "v".repeat(5000).into());
    assert_eq!(code(register(&session, &boundless, secret()).await), FailureCode::Invalid);
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_ended_is_pushed_until_it_is_collected() {
    let (world, node, alloc) = World::with_web().await;
    let session = world.agent().await;
    let mut pushes = watch(&session, &node, secret(), Index::ZERO).await.unwrap();
    let first = next(&mut pushes).await;
    assert!(first.full);
    assert_eq!(
        first.allocs.iter().map(|a| (a.id, a.desired)).collect::<Vec<_>>(),
        [(alloc, DesiredStatus::Run)]
    );
    assert_eq!(first.jobs.len(), 1);

    let stop = JobDeregister {
        key: key("web"),
        purge: false,
        eval_id: muster_ids::EvalId::from_bytes([9; 16]),
        eval_priority: None,
        no_shutdown_delay: false,
    };
    propose(&world.server, Command::JobDeregister(stop)).await.unwrap();
    let second = next(&mut pushes).await;
    assert!(!second.full && second.index > first.index);
    assert_eq!(second.allocs[0].desired, DesiredStatus::Stop);

    // What the node itself says is not pushed back, but a new stream lists what has ended.
    let update = AllocUpdate {
        node_id: node.id,
        secret: secret(),
        updates: vec![report(alloc, ClientStatus::Complete, "done")],
    };
    assert!(session.call(update, PATIENCE).await.unwrap().unknown.is_empty());
    let mut again = watch(&session, &node, secret(), second.index).await.unwrap();
    let listed = next(&mut again).await;
    assert!(listed.full && listed.index >= second.index);
    assert_eq!(listed.allocs.iter().map(|a| a.id).collect::<Vec<_>>(), [alloc]);

    let garbage = GarbageCollect { allocs: vec![alloc], ..GarbageCollect::default() };
    propose(&world.server, Command::GarbageCollect(garbage)).await.unwrap();
    for pushes in [&mut pushes, &mut again] {
        let last = next(pushes).await;
        assert_eq!((last.full, last.allocs.len(), last.removed), (false, 0, vec![alloc]));
    }
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_push_is_never_older_than_what_the_node_has_seen() {
    let (world, node, _) = World::with_web().await;
    let session = world.agent().await;
    let ahead = Index(world.server.consensus().snapshot().index().0 + 3);
    let asked = tokio::spawn({
        let (session, node) = (session.clone(), node.clone());
        async move { next(&mut watch(&session, &node, secret(), ahead).await.unwrap()).await }
    });
    for number in 10..20 {
        propose(&world.server, register_node(build::node(number))).await.unwrap();
    }
    let push = asked.await.unwrap();
    assert!(push.full && push.index >= ahead, "{} is older than {ahead}", push.index);
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_are_bounded_and_only_about_the_nodes_own_allocations() {
    let (world, node, alloc) = World::with_web().await;
    propose(&world.server, register_node(build::node(2))).await.unwrap();
    let session = world.agent().await;
    let long = "x".repeat(100_000);
    let call = |node: &Node, updates| {
        session.call(AllocUpdate { node_id: node.id, secret: secret(), updates }, PATIENCE)
    };
    let stranger = call(&build::node(2), vec![report(alloc, ClientStatus::Failed, &long)]).await.unwrap();
    assert_eq!(stranger.unknown, [alloc]);
    let stored = |world: &World| Arc::clone(world.server.consensus().snapshot().alloc(alloc).unwrap());
    assert_eq!(stored(&world).client, ClientStatus::Pending);

    call(&node, vec![report(alloc, ClientStatus::Running, &long)]).await.unwrap();
    let running = stored(&world);
    assert_eq!(running.client, ClientStatus::Running);
    assert_eq!(running.client_description.as_deref().map(str::len), Some(limits::MAX_TEXT_BYTES));
    assert_eq!(running.tasks.len(), 1, "the group has one task");

    let flood = vec![report(alloc, ClientStatus::Failed, ""); limits::MAX_REPORTS + 1];
    assert_eq!(code(call(&node, flood).await), FailureCode::Invalid);
    assert_eq!(stored(&world).client, ClientStatus::Running);
    world.server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_down_is_ready_again_once_it_speaks() {
    let (world, node, _) = World::with_web().await;
    let session = world.agent().await;
    let down = muster_state::command::NodeStatusUpdate {
        node_id: node.id,
        status: muster_model::NodeStatus::Down,
        description: None,
        seed: muster_state::command::IdSeed([4; 16]),
    };
    propose(&world.server, Command::NodeStatusUpdate(down)).await.unwrap();
    let beat = NodeHeartbeat { node_id: node.id, secret: secret() };
    assert!(session.call(beat, PATIENCE).await.unwrap().known);
    until(&world.server, "the node ready", |snapshot| snapshot.node(node.id)?.accepts_work().then_some(()))
        .await;
    world.server.shutdown().await;
}
