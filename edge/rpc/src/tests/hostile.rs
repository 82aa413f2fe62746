//! A peer with a valid certificate that does not keep to the protocol.

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::io::AsyncWriteExt;

use super::support::{PATIENCE, answer_all, ends, ends_with, heartbeat};
use crate::messages::Empty;
use crate::transport::{Answer, FrameReader};
use crate::{CallError, CallFailure, FailureCode, IncomingStream, Limits};

#[tokio::test]
async fn an_unknown_request_is_answered_so() {
    let mut ends = ends().await;
    let mut stream = ends.client.0.shared().open().await.unwrap();
    let mut frame = vec![0, 0, 0, 6, 0x81, 0xa3];
    frame.extend(b"Abc");
    frame.push(0xc0);
    stream.write_all(&frame).await.unwrap();
    let answer = FrameReader::new(1000).message::<Answer<Empty>, _>(&mut stream).await;
    assert!(matches!(answer, Ok(Answer::Failed(failure)) if failure.code == FailureCode::Unsupported));
    // Nothing of it reached a handler.
    ends.client.0.close();
    assert!(ends.server.1.next().await.is_none());
}

#[tokio::test]
async fn a_request_that_never_ends_is_given_up() {
    let impatient = Limits { request_timeout: std::time::Duration::from_millis(50), ..Limits::default() };
    let ends = ends_with(Limits::default(), impatient).await;
    let mut stream = ends.client.0.shared().open().await.unwrap();
    stream.write_all(&[0, 0, 1, 0, 7]).await.unwrap();
    tokio::time::timeout(PATIENCE, stream.gone()).await.unwrap();
    assert!(stream.is_dead());
}

#[tokio::test]
async fn large_requests_that_stall_hold_up_only_large_ones() {
    let ends = ends().await;
    let mut stalled = Vec::new();
    for _ in 0..8 {
        let mut stream = ends.client.0.shared().open().await.unwrap();
        stream.write_all(&[0, 0xff, 0xff, 0xff, 0]).await.unwrap();
        stalled.push(stream);
    }
    tokio::spawn(answer_all(ends.server.1));
    assert!(ends.client.0.call(heartbeat(2), PATIENCE).await.unwrap().known);
}

#[tokio::test]
async fn a_peer_that_opens_too_many_streams_loses_some_and_keeps_the_connection() {
    let few = Limits { max_streams: 4, ..Limits::default() };
    let mut ends = ends_with(Limits { max_streams: 12, ..Limits::default() }, few).await;
    let mut calls: FuturesUnordered<_> =
        (0..12).map(|n| ends.client.0.call(heartbeat(n), PATIENCE)).collect();
    // Twice the limit is served; what is beyond is reset.
    for _ in 0..4 {
        assert_eq!(calls.next().await, Some(Err(CallError::Dropped)));
    }
    assert!(futures::poll!(calls.next()).is_pending());
    tokio::spawn(async move {
        while let Some(IncomingStream::Call(call)) = ends.server.1.next().await {
            call.refuse(CallFailure::unavailable("later")).await;
        }
    });
    for _ in 0..8 {
        assert!(matches!(calls.next().await, Some(Err(CallError::Failed(_)))));
    }
}
