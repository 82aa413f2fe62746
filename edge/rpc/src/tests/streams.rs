use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use muster_ids::{AllocId, TaskName};

use super::support::{Ends, PATIENCE, answer_all, ends, heartbeat};
use crate::messages::{LogChunk, LogKind, Origin, TaskLogs};
use crate::{
    CallError, CallFailure, FailureCode, Incoming, IncomingStream, IncomingSubscription, Opening, Sender,
    Subscription,
};

fn logs() -> TaskLogs {
    let (kind, origin) = (LogKind::Stdout, Origin::Start);
    let task = TaskName::new("web").unwrap();
    TaskLogs { alloc_id: AllocId::default(), task, kind, origin, offset: 0, follow: true }
}

fn chunk(offset: u64, size: usize) -> LogChunk {
    LogChunk { file: "web.stdout.0".into(), offset, data: Bytes::from(vec![7; size]), event: None }
}

async fn asked(incoming: &mut Incoming) -> Opening<TaskLogs> {
    match incoming.next().await {
        Some(IncomingStream::Stream(IncomingSubscription::TaskLogs(request, opening))) => {
            assert_eq!(request, logs());
            opening
        }
        other => panic!("{other:?}"),
    }
}

/// The server reads a log of the agent.
async fn open(ends: &mut Ends) -> (Subscription<LogChunk>, Sender<LogChunk>) {
    let produce = async { asked(&mut ends.client.1).await.accept().await.unwrap() };
    let (subscription, sender) = tokio::join!(ends.server.0.subscribe(logs(), PATIENCE), produce);
    (subscription.unwrap(), sender)
}

#[tokio::test]
async fn items_arrive_in_order_and_the_end_is_an_end() {
    let mut ends = ends().await;
    let (mut subscription, mut sender) = open(&mut ends).await;
    let produce = async {
        for offset in 0..100 {
            sender.send(&chunk(offset, 10_000)).await.unwrap();
        }
        sender.finish().await.unwrap();
    };
    let consume = async {
        for offset in 0..100 {
            assert_eq!(subscription.next().await, Some(Ok(chunk(offset, 10_000))));
        }
        assert_eq!(subscription.next().await, None);
        assert_eq!(subscription.next().await, None);
    };
    tokio::join!(produce, consume);
}

#[tokio::test]
async fn a_refused_or_failing_stream_says_why() {
    let mut ends = ends().await;
    let refuse =
        async { asked(&mut ends.client.1).await.refuse(CallFailure::not_found("no such task")).await };
    let (answer, ()) = tokio::join!(ends.server.0.subscribe(logs(), PATIENCE), refuse);
    assert!(matches!(answer, Err(CallError::Failed(failure)) if failure.code == FailureCode::NotFound));

    let (mut subscription, sender) = open(&mut ends).await;
    sender.fail(CallFailure::internal("disk error")).await.unwrap();
    assert_eq!(subscription.next().await, Some(Err(CallError::Failed(CallFailure::internal("disk error")))));
    assert_eq!(subscription.next().await, None);
}

#[tokio::test]
async fn a_producer_that_vanishes_is_not_taken_for_an_end() {
    let mut ends = ends().await;
    let (mut subscription, mut sender) = open(&mut ends).await;
    sender.send(&chunk(1, 1)).await.unwrap();
    drop(sender);
    assert_eq!(subscription.next().await, Some(Ok(chunk(1, 1))));
    assert_eq!(subscription.next().await, Some(Err(CallError::Dropped)));
}

#[tokio::test]
async fn a_producer_notices_that_its_consumer_is_gone() {
    let mut ends = ends().await;
    let (subscription, mut idle) = open(&mut ends).await;
    drop(subscription);
    tokio::time::timeout(PATIENCE, idle.closed()).await.unwrap();

    let (subscription, mut busy) = open(&mut ends).await;
    let produce = async {
        let mut offset = 0;
        loop {
            offset += 1;
            if let Err(error) = busy.send(&chunk(offset, 60_000)).await {
                return error;
            }
        }
    };
    let (error, ()) = tokio::join!(produce, async { drop(subscription) });
    assert_eq!(error, CallError::Dropped);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_does_not_read_holds_its_producer_and_nobody_else() {
    const SIZE: usize = 32 << 10;
    const ITEMS: u64 = 100;
    /// The window, and the item in the producer's hand.
    const AHEAD: u64 = 256 / 32 + 1;
    let mut ends = ends().await;
    let (mut subscription, mut sender) = open(&mut ends).await;
    let sent = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&sent);
    let producer = tokio::spawn(async move {
        for offset in 0..ITEMS {
            sender.send(&chunk(offset, SIZE)).await.unwrap();
            count.store(offset + 1, Ordering::SeqCst);
        }
        sender.finish().await.unwrap();
    });
    tokio::spawn(answer_all(ends.server.1));
    for read in 0..ITEMS {
        // Time enough for the producer to run ahead, were it not held: other requests pass meanwhile.
        for n in 0..5 {
            ends.client.0.call(heartbeat(n), PATIENCE).await.unwrap();
        }
        let sent = sent.load(Ordering::SeqCst);
        assert!(sent <= read + AHEAD, "{sent} items sent, {read} read");
        assert_eq!(subscription.next().await, Some(Ok(chunk(read, SIZE))));
    }
    assert_eq!(subscription.next().await, None);
    producer.await.unwrap();
}

#[tokio::test]
async fn cancelled_sends_and_reads_lose_no_frame() {
    let mut ends = ends().await;
    let (mut subscription, mut sender) = open(&mut ends).await;
    // More than the window: the first poll cannot finish, and the future is dropped in the middle of the frame.
    assert!(futures::poll!(Box::pin(sender.send(&chunk(1, 1 << 20)))).is_pending());
    assert!(futures::poll!(Box::pin(subscription.next())).is_pending());
    let (sent, first, second) = {
        let consume = async { (subscription.next().await, subscription.next().await) };
        let (sent, (first, second)) = tokio::join!(async { sender.send(&chunk(2, 1)).await }, consume);
        (sent, first, second)
    };
    sent.unwrap();
    assert_eq!(first, Some(Ok(chunk(1, 1 << 20))));
    assert_eq!(second, Some(Ok(chunk(2, 1))));
}
