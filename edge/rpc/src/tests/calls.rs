use std::time::Duration;

use muster_ids::AllocId;

use super::support::{PATIENCE, answer_all, ends, heartbeat};
use crate::messages::{AllocGc, CallKind, HostStats, StreamKind};
use crate::{CallError, CallFailure, FailureCode, IncomingCall, IncomingStream, Role};

#[tokio::test]
async fn both_ends_call_each_other_over_one_connection() {
    let ends = ends().await;
    assert_eq!((ends.client.0.peer().role, ends.server.0.peer().role), (Role::Server, Role::Client));
    tokio::spawn(answer_all(ends.server.1));
    tokio::spawn(answer_all(ends.client.1));
    let (up, down) = (ends.client.0, ends.server.0);
    let calls = (0..200_u8).map(|n| {
        let (up, down) = (up.clone(), down.clone());
        tokio::spawn(async move {
            let reply = up.call(heartbeat(n), PATIENCE).await.unwrap();
            assert_eq!(reply.known, n % 2 == 0, "replies were mixed up");
            down.call(AllocGc { alloc_id: AllocId::from_bytes([n; 16]) }, PATIENCE).await.unwrap();
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
}

#[tokio::test]
async fn a_failure_arrives_as_it_was_given() {
    let mut ends = ends().await;
    let failure = CallFailure::not_leader(Some("10.0.0.1:4647".into()));
    let given = failure.clone();
    let handler = async {
        let Some(IncomingStream::Call(call)) = ends.server.1.next().await else { panic!("no call") };
        call.refuse(given).await;
    };
    let (answer, ()) = tokio::join!(ends.client.0.call(heartbeat(1), PATIENCE), handler);
    assert_eq!(answer, Err(CallError::Failed(failure)));
}

#[tokio::test]
async fn a_request_above_the_role_never_reaches_a_handler() {
    let mut ends = ends().await;
    let refused = ends.client.0.call(HostStats {}, PATIENCE).await.unwrap_err();
    let CallError::Failed(failure) = refused else { panic!("{refused:?}") };
    assert_eq!(failure.code, FailureCode::Denied);
    assert_eq!(
        &*failure.message,
        "`HostStats` may be asked by a server only, and the certificate is a client's"
    );
    // The next thing the handler sees is the next request.
    let client = ends.client.0.clone();
    tokio::spawn(async move { client.call(heartbeat(1), PATIENCE).await });
    let next = ends.server.1.next().await;
    assert!(matches!(next, Some(IncomingStream::Call(IncomingCall::NodeHeartbeat(..)))), "{next:?}");
}

#[test]
fn what_a_client_may_ask_is_written_out() {
    let calls: Vec<_> =
        CallKind::ALL.iter().filter(|kind| Role::Client.may_act_as(kind.requires())).collect();
    let own = [
        CallKind::NodeRegister,
        CallKind::NodeHeartbeat,
        CallKind::AllocUpdate,
        CallKind::NodeDrain,
        CallKind::CertificateRenew,
    ];
    assert_eq!(calls, own.each_ref());
    let streams: Vec<_> =
        StreamKind::ALL.iter().filter(|kind| Role::Client.may_act_as(kind.requires())).collect();
    assert_eq!(streams, [&StreamKind::AllocWatch, &StreamKind::DiskFetch]);
}

#[tokio::test]
async fn a_deadline_ends_the_wait_on_both_sides() {
    let mut ends = ends().await;
    let deadline = Duration::from_millis(30);
    let handler = async {
        let Some(IncomingStream::Call(IncomingCall::NodeHeartbeat(_, mut responder))) =
            ends.server.1.next().await
        else {
            panic!("no call")
        };
        assert!(responder.deadline() <= tokio::time::Instant::now() + deadline);
        tokio::time::timeout(PATIENCE, responder.cancelled()).await.unwrap();
    };
    let (answer, ()) = tokio::join!(ends.client.0.call(heartbeat(1), deadline), handler);
    assert_eq!(answer, Err(CallError::Deadline(deadline)));
    // The connection is none the worse.
    tokio::spawn(answer_all(ends.server.1));
    assert!(ends.client.0.call(heartbeat(2), PATIENCE).await.unwrap().known);
}

#[tokio::test]
async fn a_handler_that_gives_up_is_noticed() {
    let mut ends = ends().await;
    let (answer, _) =
        tokio::join!(ends.client.0.call(heartbeat(1), PATIENCE), async { drop(ends.server.1.next().await) });
    assert_eq!(answer, Err(CallError::Dropped));
}

#[tokio::test]
async fn without_a_handler_requests_are_refused() {
    let ends = ends().await;
    drop(ends.server.1);
    let refused = ends.client.0.call(heartbeat(1), PATIENCE).await.unwrap_err();
    assert!(
        matches!(&refused, CallError::Failed(failure) if failure.code == FailureCode::Unavailable),
        "{refused:?}"
    );
}
