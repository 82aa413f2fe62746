#![expect(clippy::unwrap_used, reason = "tests")]

use muster_model::{EvalStatus, NodeStatus};
use muster_rpc::{CallError, Limits as RpcLimits, Role, connect};
use muster_state::command::{Command, IdSeed, JobDeregister, NodeStatusUpdate};
use muster_testkit::build;

use super::*;
use crate::testing::{
    PATIENCE, Setup, key, live, propose, register_job, register_node, server, until, until_live,
};

async fn stop(server: Server) {
    tokio::time::timeout(PATIENCE, server.shutdown()).await.unwrap();
}

fn deregister(job: &str, eval: u8, purge: bool) -> Command {
    Command::JobDeregister(JobDeregister {
        key: key(job),
        purge,
        eval_id: muster_ids::EvalId::from_bytes([eval; 16]),
        eval_priority: None,
        no_shutdown_delay: false,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registered_job_becomes_allocations_on_nodes() {
    let (server, _) = server().await;
    for number in 0..3 {
        propose(&server, register_node(build::node(number))).await.unwrap();
    }
    propose(&server, register_job(build::job("web", JobType::Service, 5), 1)).await.unwrap();
    let allocs = until_live(&server, "web", 5).await;
    let names: std::collections::BTreeSet<_> = allocs.iter().map(|alloc| alloc.name()).collect();
    assert_eq!(names.len(), 5, "each name once");
    until(&server, "a finished evaluation", |snapshot| {
        snapshot.evals().all(|eval| eval.status == EvalStatus::Complete).then_some(())
    })
    .await;
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_jobs_at_once_are_all_placed_and_no_node_is_overfull() {
    let (server, _) = server().await;
    for number in 0..5 {
        propose(&server, register_node(build::node(number))).await.unwrap();
    }
    // 80 allocations of 100 MHz fit on each node.
    let jobs: Vec<_> = (0..40_u8)
        .map(|n| register_job(build::job(&format!("job-{n}"), JobType::Service, 10), n + 1))
        .collect();
    let proposed = server.consensus().propose(jobs).await.unwrap();
    assert!(proposed.replies.iter().all(Result::is_ok));
    until(&server, "400 allocations", |snapshot| {
        let running = snapshot.allocs().filter(|alloc| !alloc.terminal()).count();
        (running == 400).then_some(())
    })
    .await;
    let snapshot = server.consensus().snapshot();
    for number in 0..5 {
        assert_eq!(snapshot.allocs_by_node(build::node(number).id).count(), 80);
    }
    muster_state::invariants::check(&snapshot).unwrap();
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_evaluation_goes_on_when_a_node_joins() {
    let (server, _) = server().await;
    propose(&server, register_job(build::job("web", JobType::Service, 2), 1)).await.unwrap();
    until(&server, "a blocked evaluation", |snapshot| {
        snapshot.evals().any(|eval| eval.status == EvalStatus::Blocked).then_some(())
    })
    .await;
    propose(&server, register_node(build::node(1))).await.unwrap();
    until_live(&server, "web", 2).await;
    until(&server, "nothing blocked", |snapshot| {
        snapshot.evals().all(|eval| eval.status.is_terminal()).then_some(())
    })
    .await;
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_node_goes_down_and_its_allocations_are_replaced() {
    let mut setup = Setup::new();
    setup.heartbeats.min_ttl = Duration::from_millis(200);
    setup.heartbeats.grace = Duration::from_millis(100);
    // Of a node that the new leader found registered, should it look only after the registration below.
    setup.heartbeats.failover_ttl = Duration::from_millis(300);
    let (server, _) = setup.start().await;
    propose(&server, register_node(build::node(1))).await.unwrap();
    propose(&server, register_job(build::job("web", JobType::Service, 2), 1)).await.unwrap();
    let (silent, alive) = (build::node(1).id, build::node(2).id);
    until(&server, "node 1 down", |snapshot| {
        (snapshot.node(silent)?.status == NodeStatus::Down).then_some(())
    })
    .await;
    // Node 2 speaks all the time, and is ready again at once should this machine be too slow for that.
    let shared = server.shared();
    let speaking = tokio::spawn(async move {
        let mut clock = tokio::time::interval(Duration::from_millis(20));
        loop {
            clock.tick().await;
            shared.consensus.propose(vec![register_node(build::node(2))]).await.unwrap();
            shared.brain.beat(alive, shared.now());
        }
    });
    until(&server, "both allocations on node 2, and those of node 1 lost", |snapshot| {
        let allocs = live(snapshot, "web");
        let moved = allocs.len() == 2 && allocs.iter().all(|alloc| alloc.node_id == alive);
        let lost = snapshot.allocs_by_node(silent).all(|alloc| alloc.client_terminal());
        (moved && lost).then_some(())
    })
    .await;
    speaking.abort();
    assert!(speaking.await.is_err());
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_deregistered_while_it_is_being_scheduled_ends_without_allocations() {
    let (server, _) = server().await;
    propose(&server, register_node(build::node(1))).await.unwrap();
    for round in 0..20_u8 {
        let (register, gone) = (
            register_job(build::job("web", JobType::Service, 3), round * 2 + 1),
            deregister("web", round * 2 + 2, round % 2 == 1),
        );
        propose(&server, register).await.unwrap();
        propose(&server, gone).await.unwrap();
    }
    until(&server, "the end of all evaluations and allocations", |snapshot| {
        let idle = snapshot.evals().all(|eval| eval.status.is_terminal());
        (idle && live(snapshot, "web").is_empty()).then_some(())
    })
    .await;
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_leader_takes_up_what_was_open() {
    let (server, _) = server().await;
    let shared = server.shared();
    propose(&server, register_job(build::job("waits", JobType::Service, 1), 1)).await.unwrap();
    until(&server, "a blocked evaluation", |snapshot| {
        snapshot.evals().any(|eval| eval.status == EvalStatus::Blocked).then_some(())
    })
    .await;
    shared.brain.follow();
    // Nobody leads: capacity comes and work is asked for, and nobody looks.
    propose(&server, register_node(build::node(1))).await.unwrap();
    propose(&server, register_job(build::job("web", JobType::Service, 2), 2)).await.unwrap();
    let stats = shared.brain.stats();
    assert_eq!((stats.ready, stats.unacked, stats.blocked, stats.heartbeats), (0, 0, 0, 0));
    assert!(live(&server.consensus().snapshot(), "web").is_empty());
    shared.brain.lead(&server.consensus().snapshot(), shared.now());
    until_live(&server, "web", 2).await;
    until_live(&server, "waits", 1).await;
    assert_eq!(shared.brain.stats().heartbeats, 1);
    stop(server).await;
}

/// A restart loses nothing, and a node is answered from the recovered state only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_server_serves_the_state_it_had_before_any_agent_connects() {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup::on_disk(dir.path().to_path_buf());
    let (first, _) = setup.start().await;
    propose(&first, register_node(build::node(1))).await.unwrap();
    let down = NodeStatusUpdate {
        node_id: build::node(1).id,
        status: NodeStatus::Down,
        description: None,
        seed: IdSeed([9; 16]),
    };
    propose(&first, Command::NodeStatusUpdate(down)).await.unwrap();
    let index = first.consensus().snapshot().index();
    stop(first).await;

    let (second, _) = setup.try_start().await.unwrap();
    assert!(second.consensus().snapshot().index() >= index, "recovered when start returns");
    assert!(second.consensus().snapshot().node(build::node(1).id).is_some());
    stop(second).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_in_use_is_reported_and_releases_the_directory() {
    let dir = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut setup = Setup::on_disk(dir.path().to_path_buf());
    setup.config.rpc_addr = taken.local_addr().unwrap();
    setup.config.rpc_advertise = setup.config.rpc_addr;
    let error = setup.try_start().await.unwrap_err();
    assert!(error.to_string().contains(&setup.config.rpc_addr.to_string()), "{error}");
    drop(taken);
    let (server, _) = setup.try_start().await.unwrap();
    assert_eq!(server.rpc_addr(), setup.config.rpc_addr);
    stop(server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_ends_threads_tasks_and_connections_under_load() {
    let setup = Setup::new();
    let (server, _) = setup.start().await;
    for number in 0..3 {
        propose(&server, register_node(build::node(number))).await.unwrap();
    }
    let jobs = (0..50_u8).map(|n| register_job(build::job(&format!("j{n}"), JobType::Service, 20), n + 1));
    server.consensus().propose(jobs.collect()).await.unwrap();
    let agent = setup.identity(Role::Client);
    let (session, _incoming) =
        connect(server.rpc_addr(), &agent, Role::Server, &Region::global(), RpcLimits::default())
            .await
            .unwrap();
    let shared = server.shared();
    stop(server).await;
    assert!(shared.brain.lease(&[JobType::Service], 1, || shared.now()).is_none(), "nobody works any more");
    tokio::time::timeout(PATIENCE, session.closed()).await.unwrap();
    let heartbeat =
        muster_rpc::messages::NodeHeartbeat { node_id: build::node(1).id, secret: crate::testing::secret() };
    let answer = session.call(heartbeat, PATIENCE).await;
    assert!(!matches!(answer, Err(CallError::Failed(_)) | Ok(_)), "{answer:?}");
    drop(session);
}

/// A server that is dropped without a shutdown leaves no thread behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_server_ends_its_threads() {
    let (mut server, _) = server().await;
    let threads = std::mem::take(&mut server.threads);
    assert_eq!(threads.len(), 2);
    drop(server);
    for thread in threads {
        tokio::task::spawn_blocking(move || thread.join()).await.unwrap().unwrap();
    }
}
