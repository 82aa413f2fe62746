use std::time::{Duration, SystemTime};

use muster_ids::{AllocId, Region};
use tokio::net::{TcpListener, TcpStream};

use super::support::{PATIENCE, dial, ends, heartbeat, listen, store};
use crate::messages::{FsRead, Origin};
use crate::{
    CallError, CloseReason, IdentityStore, IncomingStream, IncomingSubscription, Limits, Role, UserCa,
    connect,
};

fn follow() -> FsRead {
    let (alloc_id, path) = (AllocId::default(), "f".to_owned());
    FsRead { alloc_id, path, origin: Origin::Start, offset: 0, limit: None, follow: true }
}

#[tokio::test]
async fn everything_that_waits_learns_of_the_end() {
    for local in [true, false] {
        let mut ends = ends().await;
        let server = ends.server.0.clone();
        let produce = async {
            match ends.client.1.next().await {
                Some(IncomingStream::Stream(IncomingSubscription::FsRead(_, opening))) => {
                    opening.accept().await.unwrap()
                }
                other => panic!("{other:?}"),
            }
        };
        let (subscription, _sender) = tokio::join!(server.subscribe(follow(), PATIENCE), produce);
        let mut subscription = subscription.unwrap();
        let call = server.call(heartbeat(1), PATIENCE);
        let end = async {
            // The call is with the agent by now; who then closes makes the only difference.
            let _held = ends.client.1.next().await;
            if local { &server } else { &ends.client.0 }.close();
            server.closed().await;
        };
        let (answer, item, ()) = tokio::join!(call, subscription.next(), end);
        let reason = if local { CloseReason::Local } else { CloseReason::Remote };
        let expected = CallError::Disconnected(reason.clone());
        assert_eq!((answer.unwrap_err(), item.unwrap().unwrap_err()), (expected.clone(), expected.clone()));
        assert_eq!(server.close_reason(), Some(reason));
        assert_eq!(server.call(heartbeat(1), PATIENCE).await, Err(expected));
        assert!(ends.server.1.next().await.is_none());
    }
}

#[tokio::test]
async fn a_connection_ends_with_its_last_handle() {
    let ends = ends().await;
    let (session, incoming) = ends.client;
    let clone = session.clone();
    drop((session, incoming));
    assert!(ends.server.0.close_reason().is_none());
    drop(clone);
    tokio::time::timeout(PATIENCE, ends.server.0.closed()).await.unwrap();
    assert_eq!(ends.server.0.close_reason(), Some(CloseReason::Remote));
}

#[tokio::test]
async fn connections_outlive_their_listener() {
    let ends = ends().await;
    let addr = ends.listener.local_addr();
    drop(ends.listener);
    tokio::spawn(super::support::answer_all(ends.server.1));
    assert!(ends.client.0.call(heartbeat(2), PATIENCE).await.unwrap().known);
    tokio::time::timeout(PATIENCE, async { while TcpStream::connect(addr).await.is_ok() {} }).await.unwrap();
}

/// A killed process closes its socket without a word; here it is a relay in between that does.
#[tokio::test]
async fn a_peer_that_dies_without_a_word_is_noticed_at_once() {
    let ca = UserCa::in_memory().unwrap();
    let listener = listen(store(&ca, Role::Server), Limits::default()).await;
    let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (through, to) = (relay.local_addr().unwrap(), listener.local_addr());
    let relay = tokio::spawn(async move {
        let (mut near, _) = relay.accept().await.unwrap();
        let mut far = TcpStream::connect(to).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    });
    let (identity, region) = (store(&ca, Role::Client), Region::global());
    let client = connect(through, &identity, Role::Server, &region, Limits::default());
    let (client, server) = tokio::join!(client, listener.accept());
    let (client, server) = (client.unwrap(), server.unwrap());
    relay.abort();
    for session in [client.0, server.0] {
        tokio::time::timeout(PATIENCE, session.closed()).await.unwrap();
        assert_eq!(session.close_reason(), Some(CloseReason::Remote));
    }
}

#[tokio::test]
async fn a_connection_does_not_outlive_the_certificate_it_was_made_with() {
    let ca = UserCa::in_memory().unwrap();
    let listener = listen(store(&ca, Role::Server), Limits::default()).await;
    let brief = ca.issue(Role::Client, &Region::global(), SystemTime::now(), Duration::from_secs(2)).unwrap();
    let brief = IdentityStore::new(brief);
    let (_client, server) = tokio::join!(dial(&listener, &brief, Limits::default()), listener.accept());
    let server = server.unwrap();
    tokio::time::timeout(PATIENCE, server.0.closed()).await.unwrap();
    assert_eq!(server.0.close_reason(), Some(CloseReason::CertificateExpired));
}
