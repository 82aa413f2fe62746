use muster_ids::{AllocId, TaskName};

use super::support::{PATIENCE, answer_all, dial, ends_with, heartbeat, listen, store};
use crate::messages::{AllocReport, AllocUpdate, FsRead, Origin};
use crate::{CallError, FailureCode, IncomingStream, IncomingSubscription, Limits, Role, UserCa, connect};

fn update(size: usize) -> AllocUpdate {
    let report = AllocReport {
        id: AllocId::default(),
        status: muster_model::ClientStatus::Running,
        description: Some("x".repeat(size).into()),
        tasks: vec![],
        health: None,
    };
    let heartbeat = heartbeat(1);
    AllocUpdate { node_id: heartbeat.node_id, secret: heartbeat.secret, updates: vec![report] }
}

#[tokio::test]
async fn a_frame_over_the_limit_costs_the_request_and_not_the_connection() {
    let small = Limits { max_frame_bytes: 100_000, ..Limits::default() };
    let ends = ends_with(Limits::default(), small).await;
    tokio::spawn(answer_all(ends.server.1));
    // Far more than the window: the refusal must arrive although the request was never read.
    for size in [100_001, 10 << 20] {
        let error = ends.client.0.call(update(size), PATIENCE).await.unwrap_err();
        let CallError::Failed(failure) = error else { panic!("{error:?}") };
        assert_eq!(failure.code, FailureCode::Invalid, "{failure}");
        assert!(failure.message.contains("limit of 100000 bytes"), "{failure}");
    }
    let error = ends.client.0.call(update(17 << 20), PATIENCE).await.unwrap_err();
    assert!(matches!(error, CallError::TooLarge { limit: 16_777_216, .. }), "{error:?}");
    assert!(ends.client.0.call(heartbeat(2), PATIENCE).await.unwrap().known);
}

#[tokio::test]
async fn streams_over_the_limit_wait_for_their_turn() {
    let two = Limits { max_streams: 2, ..Limits::default() };
    let mut ends = ends_with(Limits::default(), two).await;
    let server = ends.server.0.clone();
    let producer = tokio::spawn(async move {
        let mut open = Vec::new();
        while let Some(IncomingStream::Stream(IncomingSubscription::FsRead(_, opening))) =
            ends.client.1.next().await
        {
            open.push(opening.accept().await.unwrap());
        }
        open.len()
    });
    let ask = || FsRead {
        alloc_id: AllocId::default(),
        path: TaskName::new("f").unwrap().to_string(),
        origin: Origin::Start,
        offset: 0,
        limit: None,
        follow: true,
    };
    let first = server.subscribe(ask(), PATIENCE).await.unwrap();
    let _second = server.subscribe(ask(), PATIENCE).await.unwrap();
    let mut third = Box::pin(server.subscribe(ask(), PATIENCE));
    assert!(futures::poll!(&mut third).is_pending());
    drop(first);
    drop(third.await.unwrap());
    server.close();
    assert_eq!(producer.await.unwrap(), 3);
}

#[tokio::test]
async fn connections_over_the_limit_are_refused_until_one_ends() {
    let ca = UserCa::in_memory().unwrap();
    let one = Limits { max_connections: 1, ..Limits::default() };
    let listener = listen(store(&ca, Role::Server), one).await;
    let identity = store(&ca, Role::Client);
    let (first, accepted) = tokio::join!(dial(&listener, &identity, Limits::default()), listener.accept());
    let (server, _incoming) = accepted.unwrap();

    let region = muster_ids::Region::global();
    let second = connect(listener.local_addr(), &identity, Role::Server, &region, Limits::default());
    let (second, refused) = tokio::join!(second, listener.accept());
    assert!(second.map(drop).unwrap_err().to_string().contains("limit of 1 connections"));
    assert!(refused.is_err());

    first.0.close();
    server.closed().await;
    // The slot is given back right after the end is told.
    tokio::time::timeout(PATIENCE, async {
        loop {
            let third = connect(listener.local_addr(), &identity, Role::Server, &region, Limits::default());
            if let (Ok(_), Ok(_)) = tokio::join!(third, listener.accept()) {
                break;
            }
        }
    })
    .await
    .unwrap();
}
