//! Who may have the data of an allocation that ended on another node, and when.

use muster_model::{Eligibility, NodeStatus};
use muster_rpc::messages::{DiskChunk, DiskFetch};
use muster_state::command::{IdSeed, NodeEligibilityUpdate, NodeStatusUpdate};

use super::*;

async fn fetch(
    session: &Session,
    node: &Node,
    secret: Secret,
    alloc_id: AllocId,
) -> Result<Subscription<DiskChunk>, CallError> {
    session.subscribe(DiskFetch { node_id: node.id, secret, alloc_id }, PATIENCE).await
}

/// Two versions of a job whose disk migrates, the first on one node, the second on the other.
async fn moved() -> (World, [Node; 2], [AllocId; 2]) {
    let world = World::new().await;
    let nodes = [build::node(1), build::node(2)];
    let mut job = build::job("web", JobType::Service, 1);
    job.groups[0].ephemeral_disk.migrate = true;
    propose(&world.server, register_node(nodes[0].clone())).await.unwrap();
    propose(&world.server, register_job(job.clone(), 1)).await.unwrap();
    let old = until_live(&world.server, "web", 1).await[0].id;
    let away = NodeEligibilityUpdate {
        node_id: nodes[0].id,
        eligibility: Eligibility::Ineligible,
        seed: IdSeed([7; 16]),
    };
    propose(&world.server, Command::NodeEligibilityUpdate(away)).await.unwrap();
    propose(&world.server, register_node(nodes[1].clone())).await.unwrap();
    job.groups[0].tasks[0].env.insert("NEW".into(), "1".into());
    propose(&world.server, register_job(job, 2)).await.unwrap();
    let new = until(&world.server, "the new allocation", |snapshot| {
        snapshot.allocs_by_job(&key("web")).find(|alloc| alloc.previous == Some(old)).map(|alloc| alloc.id)
    })
    .await;
    (world, nodes, [old, new])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_goes_to_the_successors_node_only_once_the_old_one_has_ended() {
    let (world, [one, two], [old, new]) = Box::pin(moved()).await;
    let session = world.agent().await;
    assert_eq!(code(fetch(&session, &two, other_secret(), new).await), FailureCode::Denied);
    assert_eq!(code(fetch(&session, &one, secret(), new).await), FailureCode::Denied, "not its allocation");
    assert_eq!(code(fetch(&session, &one, secret(), old).await), FailureCode::Denied, "takes nothing over");
    assert_eq!(code(fetch(&session, &two, secret(), new).await), FailureCode::Unavailable, "still runs");

    let update = AllocUpdate {
        node_id: one.id,
        secret: secret(),
        updates: vec![report(old, ClientStatus::Complete, "")],
    };
    session.call(update, PATIENCE).await.unwrap();
    let refused = fetch(&session, &two, secret(), new).await.unwrap_err().to_string();
    assert!(refused.contains("not connected"), "{refused}");

    let down = NodeStatusUpdate {
        node_id: one.id,
        status: NodeStatus::Down,
        description: None,
        seed: IdSeed([8; 16]),
    };
    propose(&world.server, Command::NodeStatusUpdate(down)).await.unwrap();
    assert_eq!(code(fetch(&session, &two, secret(), new).await), FailureCode::NotFound);
    world.server.shutdown().await;
}
